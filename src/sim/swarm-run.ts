import { everythingIn, restrict } from "./restriction.ts";
import type { Restriction } from "./restriction.ts";
import { runPlan } from "./run.ts";
import type { Failure, Run, RunOptions } from "./run.ts";
import { shrink } from "./shrink.ts";
import type { SimulatorPorts } from "./simulator.ts";
import { swarmPlan } from "./swarm.ts";

/** What a swarm seed came to. */
export interface SwarmResult {
  readonly seed: number;
  readonly traceHash: string;
  readonly steps: number;
  readonly failure: SwarmFailure | undefined;
}

export interface SwarmFailure extends Failure {
  /** What is left when everything that the failure does not need is left out. */
  readonly shrunk: Restriction;
  readonly shrunkFailure: Failure;
}

export function runSwarmSeed(
  seed: number,
  ports: SimulatorPorts,
  restriction?: Restriction,
  options?: RunOptions,
): Run {
  const plan = swarmPlan(seed);
  return runPlan(restrict(plan, restriction ?? everythingIn(plan)), ports, options);
}

/** Plays a seed, and shrinks it when it breaks a law: to a run that breaks the same law. */
export function trySwarmSeed(seed: number, ports: SimulatorPorts): SwarmResult {
  const run = runSwarmSeed(seed, ports);
  const { traceHash, failure } = run;
  const steps = run.simulator.nodes.reduce((sum, { usage }) => sum + usage.steps, 0);
  if (failure === undefined) return { seed, traceHash, steps, failure: undefined };
  let shrunkFailure = failure;
  const shrunk = shrink(everythingIn(swarmPlan(seed)), (restriction) => {
    const again = runSwarmSeed(seed, ports, restriction).failure;
    if (again?.checker !== failure.checker) return false;
    shrunkFailure = again;
    return true;
  });
  return { seed, traceHash, steps, failure: { ...failure, shrunk, shrunkFailure } };
}
