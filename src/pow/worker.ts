/** Entry of a worker thread: searches blocks of nonces until its pool ends it. */
import { readlinkSync } from "node:fs";
import { constants, setPriority } from "node:os";
import { parentPort, workerData } from "node:worker_threads";
import { KernelTrial } from "./kernel-trial.ts";
import { loadKernels, type Kernel } from "./kernels.ts";
import { mayPackVectors, packVectors } from "./vector-packing.ts";
import type { SearchCommand, SearchReply, WorkerSetup } from "./worker-messages.ts";

/** Between two calls the worker looks whether its search has ended: a cancel may take 20 ms. */
const callMsMin = 1;
const callMsMax = 3;
const callNoncesMin = 2 ** 8;
const callNoncesMax = 2 ** 16;

/**
 * Linux gives every thread a nice value of its own, and /proc/thread-self names the thread that
 * reads it. Everywhere else setPriority would slow the whole process, so nothing is done there.
 * Below normal and not lowest: at nice 19 any busy process would stretch a solve past its deadline.
 */
function lowerOwnPriority(): void {
  if (process.platform !== "linux") return;
  try {
    const thread = Number(readlinkSync("/proc/thread-self").split("/").at(-1));
    setPriority(thread, constants.priority.PRIORITY_BELOW_NORMAL);
  } catch {
    // No /proc, or a sandbox forbids it: the search runs at the priority of the process.
  }
}

class Searcher {
  readonly #setup: WorkerSetup;
  readonly #trial: KernelTrial;
  #callNonces = 2 ** 10;

  constructor(setup: WorkerSetup, trial: KernelTrial) {
    this.#setup = setup;
    this.#trial = trial;
  }

  run(command: SearchCommand): SearchReply {
    const outcome = this.#search(command);
    return { search: command.search, outcome, kernel: this.#trial.kernel.name };
  }

  #search(command: SearchCommand): SearchReply["outcome"] {
    for (let done = 0; done < command.count;) {
      if (Atomics.load(this.#setup.ended, 0) >= command.search) return { kind: "stopped" };
      const nonces = Math.min(this.#callNonces, command.count - done);
      const nonceLow = this.#call(command, command.start + done, nonces);
      if (nonceLow >= 0) return { kind: "found", nonceLow };
      done += nonces;
    }
    return { kind: "nothing" };
  }

  #call(command: SearchCommand, start: number, nonces: number): number {
    const { challengeHigh, challengeLow, nonceHigh, limit } = command;
    const startedAt = performance.now();
    const { search } = this.#trial.kernel;
    const nonceLow = search(challengeHigh, challengeLow, nonceHigh, start, nonces, limit);
    const tested = nonceLow < 0 ? nonces : ((nonceLow - start) >>> 0) + 1;
    Atomics.add(this.#setup.tested, 0, BigInt(tested));
    if (nonceLow < 0) this.#learn(nonces, performance.now() - startedAt);
    return nonceLow;
  }

  #learn(nonces: number, tookMs: number): void {
    if (!this.#trial.decided) this.#compete(nonces, tookMs);
    if (tookMs < callMsMin && nonces === this.#callNonces) {
      this.#callNonces = Math.min(this.#callNonces * 2, callNoncesMax);
    } else if (tookMs > callMsMax) {
      this.#callNonces = Math.max(this.#callNonces / 2, callNoncesMin);
    }
  }

  /** The trial is long enough for the optimised code to take over; nobody needs the flag after it. */
  #compete(nonces: number, tookMs: number): void {
    this.#trial.record(nonces, tookMs);
    if (this.#trial.decided && mayPack) packVectors("off");
  }
}

/** A kernel that was asked for, or those of which a trial may choose the fastest. */
function eligible({ name }: Kernel): boolean {
  if (setup.kernel !== undefined) return name === setup.kernel;
  return name !== "vectorWide" || mayPack;
}

if (parentPort === null) throw new Error("this file is the entry of a worker thread");
const pool = parentPort;
const setup = workerData as WorkerSetup;
lowerOwnPriority();
const mayPack = setup.vectors === "widest" && mayPackVectors();
if (mayPack) packVectors("on");
const kernels = await loadKernels(setup.module);
const searcher = new Searcher(setup, new KernelTrial(kernels.filter(eligible)));
pool.on("message", (command: SearchCommand) => {
  pool.postMessage(searcher.run(command));
});
