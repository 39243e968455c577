import assert from "node:assert/strict";
import { describe, it } from "node:test";
import fc from "fast-check";
import { instant } from "../../src/core/ports.ts";
import { SEEN_ENTRIES_MAX, SEEN_RETENTION_MS, SeenCache } from "../../src/core/seen-cache.ts";
import type { SeenState } from "../../src/core/seen-cache.ts";
import { SeededRandom } from "../support/core-harness.ts";

const keyOf = (n: number): Int32Array => Int32Array.from([n, 0, 0, 0, 0]);
const newCache = (): SeenCache => new SeenCache(instant(0), new SeededRandom(1));

interface Remembered {
  readonly key: number;
  readonly item: number;
  state: SeenState;
  hops: number;
}

function compare(seen: SeenCache, model: readonly Remembered[]): void {
  for (let probe = 0; probe <= 12; probe++) {
    const entry = model.find(({ key }) => key === probe);
    const found = seen.find(keyOf(probe));
    assert.equal(found, entry?.item ?? -1);
    if (entry === undefined) continue;
    assert.equal(seen.stateOf(found), entry.state);
    assert.equal(seen.hopsOf(found), entry.hops);
  }
  assert.equal(seen.size, model.length);
}

describe("[protocol §4.8] the seen cache", () => {
  it("finds what it remembers, with its state and its hops", () => {
    const seen = newCache();
    const item = seen.add(keyOf(1), "pending", 256, instant(0));
    assert.equal(seen.find(keyOf(1)), item);
    assert.equal(seen.find(keyOf(2)), -1);
    assert.equal(seen.stateOf(item), "pending");
    assert.equal(seen.hopsOf(item), 256);
    seen.mark(item, "accepted", 3);
    assert.equal(seen.stateOf(item), "accepted");
    assert.equal(seen.hopsOf(item), 3);
  });

  it("remembers a key for at least 120 s, even one that came just before the turn", () => {
    const seen = newCache();
    const item = seen.add(keyOf(1), "accepted", 1, instant(119_999));
    assert.equal(seen.turnIfDue(instant(119_999)), false);
    assert.equal(seen.turnIfDue(instant(120_000)), true);
    assert.equal(seen.find(keyOf(1)), item);
    assert.equal(seen.turnIfDue(instant(239_999)), false);
    assert.equal(seen.find(keyOf(1)), item);
    assert.equal(seen.turnIfDue(instant(240_000)), true);
    assert.equal(seen.find(keyOf(1)), -1);
  });

  it("changes the state of an item of the previous generation", () => {
    const seen = newCache();
    const item = seen.add(keyOf(1), "pending", 2, instant(0));
    seen.turnIfDue(instant(120_000));
    seen.mark(item, "closed", 5);
    assert.equal(seen.stateOf(item), "closed");
    assert.equal(seen.hopsOf(item), 5);
  });

  it("knows of an item whether its life is told, through every change and renewal", () => {
    const seen = newCache();
    const told = seen.add(keyOf(1), "pending", 256, instant(0));
    const untold = seen.add(keyOf(2), "pending", 256, instant(0));
    seen.markTraced(told);
    seen.mark(told, "closed", 256);
    assert.deepEqual([seen.stateOf(told), seen.hopsOf(told)], ["closed", 256]);
    seen.turnIfDue(instant(120_000));
    const renewed = [told, untold].map((item) => seen.renew(item, instant(120_000)));
    assert.deepEqual(
      renewed.map((item) => seen.isTraced(item)),
      [true, false],
    );
    assert.deepEqual(
      renewed.map((item) => seen.stateOf(item)),
      ["closed", "pending"],
    );
  });

  it("never gives a number twice, and ignores marks on forgotten items", () => {
    const seen = newCache();
    const forgotten = seen.add(keyOf(1), "pending", 2, instant(0));
    seen.turnEarly(instant(1));
    const kept = seen.add(keyOf(2), "pending", 2, instant(1));
    seen.turnEarly(instant(2));
    const again = seen.add(keyOf(1), "pending", 2, instant(3));
    seen.mark(forgotten, "accepted", 9);
    assert.deepEqual([forgotten, kept, again], [0, 1, 2]);
    assert.equal(seen.oldestItem, kept);
    assert.equal(seen.stateOf(again), "pending");
    assert.equal(seen.hopsOf(forgotten), 0);
  });

  it("turns by itself when a generation is full, and holds two generations at most", () => {
    const seen = newCache();
    for (let n = 0; n < SEEN_ENTRIES_MAX; n++) seen.add(keyOf(n), "closed", 1, instant(0));
    assert.equal(seen.isNearlyFull, true);
    seen.add(keyOf(SEEN_ENTRIES_MAX), "closed", 1, instant(500));
    assert.equal(seen.isNearlyFull, false);
    assert.equal(seen.size, SEEN_ENTRIES_MAX + 1);
    assert.equal(seen.find(keyOf(0)), 0);
    assert.equal(seen.turnsAt, 500 + SEEN_RETENTION_MS);
    assert.equal(seen.mayTurnAt, 1_500);
  });

  it("behaves like a list with first-seen expiry", () => {
    const states: SeenState[] = ["pending", "accepted", "closed"];
    const operation = fc.record({
      kind: fc.constantFrom("see", "mark", "wait", "turnEarly"),
      key: fc.nat(12),
      state: fc.constantFrom(...states),
      hops: fc.integer({ min: 1, max: 256 }),
      ms: fc.nat(90_000),
    });
    fc.assert(
      fc.property(fc.array(operation, { maxLength: 80 }), (operations) => {
        const seen = newCache();
        let now = 0;
        let bornAt = 0;
        let current: Remembered[] = [];
        let previous: Remembered[] = [];
        let items = 0;
        const turn = (): void => {
          previous = current;
          current = [];
          bornAt = now;
        };
        for (const { kind, key, state, hops, ms } of operations) {
          const known = [...current, ...previous].find((entry) => entry.key === key);
          if (kind === "see" && known === undefined) {
            const item = seen.add(keyOf(key), state, hops, instant(now));
            assert.equal(item, items);
            current.push({ key, state, hops, item: items++ });
          } else if (kind === "mark" && known !== undefined) {
            seen.mark(known.item, state, hops);
            known.state = state;
            known.hops = hops;
          } else if (kind === "wait") {
            now += ms;
            if (seen.turnIfDue(instant(now))) {
              assert.ok(now - bornAt >= SEEN_RETENTION_MS);
              turn();
            }
          } else if (kind === "turnEarly") {
            seen.turnEarly(instant(now));
            turn();
          }
          compare(seen, [...current, ...previous]);
        }
      }),
      { numRuns: 300 },
    );
  });
});
