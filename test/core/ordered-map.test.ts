import assert from "node:assert/strict";
import { describe, it } from "node:test";
import fc from "fast-check";
import { OrderedMap } from "../../src/core/ordered-map.ts";

/** Adds a number, or removes the one at that position. */
const operations = fc.array(
  fc.oneof(
    fc.record({ kind: fc.constant("add" as const), number: fc.nat({ max: 2 ** 40 }) }),
    fc.record({ kind: fc.constant("addSmall" as const), number: fc.nat({ max: 99 }) }),
    fc.record({ kind: fc.constant("delete" as const), number: fc.nat() }),
  ),
  { maxLength: 300 },
);

describe("an ordered map", () => {
  it("behaves like the built-in one", () => {
    fc.assert(
      fc.property(operations, (steps) => {
        const map = new OrderedMap<string>();
        const model = new Map<number, string>();
        for (const { kind, number } of steps) {
          if (kind === "delete") {
            const gone = [...model.keys()][number % Math.max(1, model.size)] ?? number;
            assert.equal(map.delete(gone), model.delete(gone));
          } else if (!model.has(number)) {
            map.add(number, `${number}`);
            model.set(number, `${number}`);
          }
          assert.equal(map.size, model.size);
          assert.equal(map.has(number), model.has(number));
          assert.equal(map.get(number), model.get(number));
        }
        const values = [...model.values()];
        assert.deepEqual([...map], values);
        assert.deepEqual([map.oldest, map.nth(1), map.nth(3)], [values[0], values[0], values[2]]);
        for (const [number, value] of model) assert.equal(map.get(number), value);
      }),
    );
  });

  it("uses its places again, however many numbers pass and however long the oldest stays", () => {
    const map = new OrderedMap<number>();
    map.add(0, 0);
    for (let number = 1; number < 100_000; number++) {
      map.add(number, number);
      if (number > 1_000) map.delete(number - 1_000);
      assert.ok(map.places <= 2_048);
    }
    assert.equal(map.oldest, 0);
    assert.equal(map.size, 1_001);
  });

  it("gives room back when few are left of many", () => {
    const map = new OrderedMap<number>();
    for (let number = 0; number < 10_000; number++) map.add(number, number);
    for (let number = 0; number < 9_999; number++) map.delete(number);
    for (let number = 10_000; number < 30_000; number++) {
      map.add(number, number);
      map.delete(number);
    }
    assert.equal(map.places, 16);
    assert.deepEqual([...map], [9_999]);
  });

  it("lets values be deleted while it is walked through", () => {
    const map = new OrderedMap<number>();
    for (let number = 0; number < 100; number++) map.add(number, number);
    const seen: number[] = [];
    for (const value of map) {
      seen.push(value);
      map.delete(value);
      map.delete(value + 1);
    }
    assert.deepEqual(
      seen,
      Array.from({ length: 50 }, (_, n) => 2 * n),
    );
    assert.equal(map.oldest, undefined);
  });
});
