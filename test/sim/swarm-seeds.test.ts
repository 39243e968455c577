import assert from "node:assert/strict";
import { availableParallelism } from "node:os";
import { describe, it } from "node:test";
import { runSwarm, swarmAsText } from "../../src/cli/simulate-swarm.ts";

const SEEDS = 2_000;

describe(`${SEEDS} seeds of the swarm, the commit's own among them`, () => {
  it("break no law", async () => {
    const workers = availableParallelism();
    const outcome = await runSwarm({ from: 1, seeds: SEEDS, workers, carriage: "objects" });
    const isFine = outcome.results.every(({ failure }) => failure === undefined);
    assert.ok(isFine, swarmAsText(outcome, 0).join("\n"));
    assert.equal(outcome.results.length, SEEDS);
  });
});
