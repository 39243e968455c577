import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { runSwarmSeed } from "../../src/sim/swarm-run.ts";
import { PORTS } from "./ports.ts";

/** Runs that once showed something, by what they showed; see docs/simulation.md. */
const SEEDS: Readonly<Record<string, number>> = {
  "a better copy also goes to a neighbour that sent a worse one while the verdict was open": 318,
  "the bootstrapper comes back without its address book": 339,
  "a re-forward that was refused leaves the best copy as it was": 1_579,
  "a regular graph cannot be completed by swapping single pairs": 2_639,
};

describe("seeds that once showed something", () => {
  for (const [name, seed] of Object.entries(SEEDS)) {
    it(`${name} (seed ${seed})`, () => {
      const { failure } = runSwarmSeed(seed, PORTS);
      assert.equal(failure, undefined);
    });
  }
});
