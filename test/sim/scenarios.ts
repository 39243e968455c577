import { runPlan } from "../../src/sim/run.ts";
import type { Run } from "../../src/sim/run.ts";
import { planOf } from "../../src/sim/scenario-plan.ts";
import { readVariants } from "../../src/sim/scenario.ts";
import type { Scenario } from "../../src/sim/scenario.ts";
import type { SimulatorPorts } from "../../src/sim/simulator.ts";
import { PORTS } from "./ports.ts";

/** Twenty nodes that all accept, in a line unless the test says otherwise. */
export function aScenario(changes: Record<string, unknown> = {}): Scenario {
  const json = {
    name: "test",
    nodes: 20,
    topology: { kind: "line" },
    network: { latencyMs: [50, 50] },
    population: [{ percent: 100, modules: [{ kind: "accept" }] }],
    workload: { items: 1 },
    ...changes,
  };
  const [variant] = readVariants(json, []);
  if (variant === undefined) throw new Error("a scenario has at least one variant");
  return variant.scenario;
}

export const played = (scenario: Scenario, seed = 1, ports: SimulatorPorts = PORTS): Run =>
  runPlan(planOf(scenario, seed), ports);
