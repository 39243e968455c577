import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { describe, it } from "node:test";
import { systemDigest } from "../../src/daemon/system-digest.ts";
import { SystemRandom } from "../../src/daemon/system-random.ts";

describe("the randomness of the daemon", () => {
  it("draws every number below a bound, and none else", () => {
    const random = new SystemRandom();
    for (const bound of [1, 2, 3, 7, 10]) {
      const seen = new Set(Array.from({ length: 2_000 }, () => random.below(bound)));
      assert.deepEqual(
        [...seen].sort((a, b) => a - b),
        Array.from({ length: bound }, (_, at) => at),
      );
    }
  });

  it("draws from bounds up to 2^32", () => {
    const random = new SystemRandom();
    for (const bound of [2 ** 31 + 1, 2 ** 32 - 1, 2 ** 32]) {
      for (let draw = 0; draw < 2_000; draw++) {
        const drawn = random.below(bound);
        assert.ok(Number.isInteger(drawn) && drawn >= 0 && drawn < bound);
      }
    }
  });

  it("refuses a bound that is none", () => {
    for (const bound of [0, -1, 1.5, 2 ** 32 + 1, NaN]) {
      assert.throws(() => new SystemRandom().below(bound), RangeError);
    }
  });

  it("never gives the same bytes twice, in no fork", () => {
    const random = new SystemRandom();
    const fork = random.fork();
    const draws = [random, fork, random].map((source) => Buffer.from(source.bytes(16)));
    assert.equal(new Set(draws.map((bytes) => bytes.toString("hex"))).size, 3);
  });
});

describe("the digest of the daemon", () => {
  it("is SHA-256 as one character per byte", () => {
    const bytes = Uint8Array.from({ length: 256 }, (_, at) => at);
    const expected = createHash("sha256").update(bytes).digest();
    assert.deepEqual(Buffer.from(systemDigest(bytes), "latin1"), expected);
  });
});
