import { execFileSync } from "node:child_process";
import type { Restriction } from "../sim/restriction.ts";
import type { SwarmFailure, SwarmResult } from "../sim/swarm-run.ts";
import { formatCount } from "../monitor/quantities.ts";
import type { CarriageName, SimulationJob } from "./simulate-job.ts";
import { runJobs } from "./simulate-pool.ts";
import { progressBar } from "./simulate-progress.ts";

export interface SwarmOptions {
  readonly from: number;
  readonly seeds: number;
  readonly workers: number;
  readonly carriage: CarriageName;
}

export interface SwarmOutcome {
  readonly results: readonly SwarmResult[];
  readonly commitSeed: number;
}

/** Failures are told by one each; the rest of the seeds would mostly repeat them. */
const FAILURES_MAX = 5;

/** Seeds one after the other, and the seed of the commit before all others. */
export async function runSwarm(options: SwarmOptions): Promise<SwarmOutcome> {
  const { from, seeds, workers, carriage } = options;
  const commitSeed = seedOfCommit();
  const all = [commitSeed, ...Array.from({ length: seeds - 1 }, (_, at) => from + at)];
  const jobs = all.map((seed): SimulationJob => ({ kind: "swarm", seed, carriage }));
  const bar = progressBar("swarm");
  let failures = 0;
  const results = await runJobs(jobs, {
    workers,
    onProgress: (share) => bar.show(share),
    onResult: (result) => {
      if (result.kind === "swarm" && result.failure !== undefined) failures++;
      return failures < FAILURES_MAX ? "goOn" : "stop";
    },
  });
  bar.end();
  return { results: results.filter((result) => result.kind === "swarm"), commitSeed };
}

/** The first 32 bits of the commit hash: every commit tries a seed of its own. 1 without git. */
function seedOfCommit(): number {
  try {
    const hash = execFileSync("git", ["rev-parse", "HEAD"], {
      encoding: "utf8",
      stdio: ["ignore", "pipe", "ignore"],
    });
    return parseInt(hash.slice(0, 8), 16);
  } catch {
    return 1;
  }
}

/** `0-3,7` for `[0, 1, 2, 3, 7]`. */
function formatNumbers(numbers: readonly number[]): string {
  const spans: string[] = [];
  for (let at = 0; at < numbers.length;) {
    const first = numbers[at] ?? 0;
    let end = at;
    while (numbers[end + 1] === (numbers[end] ?? 0) + 1) end++;
    const last = numbers[end] ?? first;
    spans.push(first === last ? String(first) : `${first}-${last}`);
    at = end + 1;
  }
  return spans.length === 0 ? "none" : spans.join(",");
}

/** The other way round; undefined for anything that is no list of spans. */
export function parseNumbers(text: string): number[] | undefined {
  if (text === "none") return [];
  const numbers: number[] = [];
  for (const span of text.split(",")) {
    const match = /^(\d{1,6})(?:-(\d{1,6}))?$/.exec(span);
    if (match === null) return undefined;
    const first = Number(match[1]);
    const last = Number(match[2] ?? match[1]);
    for (let number = first; number <= last; number++) numbers.push(number);
  }
  return numbers;
}

const replayCommandOf = (seed: number, { nodes, events }: Restriction): string =>
  `voidgossip simulate replay --swarm ${seed} --only-nodes ${formatNumbers(nodes)} --only-events ${formatNumbers(events)}`;

function describe(seed: number, failure: SwarmFailure): string[] {
  const { checker, node, atMs, message, shrunk, shrunkFailure } = failure;
  const place = node === undefined ? "" : ` at node ${node}`;
  return [
    `seed ${seed}: ${checker}${place}, ${atMs} ms: ${message}`,
    `  shrunk to ${shrunk.nodes.length} nodes and ${shrunk.events.length} events: ${shrunkFailure.message}`,
    `  repeat: ${replayCommandOf(seed, shrunk)}`,
  ];
}

export function swarmAsText({ results, commitSeed }: SwarmOutcome, wallMs: number): string[] {
  const failures = results.flatMap(({ seed, failure }) =>
    failure === undefined ? [] : describe(seed, failure),
  );
  const steps = results.reduce((sum, result) => sum + result.steps, 0);
  return [
    ...failures,
    `${formatCount(results.length)} seeds, the commit's ${commitSeed} among them: ` +
      `${formatCount(steps)} steps of cores in ${(wallMs / 1_000).toFixed(1)} s`,
    failures.length === 0 ? "all laws kept" : "FAILED",
  ];
}

export function swarmAsJson({ results, commitSeed }: SwarmOutcome, wallMs: number): string {
  const failures = results.filter(({ failure }) => failure !== undefined);
  const told = failures.map(({ seed, failure, traceHash }) => ({
    seed,
    traceHash,
    ...failure,
    repeat: failure && replayCommandOf(seed, failure.shrunk),
  }));
  const seeds = results.length;
  return JSON.stringify(
    { seeds, commitSeed, wallMs: Math.round(wallMs), failures: told },
    undefined,
    2,
  );
}
