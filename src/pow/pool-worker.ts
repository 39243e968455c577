import { Worker } from "node:worker_threads";
import type { NonceBlock } from "./nonce-ranges.ts";
import type { SearchCommand, SearchReply, WorkerSetup } from "./worker-messages.ts";

export interface PoolWorkerEvents {
  onReply(worker: PoolWorker, block: NonceBlock, reply: SearchReply): void;
  /** The thread is gone without having been asked to end. */
  onLost(worker: PoolWorker, cause: string): void;
}

export interface AssignedBlock {
  readonly search: number;
  readonly block: NonceBlock;
}

/** The pool's side of one worker thread: what it was given and has not answered yet. */
export class PoolWorker {
  readonly #worker: Worker;
  readonly #tested = new BigUint64Array(new SharedArrayBuffer(8));
  /** Oldest first, which is the order of the replies. */
  readonly #assigned: AssignedBlock[] = [];
  #end: "not asked" | "asked" = "not asked";

  constructor(setup: Omit<WorkerSetup, "tested">, events: PoolWorkerEvents) {
    const workerData: WorkerSetup = { ...setup, tested: this.#tested };
    this.#worker = new Worker(new URL("./worker.js", import.meta.url), { workerData });
    let cause = "it ended by itself";
    this.#worker.on("error", (error: unknown) => {
      cause = error instanceof Error ? error.message : String(error);
    });
    this.#worker.on("exit", () => {
      if (this.#end === "not asked") events.onLost(this, cause);
    });
    this.#worker.on("message", (reply: SearchReply) => {
      const assigned = this.#assigned.shift();
      if (assigned?.search !== reply.search) throw new Error("a worker answers in order");
      events.onReply(this, assigned.block, reply);
    });
  }

  get assigned(): readonly AssignedBlock[] {
    return this.#assigned;
  }

  /** Nonces tested since the thread started. */
  get tested(): number {
    return Number(Atomics.load(this.#tested, 0));
  }

  /** The id by which `node:worker_threads` names the thread. */
  get threadId(): number {
    return this.#worker.threadId;
  }

  give(block: NonceBlock, command: SearchCommand): void {
    this.#assigned.push({ search: command.search, block });
    this.#worker.postMessage(command);
  }

  /** A busy worker keeps the process alive, an idle one does not. */
  setBusy(busy: boolean): void {
    if (busy) this.#worker.ref();
    else this.#worker.unref();
  }

  async end(): Promise<void> {
    this.#end = "asked";
    await this.#worker.terminate();
  }
}
