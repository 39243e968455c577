import type { ItemRecord } from "./item-record.ts";
import type { Run } from "./run.ts";
import { coverageCurve, histogram, mean, percentile, spreadOf } from "./stats.ts";

export type MetricName =
  | "reliability"
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
  | "linksUp";
export type Metrics = Readonly<Record<MetricName, number>>;

interface Metric {
  readonly about: string;
  readonly digits: number;
}

/** What is measured in every run: its name, what it means, and how it is written. */
export const METRICS: Readonly<Record<MetricName, Metric>> = {
  reliability: { about: "share of wanted deliveries made", digits: 5 },
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

export function metricsOf({ simulator, ledger }: Run): Metrics {
  const { nodes, network } = simulator;
  const spreads = ledger.items.map(spreadOf);
  const latencies = latenciesOf(ledger.items);
  const total = (figure: (spread: (typeof spreads)[number]) => number): number =>
    spreads.reduce((sum, spread) => sum + figure(spread), 0);
  const wanted = total((spread) => spread.wanted);
  const reached = spreads.filter(({ delivered }) => delivered > 0);
  const perNode = (figure: (index: number) => number): number =>
    mean(nodes.map(({ index }) => figure(index)));
  const usage = (index: number): (typeof nodes)[number]["usage"] => simulator.node(index).usage;
  return {
    reliability: wanted === 0 ? 1 : total((spread) => spread.delivered) / wanted,
    redundancy: mean(reached.map(({ redundancy }) => redundancy)),
    hopsMean: mean(reached.map(({ hopsMean }) => hopsMean)),
    hopsLast: mean(reached.map(({ hopsLast }) => hopsLast)),
    latencyP50Ms: percentile(latencies, 50),
    latencyP90Ms: percentile(latencies, 90),
    latencyP99Ms: percentile(latencies, 99),
    latencyMaxMs: percentile(latencies, 100),
    isolatedNodes: isolatedNodes(ledger.items, nodes.length),
    sharedIds: sharedIds(ledger.items),
    bytesOutPerNode: perNode((index) => usage(index).bytesOut),
    bytesOutMax: nodes.reduce((most, node) => Math.max(most, node.usage.bytesOut), 0),
    framesOutPerNode: perNode((index) => usage(index).framesOut),
    stepsPerNode: perNode((index) => usage(index).steps),
    hashesPerNode: perNode((index) => usage(index).hashes),
    linksUp: [...network.links].filter((link) => link.isCarrying).length,
  };
}

export function distributionsOf({ simulator, ledger }: Run): Distributions {
  const spreads = ledger.items.map(spreadOf);
  const wanted = spreads.reduce((sum, spread) => sum + spread.wanted, 0);
  const hops: number[] = [];
  for (const item of ledger.items) {
    for (const [node, afterMs] of item.notifiedAfterMs.entries()) {
      if (afterMs >= 0 && item.wantedBy.has(node)) hops.push(item.hopsFirst[node] ?? 0);
    }
  }
  const degrees = simulator.nodes.map(
    (node) => [...node.ends.values()].filter(({ link }) => link.isCarrying).length,
  );
  return {
    coverage: coverageCurve(latenciesOf(ledger.items), wanted, CURVE_POINTS),
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
