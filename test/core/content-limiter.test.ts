import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { ContentLimiter, LINK_CONTENTS_MAX } from "../../src/core/content-limiter.ts";
import { instant, linkId } from "../../src/core/ports.ts";
import { SeededRandom } from "../support/core-harness.ts";

const [A, B] = [linkId(1), linkId(2)];
/** The key of an item: type and id in the first word, then the digest of its content. */
const itemOf = (dataType: number, id: number, content: number): Int32Array =>
  Int32Array.from([(dataType << 16) | id, content, 0, 0, 0]);
const newLimiter = (): ContentLimiter => new ContentLimiter(new SeededRandom(1));

describe("[protocol §4.2] the limit on repeated content", () => {
  it("lets one link send the same content eight times at once, and no ninth time", () => {
    const limiter = newLimiter();
    for (let id = 0; id < 8; id++) assert.ok(limiter.admit(A, itemOf(1, id, 7), instant(0)));
    assert.equal(limiter.admit(A, itemOf(1, 8, 7), instant(0)), false);
    assert.equal(limiter.admit(A, itemOf(1, 8, 7), instant(9_999)), false);
  });

  it("lets it through six times a minute in the long run", () => {
    const limiter = newLimiter();
    let admitted = 0;
    for (let second = 0; second < 3_600; second++) {
      if (limiter.admit(A, itemOf(1, second, 7), instant(second * 1_000))) admitted++;
    }
    assert.equal(admitted, 7 + 360);
  });

  it("counts per link: another one may still bring the original", () => {
    const limiter = newLimiter();
    for (let id = 0; id < 20; id++) limiter.admit(A, itemOf(1, id, 7), instant(0));
    assert.ok(limiter.admit(B, itemOf(1, 99, 7), instant(0)));
  });

  it("counts per data type and per content", () => {
    const limiter = newLimiter();
    for (let id = 0; id < 20; id++) limiter.admit(A, itemOf(1, id, 7), instant(0));
    assert.ok(limiter.admit(A, itemOf(2, 0, 7), instant(0)));
    assert.ok(limiter.admit(A, itemOf(1, 0, 8), instant(0)));
  });

  it("does not let refused ones pay for the time after", () => {
    const limiter = newLimiter();
    for (let id = 0; id < 8; id++) limiter.admit(A, itemOf(1, id, 7), instant(0));
    for (let n = 0; n < 1_000; n++) limiter.admit(A, itemOf(1, n, 7), instant(5_000));
    assert.ok(limiter.admit(A, itemOf(1, 9, 7), instant(10_000)));
  });

  it("remembers a bounded number of pairs and forgets the oldest", () => {
    const limiter = newLimiter();
    for (let id = 0; id < 9; id++) limiter.admit(A, itemOf(1, id, 7), instant(0));
    for (let content = 100; content < 100 + 4 * LINK_CONTENTS_MAX; content++) {
      limiter.admit(A, itemOf(1, 0, content), instant(0));
      assert.ok(limiter.size <= LINK_CONTENTS_MAX);
    }
    assert.ok(limiter.admit(A, itemOf(1, 9, 7), instant(0)));
  });

  it("still counts what moved to the older half of its memory", () => {
    const limiter = newLimiter();
    for (let id = 0; id < 8; id++) limiter.admit(A, itemOf(1, id, 7), instant(0));
    for (let content = 100; content < 100 + LINK_CONTENTS_MAX / 2; content++) {
      limiter.admit(A, itemOf(1, 0, content), instant(0));
    }
    assert.equal(limiter.admit(A, itemOf(1, 8, 7), instant(0)), false);
    assert.ok(limiter.admit(A, itemOf(1, 8, 7), instant(10_000)));
    assert.equal(limiter.admit(A, itemOf(1, 9, 7), instant(10_000)), false);
  });
});
