import type { Verdict } from "../../wire/api/gossip-validation.ts";
import type { TravelEvent } from "./demo-event.ts";
import type { DemoNode } from "./demo-node.ts";
import { BOOTSTRAPPER } from "./plan.ts";
import type { DemoPlan } from "./plan.ts";

type DemoRole = "bootstrapper" | "announcer" | "peer";

/** What came of the item at one node, ready for JSON; null is what did not happen. */
interface NodeResult {
  readonly node: number;
  readonly role: DemoRole;
  readonly p2p: string;
  readonly api: string;
  readonly links: number;
  /** Whether the module that had subscribed there was notified. */
  readonly reached: boolean;
  readonly hops: number | null;
  /** From the announcement to the module. */
  readonly ms: number | null;
  readonly verdict: Verdict | null;
  readonly duplicates: number;
}

export interface DemoResult {
  readonly reached: number;
  readonly nodes: number;
  readonly difficultyBits: number;
  readonly puzzles: number;
  readonly dataType: number;
  readonly ttl: number;
  readonly bootstrapper: number;
  readonly origin: number;
  /** Until all links were up and all modules had subscribed; null when that never was. */
  readonly setUpMs: number | null;
  /** Until the last module had it; null when nobody had. */
  readonly travelMs: number | null;
  readonly hopsMax: number | null;
  readonly duplicates: number;
  readonly results: readonly NodeResult[];
  /** In the order in which it happened, in ms since the announcement. */
  readonly events: readonly TravelEvent[];
}

export function resultOf(
  plan: DemoPlan,
  nodes: readonly DemoNode[],
  setUpMs: number | undefined,
): DemoResult {
  const events = nodes
    .flatMap(({ journey }) => journey.events)
    .sort((one, other) => one.atMs - other.atMs);
  const announcedAtMs = events[0]?.atMs ?? 0;
  const results = nodes.map((node) => nodeResultOf(plan, node, announcedAtMs));
  const reached = results.filter((result) => result.reached);
  return {
    reached: reached.length,
    nodes: plan.nodes,
    difficultyBits: plan.difficultyBits,
    puzzles: plan.puzzles,
    dataType: plan.dataType,
    ttl: plan.ttl,
    bootstrapper: BOOTSTRAPPER,
    origin: plan.origin,
    setUpMs: setUpMs === undefined ? null : toTenths(setUpMs),
    travelMs: maxOf(reached.map(({ ms }) => ms)),
    hopsMax: maxOf(reached.map(({ hops }) => hops)),
    duplicates: results.reduce((sum, { duplicates }) => sum + duplicates, 0),
    results,
    events: events.map((event) => ({ ...event, atMs: toTenths(event.atMs - announcedAtMs) })),
  };
}

function nodeResultOf(plan: DemoPlan, node: DemoNode, announcedAtMs: number): NodeResult {
  const { notifiedAtMs, hops, verdict } = node.journey;
  return {
    node: node.number,
    role: roleOf(plan, node.number),
    p2p: node.p2p,
    api: node.api,
    links: node.links,
    reached: notifiedAtMs !== undefined,
    hops: hops ?? null,
    ms: notifiedAtMs === undefined ? null : toTenths(notifiedAtMs - announcedAtMs),
    verdict: verdict ?? null,
    duplicates: node.duplicates,
  };
}

function roleOf({ origin }: DemoPlan, node: number): DemoRole {
  if (node === origin) return "announcer";
  return node === BOOTSTRAPPER ? "bootstrapper" : "peer";
}

/** The clock has more digits than meaning. */
const toTenths = (ms: number): number => Math.round(ms * 10) / 10;

function maxOf(values: readonly (number | null)[]): number | null {
  const numbers = values.filter((value) => value !== null);
  return numbers.length === 0 ? null : Math.max(...numbers);
}
