import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { KernelTrial } from "../../src/pow/kernel-trial.ts";
import type { Kernel, KernelName } from "../../src/pow/kernels.ts";

const kernel = (name: KernelName): Kernel => ({ name, search: () => -1 });

describe("the trial of kernels", () => {
  it("ends when the only kernel is warm", () => {
    const trial = new KernelTrial([kernel("javascript")]);
    assert.equal(trial.decided, false);
    for (let call = 0; call < 16; call += 1) trial.record(1, 10);
    assert.equal(trial.decided, true);
    assert.equal(trial.kernel.name, "javascript");
  });

  it("goes on until optimised code had time to take over", () => {
    const trial = new KernelTrial([kernel("vectorShort"), kernel("vectorWide")]);
    for (let call = 0; !trial.decided; call += 1) {
      const isPacked = trial.kernel.name === "vectorWide" && call > 100;
      trial.record(isPacked ? 30 : 15, 1);
    }
    assert.equal(trial.kernel.name, "vectorWide");
  });

  it("passes over the fastest kernel when it misses what the first one finds", () => {
    const missesOne: Kernel = {
      name: "vectorWide",
      search: (_high, _low, _nonceHigh, start) => (start <= 5 ? 5 : -1),
    };
    const finds: Kernel["search"] = (_high, _low, _nonceHigh, start) =>
      [5, 7000].find((nonce) => nonce >= start) ?? -1;
    const trial = new KernelTrial([
      { name: "vectorShort", search: finds },
      missesOne,
      { name: "hybrid", search: finds },
    ]);
    const rates = { vectorShort: 1, vectorWide: 3, hybrid: 2, vectorLean: 0, javascript: 0 };
    while (!trial.decided) trial.record(rates[trial.kernel.name], 10);
    assert.equal(trial.kernel.name, "hybrid");
  });

  it("lets the kernels take turns and keeps the one that is fastest when warm", () => {
    const trial = new KernelTrial([kernel("vectorShort"), kernel("hybrid")]);
    const calls = { vectorShort: 0, vectorLean: 0, hybrid: 0, vectorWide: 0, javascript: 0 };
    while (!trial.decided) {
      const { name } = trial.kernel;
      calls[name] += 1;
      // The hybrid starts slower, as code does before it is optimised.
      const warm = calls[name] > 3;
      trial.record(10 * (name === "hybrid" ? (warm ? 20 : 1) : warm ? 17 : 2), 10);
    }
    assert.equal(calls.vectorShort, calls.hybrid);
    assert.equal(trial.kernel.name, "hybrid");
  });

  it("is not misled by interruptions, which make calls slower", () => {
    const trial = new KernelTrial([kernel("vectorShort"), kernel("hybrid")]);
    for (let call = 0; !trial.decided; call += 1) {
      trial.record(
        trial.kernel.name === "hybrid" && call % 3 !== 0 ? 20 : 100 + 10 * (call % 2),
        10,
      );
    }
    assert.equal(trial.kernel.name, "hybrid");
  });
});
