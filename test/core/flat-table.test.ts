import assert from "node:assert/strict";
import { describe, it } from "node:test";
import fc from "fast-check";
import { FlatTable } from "../../src/core/flat-table.ts";
import { SeededRandom } from "../support/core-harness.ts";

const keyOf = (...words: number[]): Int32Array => Int32Array.from(words);

describe("a flat table", () => {
  it("numbers its keys in the order they came in and finds each of them", () => {
    const table = new FlatTable(2, 4_096, new SeededRandom(1));
    for (let n = 0; n < 3_000; n++) assert.equal(table.add(keyOf(n, -n)), n);
    for (let n = 0; n < 3_000; n++) assert.equal(table.find(keyOf(n, -n)), n);
    assert.equal(table.find(keyOf(1, 1)), -1);
    assert.equal(table.count, 3_000);
  });

  it("starts small and doubles", () => {
    const table = new FlatTable(1, 4_096, new SeededRandom(1));
    assert.equal(table.capacity, 16);
    for (let n = 0; n <= 16; n++) table.add(keyOf(n));
    assert.equal(table.capacity, 32);
  });

  it("finds every key while others still move to a larger index, and numbers none twice", () => {
    const table = new FlatTable(2, 65_536, new SeededRandom(3));
    for (let n = 0; n < 65_536; n++) {
      assert.equal(table.add(keyOf(n, -n)), n);
      for (const known of [0, n >>> 1, n - 1, n]) {
        if (known >= 0) assert.equal(table.find(keyOf(known, -known)), known);
      }
      assert.equal(table.find(keyOf(n, n + 1)), -1);
    }
    for (let n = 0; n < 65_536; n++) {
      assert.equal(table.find(keyOf(n, -n)), n);
      assert.deepEqual(table.keyOf(n), keyOf(n, -n));
    }
  });

  it("forgets everything when cleared while keys move", () => {
    const table = new FlatTable(1, 65_536, new SeededRandom(1));
    for (let n = 0; n < 16_400; n++) table.add(keyOf(n));
    table.clear();
    for (let n = 0; n < 16_400; n++) assert.equal(table.find(keyOf(n)), -1);
    for (let n = 0; n < 40_000; n++) assert.equal(table.add(keyOf(n)), n);
    for (let n = 0; n < 40_000; n++) assert.equal(table.find(keyOf(n)), n);
  });

  it("compares the whole key [protocol §4.1]", () => {
    const table = new FlatTable(5, 16, new SeededRandom(1));
    const key = keyOf(1, 2, 3, 4, 5);
    table.add(key);
    for (let word = 0; word < 5; word++) {
      const other = Int32Array.from(key);
      other[word] = 99;
      assert.equal(table.find(other), -1);
    }
    assert.equal(table.find(key), 0);
  });

  it("keeps its own copy of a key", () => {
    const table = new FlatTable(1, 16, new SeededRandom(1));
    const key = keyOf(7);
    table.add(key);
    key[0] = 8;
    assert.equal(table.find(keyOf(7)), 0);
  });

  it("forgets everything when cleared, and numbers from 0 again", () => {
    const table = new FlatTable(1, 64, new SeededRandom(1));
    for (let n = 0; n < 64; n++) table.add(keyOf(n));
    table.clear();
    assert.equal(table.count, 0);
    for (let n = 0; n < 64; n++) assert.equal(table.find(keyOf(n)), -1);
    for (let n = 0; n < 64; n++) assert.equal(table.add(keyOf(63 - n)), n);
    for (let n = 0; n < 64; n++) assert.equal(table.find(keyOf(63 - n)), n);
  });

  it("refuses keys over its bound as a mistake of its caller", () => {
    const table = new FlatTable(1, 4, new SeededRandom(1));
    for (let n = 0; n < 4; n++) table.add(keyOf(n));
    assert.equal(table.isFull, true);
    assert.throws(() => table.add(keyOf(4)), { name: "AssertionError" });
  });

  it("refuses a bound that is no power of two", () => {
    assert.throws(() => new FlatTable(1, 1_000, new SeededRandom(1)), { name: "AssertionError" });
  });

  it("behaves like a map of strings", () => {
    const key = fc.tuple(fc.integer({ min: -3, max: 3 }), fc.integer({ min: -3, max: 3 }));
    fc.assert(
      fc.property(fc.array(key, { maxLength: 200 }), fc.nat(), (keys, seed) => {
        const table = new FlatTable(2, 64, new SeededRandom(seed));
        const model = new Map<string, number>();
        for (const words of keys) {
          const found = table.find(keyOf(...words));
          assert.equal(found, model.get(words.join()) ?? -1);
          if (found < 0) model.set(words.join(), table.add(keyOf(...words)));
        }
        assert.equal(table.count, model.size);
      }),
    );
  });

  it("T22: places keys that differ in few bits all over its index", () => {
    // 65,536 ids under one digest are what a hostile peer gets for free. With one bad place per key the
    // search would take 2^31 comparisons here, and this test minutes instead of milliseconds.
    const table = new FlatTable(5, 65_536, new SeededRandom(7));
    for (let id = 0; id < 65_536; id++) table.add(keyOf((1 << 16) | id, 2, 3, 4, 5));
    for (let id = 0; id < 65_536; id++) {
      assert.equal(table.find(keyOf((1 << 16) | id, 2, 3, 4, 5)), id);
    }
  });
});
