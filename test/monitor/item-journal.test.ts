import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { linkId } from "../../src/core/ports.ts";
import { ItemJournal, REFUSED_ITEMS_MAX, STEPS_MAX } from "../../src/monitor/item-journal.ts";
import { arrival, keyOf } from "./support/feeds.ts";

const aJournal = (itemsMax: number): ItemJournal =>
  new ItemJournal(itemsMax, { wall: () => 0, steady: () => 0 });

describe("the journal of items", () => {
  it("remembers the last items and nothing of older ones", () => {
    const journal = aJournal(3);
    for (let item = 1; item <= 10; item++) journal.record(arrival(item));
    assert.deepEqual(
      journal
        .lives()
        .map(({ key }) => key)
        .sort(),
      [8, 9, 10].map(keyOf),
    );
    const late = { kind: "itemStopped", item: 7, reason: "lastHop" } as const;
    assert.equal(journal.record(late), undefined);
  });

  it("counts the steps beyond its bound", () => {
    const journal = aJournal(1);
    journal.record(arrival(1));
    const copy = { kind: "itemDropped", item: 1, link: linkId(1), ttl: 1 } as const;
    for (let at = 0; at < STEPS_MAX; at++) journal.record({ ...copy, reason: "duplicate" });
    const [life] = journal.lives();
    assert.equal(life?.steps.length, STEPS_MAX);
    assert.equal(life.stepsOmitted, 1);
  });

  it("is one life under all numbers of an item", () => {
    const journal = aJournal(3);
    journal.record(arrival(1));
    journal.renew({ kind: "itemRenewed", item: 1, renewed: 2 });
    for (const item of [1, 2]) journal.record({ kind: "itemStopped", item, reason: "lastHop" });
    assert.deepEqual(
      journal.lives().map(({ key, steps }) => [key, steps.length]),
      [[keyOf(1), 3]],
    );
  });

  it("keeps refused items apart, one life for each, so that a flood of them pushes out no other", () => {
    const journal = aJournal(2);
    journal.record(arrival(1));
    const refused = {
      kind: "itemRefused",
      dataType: 1,
      ttl: 1,
      bytes: 1,
      link: linkId(1),
    } as const;
    for (let at = 0; at < 3 * REFUSED_ITEMS_MAX; at++) {
      for (let copy = 0; copy < 2; copy++) {
        journal.record({ ...refused, key: keyOf(at + 2), reason: "unsubscribed" });
      }
    }
    assert.equal(journal.size, REFUSED_ITEMS_MAX + 1);
    assert.ok(journal.size <= journal.sizeMax);
    assert.ok(journal.lives().some(({ key }) => key === keyOf(1)));
    assert.ok(journal.lives().every(({ key, steps }) => key === keyOf(1) || steps.length === 2));
  });
});
