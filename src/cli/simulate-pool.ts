import { Worker } from "node:worker_threads";
import { ExitCode } from "../daemon/gossip-error.ts";
import { CommandError } from "./failure.ts";
import type { SimulationJob, SimulationResult } from "./simulate-job.ts";

export interface PoolOptions {
  readonly workers: number;
  /** Share of all jobs done, 0 to 1. */
  readonly onProgress: (share: number) => void;
  /** Whether the rest is worth while after this result. */
  readonly onResult?: (result: SimulationResult) => "goOn" | "stop";
  /** Heap of each thread, in MiB, instead of what the number of nodes asks for. */
  readonly heapMiB?: number;
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
/** Address books and all that was dialled: 10,000 nodes, of which 2,000 with a core, took 3.1 GiB. */
const OVERLAY_OLD_MIB_PER_NODE = 0.8;

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
  const heapMiB =
    options.heapMiB ?? jobs.reduce((most, job) => Math.max(most, heapMiBFor(job)), OLD_MIB_MIN);
  const threads = Array.from({ length: Math.min(options.workers, jobs.length) }, () =>
    newThread(heapMiB),
  );
  try {
    await Promise.all(threads.map(work));
  } catch (error) {
    throw isOutOfMemory(error) ? outOfMemory(heapMiB) : error;
  } finally {
    await Promise.all(threads.map((thread) => thread.terminate()));
  }
  return results.filter((result) => result !== undefined);
}

function heapMiBFor(job: SimulationJob): number {
  if (job.kind === "swarm") return 0;
  const { nodes, linking } = job.scenario;
  return nodes * (linking === "overlay" ? OVERLAY_OLD_MIB_PER_NODE : OLD_MIB_PER_NODE);
}

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

const isOutOfMemory = (error: unknown): boolean =>
  error instanceof Error && "code" in error && error.code === "ERR_WORKER_OUT_OF_MEMORY";

const outOfMemory = (heapMiB: number): CommandError =>
  new CommandError(
    `a run needs more than ${Math.round(heapMiB)} MiB of memory: play fewer nodes (--nodes), or fewer items`,
    ExitCode.negative,
  );
