import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { asText, METRIC_MEANINGS, runScenario } from "../../src/cli/simulate-scenario.ts";
import { readVariants } from "../../src/sim/scenario.ts";

const SCENARIO = {
  name: "spread",
  about: "Some items in a small network.",
  nodes: 20,
  topology: { kind: "scattered", meanDegree: 6 },
  population: [{ modules: [{ kind: "accept" }] }],
  workload: { items: 3 },
  network: { latencyMs: [20, 120] },
  show: ["hopsMean", "latencyP50Ms"],
};

const textOf = async (runs: number): Promise<string[]> => {
  const variants = readVariants(SCENARIO, []);
  const outcome = await runScenario(variants, { seed: 1, runs, workers: 1, carriage: "objects" });
  return asText(outcome, () => "");
};

const numbersIn = (line: string | undefined): number[] =>
  (line ?? "").split(/\s+/).map(Number).filter(Number.isFinite).slice(-2);

describe("the table of a simulation", () => {
  it("shows the mean of several runs between the lowest and the highest of them", async () => {
    const lines = await textOf(3);
    const at = lines.findIndex((line) => line.startsWith("spread  "));
    const [mean, lowest, highest] = lines.slice(at, at + 3).map(numbersIn);
    assert.match(lines[at + 1] ?? "", /^ {2}lowest /);
    assert.match(lines[at + 2] ?? "", /^ {2}highest /);
    for (const column of [0, 1]) {
      const [low = 0, middle = 0, high = 0] = [lowest?.[column], mean?.[column], highest?.[column]];
      assert.ok(low < middle && middle < high, `${low} ${middle} ${high}`);
    }
  });

  it("has one line for one run", async () => {
    assert.ok(!(await textOf(1)).some((line) => line.includes("lowest")));
  });

  it("explains every figure in a column of its own", () => {
    for (const line of METRIC_MEANINGS) assert.match(line, /^ {2}\w+ {2,}\S/);
  });
});
