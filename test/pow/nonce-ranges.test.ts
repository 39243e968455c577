import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { NonceRanges, type NonceBlock } from "../../src/pow/nonce-ranges.ts";

function takeAll(ranges: NonceRanges): NonceBlock[] {
  const blocks: NonceBlock[] = [];
  for (let block = ranges.take(); block !== undefined; block = ranges.take()) blocks.push(block);
  return blocks;
}

describe("the nonces of a search", () => {
  it("below a marker are all 2^32, each once", () => {
    const blocks = takeAll(new NonceRanges(0xdeadbeef, 7, 2 ** 32));
    let next = 0;
    for (const block of blocks) {
      assert.equal(block.high, 0xdeadbeef);
      assert.equal(block.start, next);
      next += block.count;
    }
    assert.equal(next, 2 ** 32);
  });

  it("without a marker go on below the next high word, after the last one below the first", () => {
    const ranges = new NonceRanges(undefined, 0xffff_ffff, 100);
    assert.deepEqual(ranges.take(), { high: 0xffff_ffff, start: 0, count: 100 });
    assert.deepEqual(ranges.take(), { high: 0, start: 0, count: 100 });
  });

  it("that came back are handed out again before new ones", () => {
    const ranges = new NonceRanges(1, 0, 2 ** 23);
    const first = ranges.take();
    assert.ok(first);
    ranges.giveBack(first);
    assert.deepEqual(ranges.take(), first);
    assert.equal(takeAll(ranges).length, 1);
  });
});
