import { createHash } from "node:crypto";
import type { Digest } from "../core/ports.ts";
import { AS_BYTES, AS_OBJECTS } from "../sim/carriage.ts";
import { HyParView } from "../sim/hyparview.ts";
import { degreesOf, distributionsOf, metricsOf, modelMetrics } from "../sim/metrics.ts";
import type { Distributions, Metrics } from "../sim/metrics.ts";
import type { Plan } from "../sim/plan.ts";
import { runPlan } from "../sim/run.ts";
import type { Failure, Run } from "../sim/run.ts";
import { planOf } from "../sim/scenario-plan.ts";
import type { Scenario } from "../sim/scenario.ts";
import type { SimulatorPorts } from "../sim/simulator.ts";
import { trySwarmSeed } from "../sim/swarm-run.ts";
import type { SwarmResult } from "../sim/swarm-run.ts";
import { TraceHash } from "../sim/trace-hash.ts";

/** Messages as objects, or through encoder and decoder. */
export type CarriageName = "objects" | "bytes";

/** One run to be made, here or in a worker thread; plain data. */
export type SimulationJob =
  | {
      readonly kind: "scenario";
      readonly variant: string;
      readonly scenario: Scenario;
      readonly seed: number;
      readonly carriage: CarriageName;
    }
  | { readonly kind: "swarm"; readonly seed: number; readonly carriage: CarriageName };

export interface ScenarioResult {
  readonly kind: "scenario";
  readonly variant: string;
  readonly seed: number;
  readonly traceHash: string;
  readonly failure: Failure | undefined;
  readonly metrics: Metrics;
  readonly distributions: Distributions;
  readonly events: number;
  readonly steps: number;
  readonly wallMs: number;
}

export type SimulationResult = ScenarioResult | (SwarmResult & { readonly kind: "swarm" });

/**
 * SHA-256 as the daemon does it ("binary" is Node's name for latin1), except that the bytes one node
 * sends to all its neighbours are hashed once: payloads are never mutated.
 */
function rememberingSha256(): Digest {
  const known = new WeakMap<Uint8Array, string>();
  return (bytes) => {
    const remembered = known.get(bytes);
    if (remembered !== undefined) return remembered;
    const digest = createHash("sha256").update(bytes).digest("binary");
    known.set(bytes, digest);
    return digest;
  };
}

export const portsFor = (carriage: CarriageName): SimulatorPorts => ({
  digest: rememberingSha256(),
  carriage: carriage === "bytes" ? AS_BYTES : AS_OBJECTS,
});

const stepsOf = ({ simulator }: Run): number =>
  simulator.nodes.reduce((sum, { usage }) => sum + usage.steps, 0);

export function executeJob(
  job: SimulationJob,
  onProgress: (share: number) => void,
): SimulationResult {
  const ports = portsFor(job.carriage);
  if (job.kind === "swarm") return { kind: "swarm", ...trySwarmSeed(job.seed, ports) };
  const startedAtMs = performance.now();
  const outcome = outcomeOf(job.scenario, job.seed, ports, onProgress);
  const wallMs = Math.round(performance.now() - startedAtMs);
  return { kind: "scenario", variant: job.variant, seed: job.seed, ...outcome, wallMs };
}

type Outcome = Omit<ScenarioResult, "kind" | "variant" | "seed" | "wallMs">;

function outcomeOf(
  scenario: Scenario,
  seed: number,
  ports: SimulatorPorts,
  onProgress: (share: number) => void,
): Outcome {
  const plan = planOf(scenario, seed);
  if (scenario.model === "hyParView") return outcomeOfModel(plan, onProgress);
  const run = runPlan(plan, ports, { onProgress });
  return {
    traceHash: run.traceHash,
    failure: run.failure,
    metrics: metricsOf(run),
    distributions: distributionsOf(run.ledger.items, degreesOf(run)),
    events: run.simulator.events,
    steps: stepsOf(run),
  };
}

/** A model takes no steps of cores, so what it has done shows by the spread of its items alone. */
function outcomeOfModel(plan: Plan, onProgress: (share: number) => void): Outcome {
  const model = new HyParView(plan);
  model.run(onProgress);
  const hash = new TraceHash();
  for (const { copies } of model.items) hash.add(copies);
  const degrees = model.degrees();
  return {
    traceHash: hash.digest(),
    failure: undefined,
    metrics: modelMetrics(model.items, degrees, plan),
    distributions: distributionsOf(model.items, degrees),
    events: model.events,
    steps: 0,
  };
}
