import assert from "node:assert/strict";
import { readdirSync, readFileSync } from "node:fs";
import { describe, it } from "node:test";
import { ScenarioError } from "../../src/sim/json-reader.ts";
import { metricsOf } from "../../src/sim/metrics.ts";
import { planOf } from "../../src/sim/scenario-plan.ts";
import { readVariants } from "../../src/sim/scenario.ts";
import { aScenario, played } from "./scenarios.ts";

const folder = new URL("../../../scenarios/", import.meta.url);
const files = readdirSync(folder).filter((name) => name.endsWith(".json"));
const load = (file: string): unknown => JSON.parse(readFileSync(new URL(file, folder), "utf8"));

describe("scenario files", () => {
  for (const file of files) {
    it(`${file} can be drawn in all its variants`, () => {
      const variants = readVariants(load(file), [["nodes", 40]]);
      assert.ok(variants.length > 0);
      for (const { scenario } of variants) assert.equal(planOf(scenario, 1).nodes.length, 40);
    });
  }

  it("each have a baseline with the same variants", () => {
    for (const file of files) {
      const baseline = load(`baselines/${file}`) as { variants: { name: string }[] };
      const names = readVariants(load(file), []).map(({ name }) => name);
      assert.deepEqual(
        baseline.variants.map(({ name }) => name),
        names,
        file,
      );
    }
  });
});

describe("a share of the population", () => {
  it("is one node at least, however small the network: an experiment without its victim shows nothing", () => {
    const victims = (percent: number): number => {
      const scenario = aScenario({
        nodes: 100,
        population: [{ percent }, { percent: 100, role: "sybil" }, { percent: 1, role: "liar" }],
      });
      return planOf(scenario, 1).nodes.filter(({ role }) => role === "honest").length;
    };
    assert.deepEqual([0, 0.01, 0.4, 1, 1.6, 100].map(victims), [0, 1, 1, 1, 2, 100]);
  });
});

describe("a faulty scenario", () => {
  const faultOf = (changes: Record<string, unknown>): string => {
    try {
      aScenario(changes);
    } catch (error) {
      assert.ok(error instanceof ScenarioError);
      return error.message;
    }
    return "none";
  };

  it("is refused with the place and what is allowed there", () => {
    assert.equal(faultOf({ nodes: 0 }), "nodes must be a whole number from 1 to 65536");
    assert.equal(faultOf({ nodez: 5 }), "nodez is no field of a scenario here");
    assert.equal(
      faultOf({ network: { latencyMs: [9, 1] } }),
      "network.latencyMs must be [min, max], whole numbers from 0 to 60000",
    );
    assert.match(faultOf({ faults: [{ kind: "flood" }] }), /^faults\[0\]\.kind must be one of/);
    assert.match(faultOf({ expect: [{ metric: "speed", why: "" }] }), /no metric speed/);
  });

  it("that asks for an impossible graph says so", () => {
    const scenario = aScenario({ nodes: 5, topology: { kind: "regular", degree: 3 } });
    assert.throws(() => planOf(scenario, 1), ScenarioError);
  });
});

describe("variants and settings", () => {
  it("set fields by path, and settings have the last word", () => {
    const json = {
      name: "x",
      nodes: 10,
      topology: { kind: "ring" },
      variants: [
        { name: "a", set: { nodes: 20 } },
        { name: "b", set: { "workload.ttl": 3 } },
      ],
    };
    const sizes = readVariants(json, []).map(({ scenario }) => scenario.nodes);
    assert.deepEqual(sizes, [20, 10]);
    const set = readVariants(json, [["nodes", 30]]).map(({ scenario }) => scenario.nodes);
    assert.deepEqual(set, [30, 30]);
    assert.equal(readVariants(json, [])[1]?.scenario.workload.ttl, 3);
  });
});

describe("flooding", () => {
  const flood = { nodes: 200, topology: { kind: "regular", degree: 6 }, workload: { items: 5 } };

  it("reaches everybody with degree - 2 superfluous copies each when verdicts are immediate", () => {
    const run = played(aScenario(flood));
    assert.equal(run.failure, undefined);
    const { reliability, redundancy } = metricsOf(run);
    assert.equal(reliability, 1);
    // 6 copies from the origin, 5 from each of the 199 others, for 199 nodes reached.
    assert.ok(Math.abs(redundancy - ((6 + 199 * 5) / 199 - 1)) < 1e-9);
  });

  it("needs fewer copies when verdicts take time", () => {
    const modules = [{ kind: "accept", delayMs: [200, 200] }];
    const slow = played(aScenario({ ...flood, population: [{ percent: 100, modules }] }));
    assert.equal(slow.failure, undefined);
    assert.ok(metricsOf(slow).redundancy < 4);
  });

  it("goes no farther than the TTL", () => {
    const run = played(aScenario({ nodes: 20, workload: { items: 1, ttl: 3 } }));
    assert.equal(run.failure, undefined);
    assert.equal(metricsOf(run).hopsLast, 3);
  });
});
