import { randomBytes } from "node:crypto";
import { difficultyBitsMax } from "./proof.ts";
import type { KernelName } from "./kernels.ts";
import type { SolveJob } from "./search.ts";
import { SolverPool } from "./solver-pool.ts";

export interface MeasureRequest {
  readonly workers: number;
  readonly measuredMs: number;
  readonly kernel?: KernelName | undefined;
}

export interface MeasuredRate {
  readonly workers: number;
  readonly hashesPerSecond: number;
  /** The kernel that won the trial here. */
  readonly kernel: KernelName;
}

/** From the first nonce: threads choose their kernel within some 200 ms, which is not part of the rate. */
const warmUpMs = 400;
const pollMs = 10;

const pause = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));

/** How fast a pool is on this machine, by letting it solve the hardest challenges. */
export async function measureRate(request: MeasureRequest): Promise<MeasuredRate> {
  const { workers, kernel } = request;
  const pool = new SolverPool({ workers, kernel });
  try {
    const load = new Load(pool);
    while (pool.tested === 0 && !load.hasFailed) await pause(pollMs);
    await pause(warmUpMs);
    const testedBefore = pool.tested;
    const startedAtMs = performance.now();
    await pause(request.measuredMs);
    const hashes = pool.tested - testedBefore;
    const seconds = (performance.now() - startedAtMs) / 1000;
    load.end();
    // Its answer comes after those to the load, which say which kernel it was.
    await solved(pool, 1);
    if (pool.kernel === undefined) throw new Error("a search was answered by no kernel");
    return { workers, hashesPerSecond: hashes / seconds, kernel: pool.kernel };
  } finally {
    await pool.close();
  }
}

function solved(pool: SolverPool, difficultyBits: number): Promise<Uint8Array> {
  return new Promise((resolve, reject) => {
    pool.solve(
      { challenge: randomBytes(8), difficultyBits },
      { onFound: resolve, onFailed: (reason) => reject(new Error(`no proof: ${reason}`)) },
    );
  });
}

/** One search after the other, each of 10 s and more on the fastest machines. */
class Load {
  readonly #pool: SolverPool;
  #job: SolveJob;
  #outcome: "open" | "failed" = "open";

  constructor(pool: SolverPool) {
    this.#pool = pool;
    this.#job = this.#solve();
  }

  get hasFailed(): boolean {
    return this.#outcome === "failed";
  }

  end(): void {
    this.#job.cancel();
  }

  #solve(): SolveJob {
    return this.#pool.solve(
      { challenge: randomBytes(8), difficultyBits: difficultyBitsMax },
      {
        onFound: () => {
          this.#job = this.#solve();
        },
        // The search that follows in `measureRate` fails for the same reason and reports it.
        onFailed: () => {
          this.#outcome = "failed";
        },
      },
    );
  }
}
