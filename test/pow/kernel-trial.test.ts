import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { KernelTrial } from "../../src/pow/kernel-trial.ts";
import type { Kernel, KernelName } from "../../src/pow/kernels.ts";

const kernel = (name: KernelName): Kernel => ({ name, search: () => -1 });

describe("the trial of kernels", () => {
  it("needs no calls when there is one kernel", () => {
    const trial = new KernelTrial([kernel("javascript")]);
    assert.equal(trial.decided, true);
    assert.equal(trial.kernel.name, "javascript");
  });

  it("lets the kernels take turns and keeps the one that is fastest when warm", () => {
    const trial = new KernelTrial([kernel("vectorShort"), kernel("hybrid")]);
    const calls = { vectorShort: 0, vectorLean: 0, hybrid: 0, javascript: 0 };
    while (!trial.decided) {
      const { name } = trial.kernel;
      calls[name] += 1;
      // The hybrid starts slower, as code does before it is optimised.
      const warm = calls[name] > 3;
      trial.record(name === "hybrid" ? (warm ? 20 : 1) : warm ? 17 : 2);
    }
    assert.equal(calls.vectorShort, calls.hybrid);
    assert.equal(trial.kernel.name, "hybrid");
  });

  it("is not misled by interruptions, which make calls slower", () => {
    const trial = new KernelTrial([kernel("vectorShort"), kernel("hybrid")]);
    for (let call = 0; !trial.decided; call += 1) {
      trial.record(trial.kernel.name === "hybrid" && call % 3 !== 0 ? 2 : 10 + (call % 2));
    }
    assert.equal(trial.kernel.name, "hybrid");
  });
});
