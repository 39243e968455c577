import type { ItemRecord } from "./item-record.ts";
import { isHostile } from "./plan.ts";
import type { Plan } from "./plan.ts";
import type { Run } from "./run.ts";
import type { SimNode } from "./sim-node.ts";
import { coverageCurve, histogram, mean, percentile, spreadOf } from "./stats.ts";
import type { Spread } from "./stats.ts";

export type MetricName =
  | "reliability"
  | "reliabilityBefore"
  | "healedAfterMs"
  | "redundancy"
  | "hopsMean"
  | "hopsLast"
  | "latencyP50Ms"
  | "latencyP90Ms"
  | "latencyP99Ms"
  | "latencyMaxMs"
  | "isolatedNodes"
  | "sharedIds"
  | "bytesOutPerNode"
  | "bytesOutMax"
  | "framesOutPerNode"
  | "stepsPerNode"
  | "hashesPerNode"
  | "linksUp"
  | "outboundMean"
  | "outboundBad"
  | "outboundBadAtRestart"
  | "eclipsedRestarts"
  | "nodesWithoutLink"
  | "repairP50Ms"
  | "repairP99Ms"
  | "firstLinkP50Ms"
  | "firstLinkP99Ms"
  | "proofsPerNodeHour";
export type Metrics = Readonly<Record<MetricName, number>>;

interface Metric {
  readonly about: string;
  readonly digits: number;
}

/** What is measured in every run: its name, what it means, and how it is written. */
export const METRICS: Readonly<Record<MetricName, Metric>> = {
  reliability: { about: "share of wanted deliveries made", digits: 5 },
  reliabilityBefore: { about: "the same, of items announced before measureFromMs", digits: 5 },
  healedAfterMs: {
    about: "first crash to the first item from which on nothing is missed",
    digits: 0,
  },
  redundancy: { about: "RMR: superfluous copies read per node reached", digits: 3 },
  hopsMean: { about: "hops of the first copy, mean over nodes reached", digits: 3 },
  hopsLast: { about: "LDH: hops to the last node reached, mean over items", digits: 2 },
  latencyP50Ms: { about: "announcement to notification, median", digits: 0 },
  latencyP90Ms: { about: "the same, 90 % are not slower", digits: 0 },
  latencyP99Ms: { about: "the same, 99 %", digits: 0 },
  latencyMaxMs: { about: "the same, the slowest", digits: 0 },
  isolatedNodes: { about: "nodes that wanted something and got nothing", digits: 0 },
  sharedIds: { about: "items whose 16-bit id another item has too", digits: 0 },
  bytesOutPerNode: { about: "bytes written to links per node, mean", digits: 0 },
  bytesOutMax: { about: "the same, the busiest node", digits: 0 },
  framesOutPerNode: { about: "frames written to links per node, mean", digits: 1 },
  stepsPerNode: { about: "inputs handled per node, mean", digits: 1 },
  hashesPerNode: { about: "hashes spent on proofs of work per node, mean", digits: 0 },
  linksUp: { about: "links that carry at the end", digits: 0 },
  outboundMean: { about: "outbound links of an honest live node at the end", digits: 2 },
  outboundBad: { about: "share of these that lead to hostile nodes", digits: 4 },
  outboundBadAtRestart: {
    about: "the same, when a restarted node first has all of them",
    digits: 4,
  },
  eclipsedRestarts: {
    about: "share of restarts after which all outbound links are bad",
    digits: 4,
  },
  nodesWithoutLink: { about: "honest live nodes without any link at the end", digits: 0 },
  repairP50Ms: { about: "loss of an outbound link to having all again, median", digits: 0 },
  repairP99Ms: { about: "the same, 99 %", digits: 0 },
  firstLinkP50Ms: { about: "restart to first link, median", digits: 0 },
  firstLinkP99Ms: { about: "the same, 99 %", digits: 0 },
  proofsPerNodeHour: { about: "proofs of work per node and hour", digits: 1 },
};

export const METRIC_NAMES: readonly MetricName[] = Object.keys(METRICS) as MetricName[];

export const isMetricName = (name: string): name is MetricName => Object.hasOwn(METRICS, name);

/** What plots are made of. */
export interface Distributions {
  /** `[ms after the announcement, share of wanted deliveries made]`. */
  readonly coverage: readonly (readonly [number, number])[];
  /** Deliveries by hops of the first copy. */
  readonly hops: readonly number[];
  /** Nodes by links that carry at the end. */
  readonly degrees: readonly number[];
  /** Redundancy of each item, in the order of announcement. */
  readonly redundancyByItem: readonly number[];
}

const CURVE_POINTS = 100;
const HOUR_MS = 3_600_000;

export function metricsOf(run: Run): Metrics {
  const { simulator, ledger } = run;
  const { nodes, network, plan } = simulator;
  const perNode = (figure: (index: number) => number): number =>
    mean(nodes.map(({ index }) => figure(index)));
  const usage = (index: number): (typeof nodes)[number]["usage"] => simulator.node(index).usage;
  return {
    ...itemMetrics(ledger.items, plan),
    bytesOutPerNode: perNode((index) => usage(index).bytesOut),
    bytesOutMax: nodes.reduce((most, node) => Math.max(most, node.usage.bytesOut), 0),
    framesOutPerNode: perNode((index) => usage(index).framesOut),
    stepsPerNode: perNode((index) => usage(index).steps),
    hashesPerNode: perNode((index) => usage(index).hashes),
    linksUp: [...network.links].filter((link) => link.isCarrying).length,
    ...overlayMetrics(run),
  };
}

/** Of a model without cores, links and proofs of its own: what does not exist there is 0. */
export function modelMetrics(
  items: readonly ItemRecord[],
  degrees: readonly number[],
  plan: Plan,
): Metrics {
  const nothing = Object.fromEntries(METRIC_NAMES.map((name) => [name, 0])) as Metrics;
  return {
    ...nothing,
    ...itemMetrics(items, plan),
    linksUp: degrees.reduce((sum, degree) => sum + degree, 0) / 2,
    nodesWithoutLink: degrees.filter((degree) => degree === 0).length,
  };
}

function itemMetrics(all: readonly ItemRecord[], plan: Plan): ItemMetrics {
  const items = all.filter(({ announcedAt }) => announcedAt >= plan.measureFromMs);
  const earlier = all.filter(({ announcedAt }) => announcedAt < plan.measureFromMs);
  const spreads = items.map(spreadOf);
  const latencies = latenciesOf(items);
  const reached = spreads.filter(({ delivered }) => delivered > 0);
  return {
    reliability: reliabilityOf(spreads),
    reliabilityBefore: reliabilityOf(earlier.map(spreadOf)),
    healedAfterMs: healedAfterMs(all, plan),
    redundancy: mean(reached.map(({ redundancy }) => redundancy)),
    hopsMean: mean(reached.map(({ hopsMean }) => hopsMean)),
    hopsLast: mean(reached.map(({ hopsLast }) => hopsLast)),
    latencyP50Ms: percentile(latencies, 50),
    latencyP90Ms: percentile(latencies, 90),
    latencyP99Ms: percentile(latencies, 99),
    latencyMaxMs: percentile(latencies, 100),
    isolatedNodes: isolatedNodes(items, plan.nodes.length),
    sharedIds: sharedIds(items),
  };
}

type ItemMetrics = Pick<
  Metrics,
  | "reliability"
  | "reliabilityBefore"
  | "healedAfterMs"
  | "redundancy"
  | "hopsMean"
  | "hopsLast"
  | "latencyP50Ms"
  | "latencyP90Ms"
  | "latencyP99Ms"
  | "latencyMaxMs"
  | "isolatedNodes"
  | "sharedIds"
>;

type OverlayMetric =
  | "outboundMean"
  | "outboundBad"
  | "outboundBadAtRestart"
  | "eclipsedRestarts"
  | "nodesWithoutLink"
  | "repairP50Ms"
  | "repairP99Ms"
  | "firstLinkP50Ms"
  | "firstLinkP99Ms"
  | "proofsPerNodeHour";

function overlayMetrics({ simulator, overlay }: Run): Record<OverlayMetric, number> {
  const { nodes, plan } = simulator;
  const live = nodes.filter(({ core, plan: { role } }) => core !== undefined && role === "honest");
  const outbound = live.map(({ ends }) =>
    [...ends.values()].filter((end) => end.link.isCarrying && end.link.dialler === end),
  );
  const all = outbound.flat();
  const bad = all.filter(({ other }) => isHostile(simulator.node(other.node).plan.role));
  const isLinked = (node: SimNode): boolean =>
    [...node.ends.values()].some(({ link }) => link.isCarrying);
  const repairs = [...overlay.repairsMs].sort((a, b) => a - b);
  const firstLinks = [...overlay.firstLinksMs].sort((a, b) => a - b);
  const proofs = nodes.reduce((sum, { usage }) => sum + usage.proofs, 0);
  return {
    outboundMean: mean(outbound.map(({ length }) => length)),
    outboundBad: all.length === 0 ? 0 : bad.length / all.length,
    outboundBadAtRestart: mean(overlay.badAtRestarts),
    eclipsedRestarts: mean(overlay.badAtRestarts.map((share) => (share === 1 ? 1 : 0))),
    nodesWithoutLink: live.filter((node) => !isLinked(node)).length,
    repairP50Ms: percentile(repairs, 50),
    repairP99Ms: percentile(repairs, 99),
    firstLinkP50Ms: percentile(firstLinks, 50),
    firstLinkP99Ms: percentile(firstLinks, 99),
    proofsPerNodeHour: plan.endMs === 0 ? 0 : (proofs / nodes.length) * (HOUR_MS / plan.endMs),
  };
}

function reliabilityOf(spreads: readonly Spread[]): number {
  const wanted = spreads.reduce((sum, spread) => sum + spread.wanted, 0);
  const delivered = spreads.reduce((sum, spread) => sum + spread.delivered, 0);
  return wanted === 0 ? 1 : delivered / wanted;
}

/** 0 when nobody crashed or nothing was missed since. */
function healedAfterMs(items: readonly ItemRecord[], plan: Plan): number {
  const crashAt = plan.events.find(({ kind }) => kind === "crash")?.at ?? Infinity;
  const later = items.filter(({ announcedAt }) => announcedAt >= crashAt);
  const isMissed = later.map((item) => {
    const { wanted, delivered } = spreadOf(item);
    return delivered < wanted;
  });
  const last = isMissed.lastIndexOf(true);
  if (last < 0) return 0;
  return (later[last + 1]?.announcedAt ?? plan.endMs) - crashAt;
}

/** Links that carry at the end, node by node. */
export const degreesOf = ({ simulator }: Run): number[] =>
  simulator.nodes.map(
    (node) => [...node.ends.values()].filter(({ link }) => link.isCarrying).length,
  );

export function distributionsOf(
  items: readonly ItemRecord[],
  degrees: readonly number[],
): Distributions {
  const spreads = items.map(spreadOf);
  const wanted = spreads.reduce((sum, spread) => sum + spread.wanted, 0);
  const hops: number[] = [];
  for (const item of items) {
    for (const [node, afterMs] of item.notifiedAfterMs.entries()) {
      if (afterMs >= 0 && item.wantedBy.has(node)) hops.push(item.hopsFirst[node] ?? 0);
    }
  }
  return {
    coverage: coverageCurve(latenciesOf(items), wanted, CURVE_POINTS),
    hops: histogram(hops),
    degrees: histogram(degrees),
    redundancyByItem: spreads.map(({ redundancy }) => redundancy),
  };
}

function latenciesOf(items: readonly ItemRecord[]): number[] {
  const all: number[] = [];
  for (const item of items) {
    for (const latencyMs of spreadOf(item).latenciesMs) all.push(latencyMs);
  }
  return all.sort((a, b) => a - b);
}

function isolatedNodes(items: readonly ItemRecord[], nodes: number): number {
  let isolated = 0;
  for (let node = 0; node < nodes; node++) {
    const wanted = items.filter((item) => item.wantedBy.has(node));
    const isReached = wanted.some((item) => (item.notifiedAfterMs[node] ?? -1) >= 0);
    if (wanted.length > 0 && !isReached) isolated++;
  }
  return isolated;
}

function sharedIds(items: readonly ItemRecord[]): number {
  const countById = new Map<number, number>();
  for (const { messageId } of items) {
    if (messageId !== undefined) countById.set(messageId, (countById.get(messageId) ?? 0) + 1);
  }
  return [...countById.values()].reduce((sum, count) => sum + (count > 1 ? count : 0), 0);
}

/** Metric by metric over several runs of the same variant. */
export function meanMetrics(runs: readonly Metrics[]): Metrics {
  const entries = METRIC_NAMES.map((name): [MetricName, number] => [
    name,
    mean(runs.map((metrics) => metrics[name])),
  ]);
  return Object.fromEntries(entries) as Record<MetricName, number>;
}

export const formatMetric = (name: MetricName, value: number): string =>
  value.toFixed(METRICS[name].digits);
