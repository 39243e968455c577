import { randomInt } from "node:crypto";
import { availableParallelism } from "node:os";
import { compileKernels, type KernelName } from "./kernels.ts";
import { lowNonces, NonceRanges, type NonceBlock } from "./nonce-ranges.ts";
import { PoolWorker } from "./pool-worker.ts";
import { digestLimit, isSolution, nonceOf } from "./proof.ts";
import { Search, type SolveJob, type SolveObserver, type SolveRequest } from "./search.ts";
import type { CompiledModule } from "./web-assembly.ts";
import type { SearchReply, VectorUse } from "./worker-messages.ts";

/** More threads than this hardly shorten a solve of a second and would slow the daemon's host. */
const workersMax = 4;
const idleTimeoutMsDefault = 10_000;
/** Blocks a worker holds, so that it need not wait for the daemon's event loop between two. */
const blocksPerWorker = 2;
/** Threads that die one after the other without any answer between: something is wrong for good. */
const lossesInARowMax = 8;

export interface SolverPoolOptions {
  /** Threads; default: one per core, at most 4. */
  readonly workers?: number | undefined;
  /** How long threads without work stay; default 10 s. */
  readonly idleTimeoutMs?: number | undefined;
  /** The only kernel to use; default: the fastest one here, found by trial. */
  readonly kernel?: KernelName | undefined;
  /** Default: widest. */
  readonly vectors?: VectorUse | undefined;
  /** Low nonce words per high word; default 2^32. Less makes exhaustion testable. */
  readonly lowNonces?: number | undefined;
  /** A thread died; its work goes on in a new one. */
  readonly onWorkerLost?: ((cause: string) => void) | undefined;
}

export function defaultWorkers(): number {
  return Math.min(availableParallelism(), workersMax);
}

type Engine =
  | { readonly kind: "notLoaded" }
  | { readonly kind: "loading" }
  | { readonly kind: "ready"; readonly module: CompiledModule | undefined };

/**
 * Solves challenges [protocol §3.2] in worker threads, one search at a time with all threads, in
 * the order they were asked for. Threads start with the first search and end when idle.
 */
export class SolverPool {
  readonly #options: SolverPoolOptions;
  readonly #workerCount: number;
  readonly #ended = new Int32Array(new SharedArrayBuffer(4));
  readonly #workers = new Set<PoolWorker>();
  readonly #waiting: Search[] = [];
  #engine: Engine = { kind: "notLoaded" };
  #lifecycle: "open" | "closed" = "open";
  #current: Search | undefined;
  #searches = 0;
  #lossesInARow = 0;
  #testedByGone = 0;
  #idleTimer: NodeJS.Timeout | undefined;
  #kernel: KernelName | undefined;

  constructor(options: SolverPoolOptions = {}) {
    this.#options = options;
    this.#workerCount = options.workers ?? defaultWorkers();
    if (!Number.isInteger(this.#workerCount) || this.#workerCount < 1) {
      throw new RangeError("a pool needs a whole number of workers, at least one");
    }
  }

  /** Threads that exist now. */
  get workers(): number {
    return this.#workers.size;
  }

  /** Ids of those threads, as `node:worker_threads` gives them. */
  get threadIds(): readonly number[] {
    return [...this.#workers].map((worker) => worker.threadId);
  }

  /** Nonces tested by all threads so far. */
  get tested(): number {
    return [...this.#workers].reduce((sum, worker) => sum + worker.tested, this.#testedByGone);
  }

  /** The kernel that answered last. */
  get kernel(): KernelName | undefined {
    return this.#kernel;
  }

  /**
   * Never calls the observer before it returned. A cancelled search calls it no more.
   * @throws RangeError when the request is not one.
   */
  solve(request: SolveRequest, observer: SolveObserver): SolveJob {
    this.#searches += 1;
    const ranges = new NonceRanges(
      request.nonceHigh,
      randomInt(2 ** 32),
      this.#options.lowNonces ?? lowNonces,
    );
    const search = new Search(this.#searches, request, observer, ranges);
    if (this.#lifecycle === "closed") {
      search.failSoon("closed");
    } else if (request.difficultyBits === 0) {
      search.findSoon(nonceOf(request.nonceHigh ?? 0, 0));
    } else {
      this.#waiting.push(search);
      this.#advance();
    }
    return { cancel: () => this.#cancel(search) };
  }

  /** Fails what is not solved yet with `closed`; done when all threads have ended. */
  async close(): Promise<void> {
    this.#lifecycle = "closed";
    const open = [...(this.#current === undefined ? [] : [this.#current]), ...this.#waiting];
    this.#current = undefined;
    this.#waiting.length = 0;
    for (const search of open) search.failSoon("closed");
    await this.#endWorkers();
  }

  #cancel(search: Search): void {
    search.cancel();
    if (search === this.#current) {
      this.#finishCurrent();
      return;
    }
    const index = this.#waiting.indexOf(search);
    if (index >= 0) this.#waiting.splice(index, 1);
  }

  /** Starts the next search when none is running. */
  #advance(): void {
    if (this.#current !== undefined) return;
    this.#current = this.#waiting.shift();
    if (this.#current === undefined) {
      this.#rest();
      return;
    }
    clearTimeout(this.#idleTimer);
    if (this.#engine.kind === "ready") this.#startCurrent(this.#engine.module);
    else if (this.#engine.kind === "notLoaded") this.#load();
  }

  #load(): void {
    this.#engine = { kind: "loading" };
    const loaded = (module: CompiledModule | undefined): void => {
      this.#engine = { kind: "ready", module };
      this.#startCurrent(module);
    };
    if (this.#options.kernel === "javascript") loaded(undefined);
    else void compileKernels().then(loaded);
  }

  #startCurrent(module: CompiledModule | undefined): void {
    const search = this.#current;
    if (search === undefined) return;
    while (this.#workers.size < this.#workerCount) this.#startWorker(module);
    for (const worker of this.#workers) worker.setBusy(true);
    search.begin(() => this.tested);
    this.#feedAll();
  }

  #startWorker(module: CompiledModule | undefined): void {
    const { kernel, vectors = "widest" } = this.#options;
    const worker = new PoolWorker(
      { module, kernel, vectors, ended: this.#ended },
      {
        onReply: (from, block, reply) => this.#onReply(from, block, reply),
        onLost: (from, cause) => this.#onLost(from, cause),
      },
    );
    this.#workers.add(worker);
  }

  /** One block for each in turn, so that a short search is shared too. */
  #feedAll(): void {
    for (let round = 1; round <= blocksPerWorker; round += 1) {
      for (const worker of this.#workers) this.#feed(worker, round);
    }
  }

  #feed(worker: PoolWorker, blocks: number): void {
    const search = this.#current;
    if (search === undefined) return;
    while (worker.assigned.filter((given) => given.search === search.number).length < blocks) {
      const block = search.ranges.take();
      if (block === undefined) return;
      worker.give(block, {
        search: search.number,
        ...search.challengeWords,
        nonceHigh: block.high,
        start: block.start,
        count: block.count,
        limit: digestLimit(search.request.difficultyBits),
      });
    }
  }

  #onReply(worker: PoolWorker, block: NonceBlock, reply: SearchReply): void {
    this.#lossesInARow = 0;
    this.#kernel = reply.kernel;
    const search = this.#current;
    if (search?.number !== reply.search) return;
    if (reply.outcome.kind === "found") {
      this.#onFound(search, nonceOf(block.high, reply.outcome.nonceLow));
      return;
    }
    this.#feed(worker, blocksPerWorker);
    const outstanding = [...this.#workers].some((other) =>
      other.assigned.some((given) => given.search === search.number),
    );
    if (!outstanding) {
      this.#finishCurrent();
      search.fail("exhausted");
    }
  }

  #onFound(search: Search, nonce: Uint8Array): void {
    const { challenge, difficultyBits } = search.request;
    if (!isSolution(challenge, nonce, difficultyBits)) {
      throw new Error(`the ${this.#kernel ?? ""} kernel found a nonce that is not a proof`);
    }
    this.#finishCurrent();
    search.find(nonce);
  }

  /** Before the observer hears of it, so that it may ask for the next search at once. */
  #finishCurrent(): void {
    if (this.#current !== undefined) Atomics.store(this.#ended, 0, this.#current.number);
    this.#current = undefined;
    queueMicrotask(() => this.#advance());
  }

  #onLost(worker: PoolWorker, cause: string): void {
    this.#workers.delete(worker);
    this.#testedByGone += worker.tested;
    this.#options.onWorkerLost?.(cause);
    const search = this.#current;
    if (search === undefined || this.#engine.kind !== "ready") return;
    for (const given of worker.assigned) {
      if (given.search === search.number) search.ranges.giveBack(given.block);
    }
    this.#lossesInARow += 1;
    if (this.#lossesInARow > lossesInARowMax) {
      this.#lossesInARow = 0;
      this.#finishCurrent();
      search.fail("workersLost");
      return;
    }
    this.#startWorker(this.#engine.module);
    this.#feedAll();
  }

  #rest(): void {
    for (const worker of this.#workers) worker.setBusy(false);
    clearTimeout(this.#idleTimer);
    this.#idleTimer = setTimeout(
      () => void this.#endWorkers(),
      this.#options.idleTimeoutMs ?? idleTimeoutMsDefault,
    ).unref();
  }

  async #endWorkers(): Promise<void> {
    clearTimeout(this.#idleTimer);
    const workers = [...this.#workers];
    this.#workers.clear();
    for (const worker of workers) this.#testedByGone += worker.tested;
    await Promise.all(workers.map((worker) => worker.end()));
  }
}
