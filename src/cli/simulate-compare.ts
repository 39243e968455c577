import { ExitCode } from "../daemon/gossip-error.ts";
import { formatMetric, METRIC_NAMES } from "../sim/metrics.ts";
import type { MetricName, Metrics } from "../sim/metrics.ts";
import { CommandError } from "./failure.ts";
import { readJson } from "./simulate-load.ts";
import type { ScenarioOutcome } from "./simulate-scenario.ts";
import { left, right, table } from "./table.ts";

/** Where more is better; of everything else less is. */
const MORE_IS_BETTER: ReadonlySet<MetricName> = new Set<MetricName>(["reliability", "linksUp"]);
/** Luck of the draw, neither good nor bad. */
const NEUTRAL: ReadonlySet<MetricName> = new Set<MetricName>(["sharedIds"]);

export interface Comparison {
  readonly lines: readonly string[];
  readonly verdict: "same" | "changed" | "worse";
}

interface Baseline {
  readonly traceHash: string;
  readonly figures: ReadonlyMap<string, ReadonlyMap<string, number>>;
}

/** What changed since the baseline was written; worse is what went the wrong way by more than the margin. */
export function compare(outcome: ScenarioOutcome, file: string, marginPercent: number): Comparison {
  const baseline = readBaseline(file);
  if (baseline.traceHash === outcome.traceHash) {
    return { lines: [`same trace hash as ${file}: nothing changed`], verdict: "same" };
  }
  const changes = outcome.variants.flatMap(({ name, metrics }) =>
    changesOf(name, baseline.figures.get(name) ?? new Map(), metrics, marginPercent),
  );
  const worse = changes.filter(({ isWorse }) => isWorse).length;
  const rows = changes.map(({ cells }) => cells);
  const columns = [
    left("variant"),
    left("metric"),
    right("baseline"),
    right("now"),
    right("change"),
    left(""),
  ];
  const summary = `${rows.length} figures differ from ${file}, ${worse} of them worse by more than ${marginPercent} %`;
  const lines = rows.length === 0 ? [summary] : [...table(columns, rows), "", summary];
  return { lines, verdict: worse > 0 ? "worse" : "changed" };
}

interface Change {
  readonly cells: readonly string[];
  readonly isWorse: boolean;
}

function changesOf(
  variant: string,
  before: ReadonlyMap<string, number>,
  metrics: Metrics,
  marginPercent: number,
): Change[] {
  return METRIC_NAMES.flatMap((metric): Change[] => {
    const was = before.get(metric);
    const is = metrics[metric];
    if (was === undefined || was === is) return [];
    const isWorse = !NEUTRAL.has(metric) && isWorseBy(metric, was, is, marginPercent);
    const change = was === 0 ? "new" : `${(((is - was) / was) * 100).toFixed(2)} %`;
    const [from, to] = [formatMetric(metric, was), formatMetric(metric, is)];
    return [{ cells: [variant, metric, from, to, change, isWorse ? "WORSE" : ""], isWorse }];
  });
}

function isWorseBy(metric: MetricName, was: number, is: number, marginPercent: number): boolean {
  const loss = MORE_IS_BETTER.has(metric) ? was - is : is - was;
  return loss > (Math.abs(was) * marginPercent) / 100;
}

function readBaseline(file: string): Baseline {
  const json = readJson(file);
  const figures = new Map<string, Map<string, number>>();
  const { traceHash, variants } = (json ?? {}) as Record<string, unknown>;
  if (typeof traceHash !== "string" || !Array.isArray(variants)) {
    throw new CommandError(`${file}: is no baseline of a simulation`, ExitCode.config);
  }
  for (const variant of variants as unknown[]) {
    const { name, metrics } = (variant ?? {}) as Record<string, unknown>;
    const entries = Object.entries((metrics ?? {}) as Record<string, unknown>);
    const numbers = entries.filter(
      (entry): entry is [string, number] => typeof entry[1] === "number",
    );
    figures.set(typeof name === "string" ? name : "", new Map(numbers));
  }
  return { traceHash, figures };
}
