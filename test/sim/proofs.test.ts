import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { isProof } from "../../src/core/proof.ts";
import { digestWithProofs, solvedNonce } from "../../src/sim/proofs.ts";
import { PORTS } from "./ports.ts";

describe("a simulated proof of work", () => {
  const digest = digestWithProofs(PORTS.digest);
  const challenge = Uint8Array.from([1, 2, 3, 4, 5, 6, 7, 8]);

  it("is a proof of any difficulty, with or without a marker", () => {
    assert.ok(isProof(challenge, solvedNonce(0), 28, digest));
    assert.ok(isProof(challenge, solvedNonce(0xdead_beef), 28, digest));
  });

  it("is none when it was not found", () => {
    assert.ok(!isProof(challenge, new Uint8Array(8), 28, digest));
  });

  it("leaves every other digest as it is", () => {
    for (const length of [0, 8, 15, 16, 17]) {
      const bytes = new Uint8Array(length).fill(7);
      assert.equal(digest(bytes), PORTS.digest(bytes));
    }
  });
});
