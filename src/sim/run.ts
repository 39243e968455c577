import { AssertionError } from "../core/assert.ts";
import { DEFAULT_LIMITS } from "../core/core-config.ts";
import type { Checker } from "./checker.ts";
import { CheckFailed } from "./checker.ts";
import { DeliveredEverywhere } from "./checkers/delivered-everywhere.ts";
import { DeliveredOnce } from "./checkers/delivered-once.ts";
import { ForwardedByTheRules } from "./checkers/forwarded-by-the-rules.ts";
import { LinksComeBack } from "./checkers/links-come-back.ts";
import { NotBackToSender } from "./checkers/not-back-to-sender.ts";
import { OpenConnectionsOnly } from "./checkers/open-connections-only.ts";
import { TrafficEnds } from "./checkers/traffic-ends.ts";
import { TtlRespected } from "./checkers/ttl-respected.ts";
import { UnsentSurvives } from "./checkers/unsent-survives.ts";
import { VerdictFirst } from "./checkers/verdict-first.ts";
import { WithinBounds } from "./checkers/within-bounds.ts";
import { ItemLedger } from "./item-ledger.ts";
import type { Observer } from "./observer.ts";
import { OverlayWatch } from "./overlay-watch.ts";
import type { Plan } from "./plan.ts";
import { Simulator } from "./simulator.ts";
import type { SimulatorPorts } from "./simulator.ts";

/** A broken law, as it is told to people. */
export interface Failure {
  readonly checker: string;
  readonly node: number | undefined;
  readonly atMs: number;
  readonly message: string;
}

/** A run that has come to its end. */
export interface Run {
  readonly simulator: Simulator;
  readonly ledger: ItemLedger;
  readonly overlay: OverlayWatch;
  readonly traceHash: string;
  /** Undefined when every law was kept. */
  readonly failure: Failure | undefined;
}

export interface RunOptions {
  /** Called about every `PROGRESS_MS` of the simulation with the share done, 0 to 1. */
  readonly onProgress?: (share: number) => void;
  readonly observers?: readonly Observer[];
  /** Called when the simulator is there and nothing has happened yet. */
  readonly onReady?: (simulator: Simulator) => void;
}

/** How often progress is told, in ms of the simulation. */
const PROGRESS_MS = 250;
/** Traffic must have ended this long before the end, when nothing happens in that time. */
const QUIET_MS = 5_000;
/** Announcements this long before the end may still be travelling. */
const TRAVEL_MS = 40_000;

/** Plays a plan to its end, or to the first broken law. Never throws for what a core did wrong. */
export function runPlan(plan: Plan, ports: SimulatorPorts, options: RunOptions = {}): Run {
  const simulator = new Simulator(plan, ports);
  const ledger: ItemLedger = new ItemLedger(
    simulator,
    checkersFor(simulator, () => ledger),
  );
  simulator.observe(ledger);
  const overlay = new OverlayWatch(simulator);
  if (plan.linking === "overlay") simulator.observe(overlay);
  for (const observer of options.observers ?? []) simulator.observe(observer);
  options.onReady?.(simulator);
  const failure = failureOf(simulator, () => {
    simulator.start();
    for (let at = 0; at < plan.endMs; at += PROGRESS_MS) {
      options.onProgress?.(at / plan.endMs);
      simulator.runUntil(Math.min(at + PROGRESS_MS, plan.endMs));
    }
    simulator.end();
  });
  options.onProgress?.(1);
  return { simulator, ledger, overlay, traceHash: simulator.hash.digest(), failure };
}

function failureOf(simulator: Simulator, play: () => void): Failure | undefined {
  try {
    play();
    return undefined;
  } catch (error) {
    const atMs = simulator.now;
    if (error instanceof CheckFailed) {
      return { checker: error.checker, node: error.node, atMs, message: error.message };
    }
    if (error instanceof AssertionError) {
      return { checker: "assertions", node: undefined, atMs, message: error.message };
    }
    throw error;
  }
}

function checkersFor(simulator: Simulator, ledger: () => ItemLedger): Checker[] {
  const { plan, nodes } = simulator;
  const isSmall = nodes.length <= 100;
  const checkers: Checker[] = [
    new DeliveredOnce(),
    new VerdictFirst(simulator, ledger),
    new ForwardedByTheRules(plan.core.degree),
    new NotBackToSender(),
    new OpenConnectionsOnly(simulator),
    new WithinBounds(simulator, isSmall ? 16 : 1_024),
  ];
  if (plan.nodes.every(({ role }) => role === "honest")) checkers.push(new TtlRespected(ledger));
  // A store that is full of payload lets the oldest own items go.
  if (plan.core.limits.knowledgeBytes >= DEFAULT_LIMITS.knowledgeBytes) {
    checkers.push(new UnsentSurvives(simulator, ledger));
  }
  const lastEventAt = plan.events.at(-1)?.at ?? 0;
  if (plan.endMs - lastEventAt >= TRAVEL_MS) checkers.push(new TrafficEnds(simulator, QUIET_MS));
  if (plan.delivery.kind === "since") {
    const { fromMs, withinMs } = plan.delivery;
    checkers.push(new DeliveredEverywhere(simulator, fromMs, withinMs));
    checkers.push(new LinksComeBack(simulator, fromMs));
  }
  return checkers;
}
