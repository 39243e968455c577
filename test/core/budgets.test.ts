import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { proofSpentBackoffMs, silentBackoffMs } from "../../src/core/backoff.ts";
import { FirstContact } from "../../src/core/first-contact.ts";
import { instant } from "../../src/core/ports.ts";
import { ProofBudget } from "../../src/core/proof-budget.ts";
import { TokenBucket } from "../../src/core/token-bucket.ts";

const taken = (budget: { take(now: ReturnType<typeof instant>): boolean }, now: number): number => {
  let count = 0;
  while (budget.take(instant(now))) count++;
  return count;
};

describe("a token bucket", () => {
  it("gives its burst at once and then one per interval, however long it rested", () => {
    const bucket = new TokenBucket(4, 1_000);
    assert.equal(taken(bucket, 0), 4);
    assert.equal(taken(bucket, 999), 0);
    assert.equal(taken(bucket, 1_000), 1);
    assert.equal(taken(bucket, 3_500), 2);
    assert.equal(taken(bucket, 1_000_000), 4);
  });

  it("says when there is one again", () => {
    const bucket = new TokenBucket(2, 1_000);
    assert.equal(taken(bucket, 500), 2);
    const at = bucket.availableAt();
    assert.equal(at, 1_500);
    assert.equal(bucket.has(instant(at - 1)), false);
    assert.equal(bucket.has(at), true);
  });

  it("takes one back, but never holds more than its burst", () => {
    const bucket = new TokenBucket(2, 1_000);
    assert.equal(taken(bucket, 0), 2);
    bucket.refund();
    assert.equal(taken(bucket, 0), 1);
    for (let n = 0; n < 10; n++) bucket.refund();
    assert.equal(taken(bucket, 0), 2);
  });
});

describe("[protocol §7.3] the proof budget", () => {
  it("is 12 at once and one a minute", () => {
    const budget = new ProofBudget(24);
    assert.equal(taken(budget, 0), 12);
    assert.equal(taken(budget, 59_999), 0);
    assert.equal(taken(budget, 600_000), 10);
  });

  it("gives back at most eight at once and one in 7.5 minutes", () => {
    const budget = new ProofBudget(24);
    assert.equal(taken(budget, 0), 12);
    for (let n = 0; n < 20; n++) budget.giveBack(instant(0));
    assert.equal(taken(budget, 0), 8);
    for (let n = 0; n < 20; n++) budget.giveBack(instant(450_000));
    assert.equal(taken(budget, 450_000), 8, "seven minutes and one given back");
  });

  it("gives back whatever was not begun", () => {
    const budget = new ProofBudget(24);
    for (let n = 0; n < 100; n++) {
      assert.equal(budget.take(instant(0)), true);
      budget.onUnused();
    }
  });
});

describe("[protocol §7.3] backoff", () => {
  it("is 1 s doubling to 1 h when nobody answers", () => {
    assert.deepEqual(
      [0, 1, 2, 10, 11, 12, 99].map(silentBackoffMs),
      [1_000, 2_000, 4_000, 1_024_000, 2_048_000, 3_600_000, 3_600_000],
    );
  });

  it("is 30 s doubling to 1 h after a spent proof", () => {
    assert.deepEqual(
      [0, 1, 6, 7, 99].map(proofSpentBackoffMs),
      [30_000, 60_000, 1_920_000, 3_600_000, 3_600_000],
    );
  });
});

describe("first contact (threat T4)", () => {
  it("waits for three sources, or five seconds after the first", () => {
    const contact = new FirstContact();
    assert.equal(contact.hasHeardEnough(instant(0)), true, "there is nobody to wait for yet");
    contact.onSource("group 1", instant(1_000));
    contact.onSource("group 1", instant(2_000));
    contact.onSource("group 2", instant(2_000));
    assert.equal(contact.hasHeardEnough(instant(5_999)), false);
    assert.equal(contact.waitsUntil, 6_000);
    assert.equal(contact.hasHeardEnough(instant(6_000)), true);
    contact.onSource("group 3", instant(2_000));
    assert.equal(contact.hasHeardEnough(instant(2_000)), true);
    assert.equal(contact.waitsUntil, undefined);
  });

  it("is long past for a node with a book", () => {
    const contact = new FirstContact();
    contact.onBookRestored();
    contact.onSource("group 1", instant(0));
    assert.equal(contact.hasHeardEnough(instant(0)), true);
  });
});
