import assert from "node:assert/strict";
import { once } from "node:events";
import { buffer } from "node:stream/consumers";
import { describe, it } from "node:test";
import { memoryDuplexPair } from "../../src/daemon/memory-duplex.ts";

describe("a pair of streams in memory", () => {
  it("carries bytes in order and both ways, then the end", async () => {
    const [near, far] = memoryDuplexPair();
    near.write("one ");
    near.end("two");
    far.end("three");
    assert.equal(String(await buffer(far)), "one two");
    assert.equal(String(await buffer(near)), "three");
  });

  it("never delivers from within the write", async () => {
    const [near, far] = memoryDuplexPair();
    let delivered = 0;
    far.on("data", () => delivered++);
    near.write("x");
    assert.equal(delivered, 0);
    await once(far, "data");
  });

  it("delivers in one piece what was written while a write was under way", async () => {
    const [near, far] = memoryDuplexPair();
    const pieces: string[] = [];
    far.on("data", (piece: Buffer) => pieces.push(String(piece)));
    for (const word of ["a", "b", "c", "d"]) near.write(word);
    near.end();
    await once(far, "end");
    assert.deepEqual(pieces, ["a", "bcd"]);
  });

  it("takes no more than its buffers hold while the other end does not read", async () => {
    const [near, far] = memoryDuplexPair();
    const chunk = Buffer.alloc(64 * 1024);
    let taken = 0;
    for (let count = 0; count < 8; count++) near.write(chunk, () => taken++);
    await new Promise(setImmediate);
    assert.ok(taken < 8, `${taken} writes were taken`);
    const all = buffer(far);
    near.end();
    assert.equal((await all).length, 8 * chunk.length);
    assert.equal(taken, 8);
  });

  it("ends the other side when one side is destroyed, after what was delivered", async () => {
    const [near, far] = memoryDuplexPair();
    near.write("last words");
    await new Promise(setImmediate);
    near.destroy();
    assert.equal(String(await buffer(far)), "last words");
  });

  it("fails a write to an end that is gone", async () => {
    const [near, far] = memoryDuplexPair();
    far.destroy();
    await once(far, "close");
    const failed = once(near, "error");
    near.write("x");
    assert.match(String((await failed)[0]), /the other end is gone/);
  });
});
