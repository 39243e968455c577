import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { isProof, leadingZeroBits } from "../../src/core/proof.ts";
import { sha256 } from "../support/core-harness.ts";

/** A digest that begins with exactly that many zero bits. */
function digestWith(zeroBits: number): string {
  const bytes = new Uint8Array(32).fill(0xff);
  bytes.fill(0, 0, zeroBits >>> 3);
  bytes[zeroBits >>> 3] = 0xff >>> (zeroBits & 7);
  return String.fromCharCode(...bytes);
}

describe("[protocol §3.2] a proof", () => {
  const [challenge, nonce] = [new Uint8Array(8), new Uint8Array(8)];
  for (let bits = 0; bits <= 40; bits++) {
    it(`with ${bits} leading zero bits meets every difficulty up to ${bits} and none above`, () => {
      const digest = digestWith(bits);
      assert.equal(leadingZeroBits(digest), bits);
      for (let difficulty = 0; difficulty <= 40; difficulty++) {
        assert.equal(
          isProof(challenge, nonce, difficulty, () => digest),
          difficulty <= bits,
        );
      }
    });
  }

  it("of nothing but zeros has 256 of them", () => {
    assert.equal(leadingZeroBits("\0".repeat(32)), 256);
  });

  it("is one hash over challenge, then nonce: 16 bytes", () => {
    const seen: Uint8Array[] = [];
    isProof(Uint8Array.of(1, 2, 3, 4, 5, 6, 7, 8), new Uint8Array(8).fill(9), 24, (bytes) => {
      seen.push(Uint8Array.from(bytes));
      return digestWith(0);
    });
    assert.deepEqual(seen, [Uint8Array.of(1, 2, 3, 4, 5, 6, 7, 8, 9, 9, 9, 9, 9, 9, 9, 9)]);
  });

  it("found by search is one, and the same nonce for another challenge is none", () => {
    const found = new Uint8Array(8);
    for (let n = 0; !isProof(challenge, found, 12, sha256); n++) {
      new DataView(found.buffer).setUint32(4, n);
    }
    assert.ok(isProof(challenge, found, 12, sha256));
    assert.equal(isProof(Uint8Array.of(0, 0, 0, 0, 0, 0, 0, 1), found, 12, sha256), false);
  });
});
