import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { OverlayFuzzer } from "../support/overlay-fuzzer.ts";

const RUNS = 150;
const STEPS_PER_RUN = 600;

describe("whatever peers say to the overlay, in whatever order [protocol §6, §7]", () => {
  it("nothing throws, bounds and budgets hold, and base peers get nothing above 507", () => {
    const causes = new Set<string>();
    const counts = { linkExtended: 0, linkEstablished: 0, dialFailed: 0 };
    for (let seed = 1; seed <= RUNS; seed++) {
      const fuzzer = new OverlayFuzzer(seed);
      try {
        fuzzer.run(STEPS_PER_RUN);
      } catch (error) {
        throw new Error(`seed ${seed}: ${String(error)}`, { cause: error });
      }
      for (const cause of fuzzer.causes) causes.add(cause);
      counts.linkExtended += fuzzer.node.counter("linkExtended");
      counts.linkEstablished += fuzzer.node.counter("linkEstablished");
      counts.dialFailed += fuzzer.node.counter("dialFailed");
    }
    // The inputs are no use when they never get anywhere.
    assert.ok(counts.linkExtended > 10 * RUNS, `${counts.linkExtended} extended links`);
    assert.ok(counts.linkEstablished > 10 * RUNS && counts.dialFailed > RUNS);
    for (const cause of [
      "duplicateLink",
      "feeler",
      "inboundFull",
      "remoteClosed",
      "silent",
      "unaskedPeers",
      "unexpectedType",
      "wrongChallenge",
    ]) {
      assert.ok(causes.has(cause), `no link was closed for ${cause}: ${[...causes].join(" ")}`);
    }
  });
});
