import { Worker } from "node:worker_threads";
import type { SimulationJob, SimulationResult } from "./simulate-job.ts";

export interface PoolOptions {
  readonly workers: number;
  /** Share of all jobs done, 0 to 1. */
  readonly onProgress: (share: number) => void;
  /** Whether the rest is worth while after this result. */
  readonly onResult?: (result: SimulationResult) => "goOn" | "stop";
}

/** What a thread says: how far it is with its job, and at last what came of it. */
export type ThreadMessage =
  | { readonly kind: "progress"; readonly share: number }
  | { readonly kind: "done"; readonly result: SimulationResult };

/**
 * A simulation makes millions of objects that live for one network latency. With V8's usual young
 * generation they are promoted before they die: 10,000 nodes took 53 s of processor time, and 39 s with
 * a semi-space of 64 MiB, which is a third of the young generation.
 */
const YOUNG_MIB = 192;
/**
 * The nearer its heap is to the limit, the harder V8 collects. 10,000 nodes with degree 8 and 20 items
 * live on 1.4 GiB, and need 0.3 GiB more without a limit.
 */
const OLD_MIB_MIN = 1_400;
const OLD_MIB_PER_NODE = 0.14;

/**
 * Makes all runs, on as many threads as there are cores for; results in the order of the jobs. Jobs
 * are independent of each other, so their results do not depend on the threads.
 */
export async function runJobs(
  jobs: readonly SimulationJob[],
  options: PoolOptions,
): Promise<SimulationResult[]> {
  const results: (SimulationResult | undefined)[] = jobs.map(() => undefined);
  const shares = jobs.map(() => 0);
  let next = 0;
  const note = (at: number, share: number): void => {
    shares[at] = share;
    options.onProgress(shares.reduce((sum, each) => sum + each, 0) / jobs.length);
  };
  const work = async (thread: Worker): Promise<void> => {
    while (next < jobs.length) {
      const at = next++;
      const result = await ask(thread, jobs[at], (share) => note(at, share));
      results[at] = result;
      note(at, 1);
      if (options.onResult?.(result) === "stop") next = jobs.length;
    }
  };
  const nodesMax = jobs.reduce((most, job) => Math.max(most, nodesOf(job)), 0);
  const threads = Array.from({ length: Math.min(options.workers, jobs.length) }, () =>
    newThread(Math.max(OLD_MIB_MIN, nodesMax * OLD_MIB_PER_NODE)),
  );
  try {
    await Promise.all(threads.map(work));
  } finally {
    await Promise.all(threads.map((thread) => thread.terminate()));
  }
  return results.filter((result) => result !== undefined);
}

const nodesOf = (job: SimulationJob): number => (job.kind === "scenario" ? job.scenario.nodes : 0);

const newThread = (oldMiB: number): Worker =>
  new Worker(new URL("./simulate-worker.js", import.meta.url), {
    resourceLimits: { maxYoungGenerationSizeMb: YOUNG_MIB, maxOldGenerationSizeMb: oldMiB },
  });

function ask(
  thread: Worker,
  job: SimulationJob | undefined,
  onProgress: (share: number) => void,
): Promise<SimulationResult> {
  return new Promise((resolve, reject) => {
    const onMessage = (message: ThreadMessage): void => {
      if (message.kind === "progress") {
        onProgress(message.share);
        return;
      }
      thread.off("message", onMessage);
      thread.off("error", reject);
      resolve(message.result);
    };
    thread.on("message", onMessage);
    thread.once("error", reject);
    thread.postMessage(job);
  });
}
