import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { CoreFuzzer } from "../support/core-fuzzer.ts";

const RUNS = 500;
const STEPS_PER_RUN = 2_000;

/** Each run is its seed: a failing one is repeated by its number. */
function fuzz(seed: number, steps: number): CoreFuzzer {
  const fuzzer = new CoreFuzzer(seed);
  try {
    fuzzer.run(steps);
    fuzzer.end();
  } catch (error) {
    const reason = error instanceof Error ? error.stack : String(error);
    throw new Error(`seed ${seed}: ${reason ?? "unknown"}`, { cause: error });
  }
  return fuzzer;
}

describe("whatever comes in, legal or not, about open, closed or unknown connections", () => {
  it("nothing throws, bounds hold after every step, and what goes out is legal", () => {
    const counts = { forwarded: 0, reforwarded: 0, closed: 0, held: 0 };
    for (let seed = 1; seed <= RUNS; seed++) {
      const { totals } = fuzz(seed, STEPS_PER_RUN).counters();
      counts.forwarded += totals.itemAccepted;
      counts.reforwarded += totals.itemImproved;
      counts.closed += totals.linkClosed;
      counts.held += totals.pendingHolds + totals.budgetHolds + totals.readingPaused;
    }
    // The inputs are no use when they never get anywhere.
    for (const [what, count] of Object.entries(counts))
      assert.ok(count > RUNS, `${what}: ${count}`);
  });

  it("the same inputs give the same outputs", () => {
    for (let seed = 1; seed <= 10; seed++) {
      assert.equal(fuzz(seed, 1_000).watch.traceHash, fuzz(seed, 1_000).watch.traceHash);
    }
    assert.notEqual(fuzz(1, 1_000).watch.traceHash, fuzz(2, 1_000).watch.traceHash);
  });
});
