import assert from "node:assert/strict";
import { createHash, hash, randomBytes } from "node:crypto";
import { describe, it } from "node:test";
import { compileKernels, loadKernels, type Kernel } from "../../src/pow/kernels.ts";
import { mayPackVectors, packVectors } from "../../src/pow/vector-packing.ts";
import { initialState, roundConstants } from "../../src/pow/kernel/sha256-constants.ts";

if (mayPackVectors()) packVectors("on");
const compiled = await compileKernels();
assert.ok(compiled, "this engine has WebAssembly vectors");
const kernels = [...(await loadKernels(compiled)), ...(await loadKernels(undefined))];

function firstWord(block: Uint8Array): number {
  const digest = hash("sha256", block, "binary");
  const byte = (index: number): number => digest.charCodeAt(index);
  return ((byte(0) << 24) | (byte(1) << 16) | (byte(2) << 8) | byte(3)) >>> 0;
}

/** All nonces below the limit among `count` from `start`, as the kernel reports them. */
function hitsOf(
  kernel: Kernel,
  block: Buffer,
  start: number,
  count: number,
  limit: number,
): number[] {
  const words = [block.readUInt32BE(0), block.readUInt32BE(4), block.readUInt32BE(8)] as const;
  const hits: number[] = [];
  for (let done = 0; done < count;) {
    const low = kernel.search(...words, (start + done) >>> 0, count - done, limit);
    const at = (low - start) >>> 0;
    if (low < 0 || at >= count) break;
    hits.push(low);
    done = at + 1;
  }
  return hits;
}

function hitsOfCrypto(block: Buffer, start: number, count: number, limit: number): number[] {
  const copy = Buffer.from(block);
  const hits: number[] = [];
  for (let done = 0; done < count; done += 1) {
    const low = (start + done) >>> 0;
    copy.writeUInt32BE(low, 12);
    if (firstWord(copy) < limit) hits.push(low);
  }
  return hits;
}

describe("the constants of SHA-256", () => {
  it("are those that FIPS 180-4 lists", () => {
    assert.equal(roundConstants.length, 64);
    assert.equal(roundConstants[0], 0x428a2f98);
    assert.equal(roundConstants[31], 0x14292967);
    assert.equal(roundConstants[63], 0xc67178f2);
    assert.equal(initialState[0], 0x6a09e667);
    assert.equal(initialState[7], 0x5be0cd19);
  });
});

describe("node:crypto, which the kernels are compared with", () => {
  it("hashes the published examples to the published digests", () => {
    const examples = [
      // FIPS 180-4 examples, NIST: one block and two blocks.
      ["abc", "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"],
      [
        "abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq",
        "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1",
      ],
    ] as const;
    for (const [message, digest] of examples) {
      assert.equal(createHash("sha256").update(message).digest("hex"), digest);
    }
  });
});

for (const kernel of kernels) {
  describe(`the ${kernel.name} kernel`, () => {
    it("agrees with the published vector of 16 bytes, in every lane", () => {
      // NIST CAVP SHA256ShortMsg, Len = 128: the only published length that is a puzzle's.
      const block = Buffer.from("0a27847cdc98bd6f62220b046edd762b", "hex");
      const digest = "80c25ec1600587e7f28b18b1b18e3cdc89928e39cab3bc25e4d4a4c139bcedc4";
      assert.equal(createHash("sha256").update(block).digest("hex"), digest);
      const nonce = block.readUInt32BE(12);
      const word = 0x80c25ec1;
      for (let lane = 0; lane < 8; lane += 1) {
        const start = nonce - lane;
        assert.ok(hitsOf(kernel, block, start, lane + 1, word + 1).includes(nonce));
        assert.ok(!hitsOf(kernel, block, start, lane + 1, word).includes(nonce));
      }
    });

    it("finds the nonces that node:crypto finds among 250,000 of random challenges", () => {
      const limit = 2 ** 28;
      let found = 0;
      for (let repeat = 0; repeat < 100; repeat += 1) {
        const block = randomBytes(16);
        const start = repeat === 0 ? 0xffff_fe00 : block.readUInt32BE(12);
        const hits = hitsOf(kernel, block, start, 2500, limit);
        assert.deepEqual(hits, hitsOfCrypto(block, start, 2500, limit), block.toString("hex"));
        found += hits.length;
      }
      assert.ok(found > 0);
    });

    it("reports nothing when no digest is below the limit", () => {
      assert.equal(kernel.search(1, 2, 3, 0, 1000, 0), -1);
    });
  });
}
