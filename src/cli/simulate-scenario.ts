import { TraceHash } from "../sim/trace-hash.ts";
import { formatMetric, meanMetrics, METRIC_NAMES, METRICS } from "../sim/metrics.ts";
import type { Metrics, MetricName } from "../sim/metrics.ts";
import type { Expectation, Variant } from "../sim/scenario.ts";
import type { CarriageName, ScenarioResult, SimulationJob } from "./simulate-job.ts";
import { runJobs } from "./simulate-pool.ts";
import { progressBar } from "./simulate-progress.ts";
import { formatCount } from "../monitor/quantities.ts";
import { left, right, table } from "./table.ts";

/** All runs of one variant, and what they amount to. */
export interface VariantResult {
  readonly name: string;
  readonly nodes: number;
  readonly runs: readonly ScenarioResult[];
  readonly metrics: Metrics;
  readonly shown: readonly MetricName[];
  /** Figures that did not come out as the scenario says. */
  readonly surprises: readonly string[];
}

export interface ScenarioOutcome {
  readonly name: string;
  readonly about: string;
  readonly seed: number;
  readonly traceHash: string;
  readonly variants: readonly VariantResult[];
}

export interface ScenarioOptions {
  readonly seed: number;
  readonly runs: number;
  readonly workers: number;
  readonly carriage: CarriageName;
}

export async function runScenario(
  variants: readonly Variant[],
  { seed, runs, workers, carriage }: ScenarioOptions,
): Promise<ScenarioOutcome> {
  const jobs = variants.flatMap((variant) =>
    Array.from({ length: runs }, (_, run): SimulationJob => {
      const { name, scenario } = variant;
      return { kind: "scenario", variant: name, scenario, seed: seed + run, carriage };
    }),
  );
  const [first] = variants;
  const bar = progressBar(first?.scenario.name ?? "");
  const results = await runJobs(jobs, { workers, onProgress: (share) => bar.show(share) });
  bar.end();
  const scenarioResults = results.filter((result) => result.kind === "scenario");
  return {
    name: first?.scenario.name ?? "",
    about: first?.scenario.about ?? "",
    seed,
    traceHash: hashOfAll(scenarioResults.map(({ traceHash }) => traceHash)),
    variants: variants.map((variant, at) =>
      resultOf(variant, scenarioResults.slice(at * runs, (at + 1) * runs)),
    ),
  };
}

function resultOf({ name, scenario }: Variant, runs: readonly ScenarioResult[]): VariantResult {
  const metrics = meanMetrics(runs.map((run) => run.metrics));
  const surprises = scenario.expectations.flatMap((expected) => surprise(expected, metrics) ?? []);
  const shown = scenario.shown.length > 0 ? scenario.shown : USUALLY_SHOWN;
  return { name, nodes: scenario.nodes, runs, metrics, shown, surprises };
}

function surprise({ metric, min, max, why }: Expectation, metrics: Metrics): string | undefined {
  const value = metrics[metric];
  if (value >= min && value <= max) return undefined;
  const range = max === Infinity ? `at least ${min}` : `${min} to ${max}`;
  return `${metric} is ${formatMetric(metric, value)}, expected ${range}: ${why}`;
}

/** The fingerprint of one run is that run's own; of several, one over all of theirs in order. */
function hashOfAll(hashes: readonly string[]): string {
  const [only, ...others] = hashes;
  if (only !== undefined && others.length === 0) return only;
  const all = new TraceHash();
  for (const hash of hashes) {
    all.add(parseInt(hash.slice(0, 8), 16));
    all.add(parseInt(hash.slice(8), 16));
  }
  return all.digest();
}

export const isGood = ({ variants }: ScenarioOutcome): boolean =>
  variants.every(
    ({ runs, surprises }) =>
      surprises.length === 0 && runs.every(({ failure }) => failure === undefined),
  );

/** Without what depends on the machine: the same for everybody, fit to be committed. */
export function baselineOf(outcome: ScenarioOutcome): object {
  const { name, about, seed, traceHash } = outcome;
  return {
    scenario: name,
    about,
    seed,
    traceHash,
    variants: outcome.variants.map((variant) => ({
      name: variant.name,
      nodes: variant.nodes,
      runs: variant.runs.map((run) => ({
        seed: run.seed,
        traceHash: run.traceHash,
        failure: run.failure ?? null,
      })),
      metrics: variant.metrics,
      surprises: variant.surprises,
    })),
  };
}

export function asJson(outcome: ScenarioOutcome): string {
  const runs = outcome.variants.flatMap((variant) => variant.runs);
  const cost = {
    steps: runs.reduce((sum, { steps }) => sum + steps, 0),
    events: runs.reduce((sum, { events }) => sum + events, 0),
    runsMs: runs.reduce((sum, { wallMs }) => sum + wallMs, 0),
    rssMiBMax: Math.round(process.resourceUsage().maxRSS / 1_024),
  };
  return JSON.stringify({ ...baselineOf(outcome), cost }, undefined, 2);
}

/** What the table shows; the report and `--json` have all of it. */
const USUALLY_SHOWN: readonly MetricName[] = [
  "reliability",
  "redundancy",
  "hopsMean",
  "hopsLast",
  "latencyP50Ms",
  "latencyP99Ms",
  "isolatedNodes",
  "bytesOutPerNode",
  "stepsPerNode",
];

export function asText(
  outcome: ScenarioOutcome,
  repeat: (run: ScenarioResult) => string,
): string[] {
  const { name, about, seed, traceHash, variants } = outcome;
  const shown = variants[0]?.shown ?? USUALLY_SHOWN;
  const rows = variants.flatMap((variant) => rowsOf(variant, name, shown));
  const columns = [left("variant"), right("nodes"), right("runs"), ...shown.map(right)];
  const runs = variants.flatMap((variant) => variant.runs);
  const failures = runs.flatMap((run) =>
    run.failure === undefined ? [] : [...describeFailure(run), `  repeat: ${repeat(run)}`],
  );
  const surprises = variants.flatMap((variant) =>
    variant.surprises.map((text) => `unexpected${variant.name && ` (${variant.name})`}: ${text}`),
  );
  const steps = runs.reduce((sum, run) => sum + run.steps, 0);
  const wallMs = runs.reduce((sum, run) => sum + run.wallMs, 0);
  const microseconds = ((wallMs * 1_000) / Math.max(steps, 1)).toFixed(2);
  return [
    `${name}: ${about}`,
    "",
    ...table(columns, rows),
    "",
    ...failures,
    ...surprises,
    `seed ${seed}, trace hash ${traceHash}`,
    `${formatCount(steps)} steps of cores in ${(wallMs / 1_000).toFixed(1)} s, ${microseconds} us each; ` +
      `at most ${formatCount(Math.round(process.resourceUsage().maxRSS / 1_024))} MiB`,
    failures.length + surprises.length === 0 ? "all laws kept, all figures as expected" : "FAILED",
  ];
}

/** The mean of all runs; of several also the extremes. */
function rowsOf(
  { name, nodes, runs, metrics }: VariantResult,
  scenario: string,
  shown: readonly MetricName[],
): (string | number)[][] {
  const cells = (valueOf: (metric: MetricName) => number): string[] =>
    shown.map((metric) => formatMetric(metric, valueOf(metric)));
  const extreme = (choose: (...values: number[]) => number): string[] =>
    cells((metric) => choose(...runs.map((run) => run.metrics[metric])));
  return [
    [name || scenario, formatCount(nodes), runs.length, ...cells((metric) => metrics[metric])],
    ...(runs.length > 1
      ? [
          ["  lowest", "", "", ...extreme(Math.min)],
          ["  highest", "", "", ...extreme(Math.max)],
        ]
      : []),
  ];
}

function describeFailure({ variant, seed, failure }: ScenarioResult): string[] {
  if (failure === undefined) return [];
  const place = failure.node === undefined ? "" : ` at node ${failure.node}`;
  const where = variant === "" ? "" : ` (${variant})`;
  return [
    `law broken${where}: ${failure.checker}${place}, ${failure.atMs} ms: ${failure.message} [seed ${seed}]`,
  ];
}

/** What each metric means, for the help text and the report. */
export const METRIC_MEANINGS: readonly string[] = METRIC_NAMES.map(
  (name) => `  ${name.padEnd(22)}${METRICS[name].about}`,
);
