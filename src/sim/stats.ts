import { NEVER } from "./item-record.ts";
import type { ItemRecord } from "./item-record.ts";

/** The smallest entry that at least `percent` of 100 entries do not exceed (nearest rank). */
export function percentile(sorted: readonly number[], percent: number): number {
  const rank = Math.max(1, Math.ceil((percent / 100) * sorted.length));
  return sorted[rank - 1] ?? 0;
}

export function mean(entries: readonly number[]): number {
  if (entries.length === 0) return 0;
  return entries.reduce((sum, entry) => sum + entry, 0) / entries.length;
}

/** How often each whole number occurs, up to the largest. */
export function histogram(entries: readonly number[]): number[] {
  const counts: number[] = [];
  for (const entry of entries) {
    while (counts.length <= entry) counts.push(0);
    counts[entry] = (counts[entry] ?? 0) + 1;
  }
  return counts;
}

/** How one item spread. */
export interface Spread {
  /** Nodes that wanted it, without its origin. */
  readonly wanted: number;
  /** Those of them that put it before a subscriber. */
  readonly delivered: number;
  /** Copies read for every node reached beyond the origin, minus the one that was needed. */
  readonly redundancy: number;
  readonly hopsMean: number;
  /** Hops to the last node reached. */
  readonly hopsLast: number;
  /** From the announcement to each delivery, in order. */
  readonly latenciesMs: readonly number[];
}

export function spreadOf(item: ItemRecord): Spread {
  const latenciesMs: number[] = [];
  const hops: number[] = [];
  let wanted = 0;
  for (let node = 0; node < item.hopsFirst.length; node++) {
    if (!item.wantedBy.has(node)) continue;
    wanted++;
    const latencyMs = item.notifiedAfterMs[node] ?? NEVER;
    if (latencyMs === NEVER) continue;
    latenciesMs.push(latencyMs);
    hops.push(item.hopsFirst[node] ?? 0);
  }
  const delivered = latenciesMs.length;
  return {
    wanted,
    delivered,
    redundancy: delivered === 0 ? 0 : item.copies / delivered - 1,
    hopsMean: mean(hops),
    hopsLast: hops.reduce((most, count) => Math.max(most, count), 0),
    latenciesMs: latenciesMs.sort((a, b) => a - b),
  };
}

/** Share of wanted deliveries made by each time, as `[ms, share]`, at most `points` of them. */
export function coverageCurve(
  latenciesMs: readonly number[],
  wanted: number,
  points: number,
): [number, number][] {
  const last = latenciesMs.at(-1);
  if (last === undefined || wanted === 0) return [];
  const curve: [number, number][] = [];
  let delivered = 0;
  for (let point = 0; point <= points; point++) {
    const ms = Math.round((last * point) / points);
    while ((latenciesMs[delivered] ?? Infinity) <= ms) delivered++;
    if (curve.at(-1)?.[0] !== ms) curve.push([ms, delivered / wanted]);
  }
  return curve;
}
