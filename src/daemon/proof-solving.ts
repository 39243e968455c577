import type { Input, ProofFailure } from "../core/input.ts";
import type { LinkId } from "../core/ports.ts";
import type { Puzzle } from "./driver.ts";
import type { SolveFailure, SolveJob, SolveProgress, SolverPool } from "../pow/index.ts";

/** How far the solution of the puzzle of one link is. */
export interface ProofProgress extends SolveProgress {
  readonly link: LinkId;
  readonly difficultyBits: number;
}

export interface ProofSolvingListener {
  /** The outcome, for the core. */
  onOutcome(input: Input): void;
  onStarted(): void;
  onProgress(progress: ProofProgress): void;
  /** Found, or cancelled because the other end would wait no longer. */
  onEnded(link: LinkId): void;
  /** A proof was found; how long that took. */
  onFound(afterMs: number): void;
}

interface Solving {
  readonly link: LinkId;
  readonly job: SolveJob;
  progress: ProofProgress;
}

/** The proof the core wants, of which there is never more than one, on its way through the solver. */
export class ProofSolving {
  readonly #solver: Pick<SolverPool, "solve" | "close">;
  readonly #listener: ProofSolvingListener;
  #current: Solving | undefined;

  constructor(solver: Pick<SolverPool, "solve" | "close">, listener: ProofSolvingListener) {
    this.#solver = solver;
    this.#listener = listener;
  }

  /** How far it is, while a proof is being computed. */
  get progress(): ProofProgress | undefined {
    return this.#current?.progress;
  }

  solve(link: LinkId, { challenge, difficultyBits, nonceHigh }: Puzzle): void {
    const startedAt = performance.now();
    const job = this.#solver.solve(
      { challenge, difficultyBits, nonceHigh },
      {
        onFound: (nonce) => {
          this.#listener.onEnded(link);
          this.#listener.onFound(Math.round(performance.now() - startedAt));
          this.#end({ kind: "proofFound", link, nonce });
        },
        onFailed: (reason) => {
          this.#end({ kind: "proofFailed", link, reason: PROOF_FAILURES[reason] });
        },
        onProgress: (progress) => this.#onProgress({ ...progress, link, difficultyBits }),
      },
    );
    this.#listener.onStarted();
    const begun = { hashes: 0, hashesPerSecond: 0, secondsLeft: Infinity };
    this.#current = { link, job, progress: { ...begun, link, difficultyBits } };
  }

  cancel(link: LinkId): void {
    if (this.#current?.link !== link) return;
    this.#current.job.cancel();
    this.#listener.onEnded(link);
    this.#current = undefined;
  }

  /** Resolves when no thread is left. */
  async close(): Promise<void> {
    if (this.#current !== undefined) this.cancel(this.#current.link);
    await this.#solver.close();
  }

  #end(outcome: Input): void {
    this.#current = undefined;
    this.#listener.onOutcome(outcome);
  }

  #onProgress(progress: ProofProgress): void {
    if (this.#current !== undefined) this.#current.progress = progress;
    this.#listener.onProgress(progress);
  }
}

const PROOF_FAILURES: Readonly<Record<SolveFailure, ProofFailure>> = {
  exhausted: "exhausted",
  closed: "solverFailed",
  workersLost: "solverFailed",
};
