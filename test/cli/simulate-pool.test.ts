import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { CommandError } from "../../src/cli/failure.ts";
import { runJobs } from "../../src/cli/simulate-pool.ts";
import { aScenario } from "../sim/scenarios.ts";

describe("the threads of a simulation", () => {
  it("that have too little memory end it with one line that says what to do", async () => {
    const scenario = aScenario({ nodes: 2_000, topology: { kind: "regular", degree: 8 } });
    const job = { kind: "scenario", variant: "", scenario, seed: 1, carriage: "objects" } as const;
    const options = { workers: 1, onProgress: () => undefined, heapMiB: 16 };
    await assert.rejects(runJobs([job], options), (error: unknown) => {
      assert.ok(error instanceof CommandError);
      assert.match(error.message, /^a run needs more than 16 MiB of memory: play fewer nodes/);
      return true;
    });
  });
});
