import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { AddressBuckets } from "../../src/core/address-buckets.ts";
import { SeededRandom } from "../support/core-harness.ts";

interface Entry {
  readonly slot: number;
  readonly group: string;
  readonly sourceGroup: string;
}

/** Slots up to 99 are of one group, all others of another; those with even numbers of one source. */
function tableOf(...slots: number[]): readonly [AddressBuckets<Entry>, Entry[]] {
  const table = new AddressBuckets<Entry>();
  const entries = slots.map((slot) => ({
    slot,
    group: slot < 100 ? "many" : "few",
    sourceGroup: slot % 2 === 0 ? "even" : "odd",
  }));
  for (const entry of entries) table.add(entry);
  return [table, entries];
}

describe("[protocol §7.2] a table of buckets", () => {
  it("finds entries by slot, until they are deleted", () => {
    const [table, [first, second]] = tableOf(0, 15);
    assert.ok(first !== undefined);
    assert.equal(table.get(0), first);
    assert.equal(table.get(15), second);
    assert.equal(table.get(16), undefined);
    table.delete(first);
    assert.equal(table.get(0), undefined);
    assert.equal(table.get(15), second);
    assert.equal(table.size, 1);
  });

  for (const [by, whose, alone] of [
    ["group", "has any address", 4_000],
    ["sourceGroup", "told us any address", 61],
  ] as const) {
    it(`draws every group that ${whose} equally often, however many they are`, () => {
      const [table] = tableOf(0, 2, 20, 22, 40, 42, 60, 61, 4_000);
      const random = new SeededRandom(1);
      let drawn = 0;
      for (let draw = 0; draw < 10_000; draw++) {
        if (table.draw(by, random)?.slot === alone) drawn++;
      }
      // Five standard deviations of a binomial with n = 10,000 and p = 1/2 are 250.
      assert.ok(Math.abs(drawn - 5_000) < 250, `${drawn}`);
    });
  }

  it("draws nothing of a group that has become empty, and nothing when all have", () => {
    const [table, [first, second]] = tableOf(3, 4_000);
    assert.ok(first !== undefined && second !== undefined);
    table.delete(first);
    const random = new SeededRandom(1);
    for (let draw = 0; draw < 50; draw++) assert.equal(table.draw("group", random), second);
    table.delete(second);
    assert.equal(table.draw("group", random), undefined);
  });
});
