import type { Kernel } from "./kernels.ts";

/** Calls per kernel. The optimised code takes over after one or two calls of 2^10 nonces or more. */
const callsPerKernel = 16;
/** Only the later half counts, when the code is the optimised one. */
const callsMeasured = 8;

interface Contestant {
  readonly kernel: Kernel;
  readonly rates: number[];
}

type State =
  | { readonly kind: "running"; readonly turn: number }
  | { readonly kind: "decided"; readonly kernel: Kernel };

/**
 * Chooses among kernels by letting them take turns at real work, so that nothing is wasted but the
 * difference between them. Which one wins depends on engine and processor (Node 20: vectorShort,
 * Node 24: hybrid; docs/decisions/0003-proof-of-work-kernel.md), hence no rule by version.
 */
export class KernelTrial {
  readonly #contestants: readonly Contestant[];
  #state: State;

  constructor(kernels: readonly Kernel[]) {
    const [first] = kernels;
    if (first === undefined) throw new Error("there is no kernel to choose from");
    this.#contestants = kernels.map((kernel) => ({ kernel, rates: [] }));
    this.#state =
      kernels.length === 1 ? { kind: "decided", kernel: first } : { kind: "running", turn: 0 };
  }

  get decided(): boolean {
    return this.#state.kind === "decided";
  }

  /** The kernel to call next. */
  get kernel(): Kernel {
    if (this.#state.kind === "decided") return this.#state.kernel;
    return this.#contestantOf(this.#state.turn).kernel;
  }

  /** What the last call of `kernel` reached, in nonces per millisecond. */
  record(rate: number): void {
    if (this.#state.kind === "decided") return;
    const { turn } = this.#state;
    this.#contestantOf(turn).rates.push(rate);
    this.#state =
      turn + 1 < callsPerKernel * this.#contestants.length
        ? { kind: "running", turn: turn + 1 }
        : { kind: "decided", kernel: this.#fastest() };
  }

  #contestantOf(turn: number): Contestant {
    const contestant = this.#contestants[turn % this.#contestants.length];
    if (contestant === undefined) throw new Error("a turn belongs to a contestant");
    return contestant;
  }

  /** By the best call: interruptions only ever make a call slower. */
  #fastest(): Kernel {
    const best = (contestant: Contestant): number =>
      Math.max(...contestant.rates.slice(-callsMeasured));
    return this.#contestants.reduce((winner, other) =>
      best(other) > best(winner) ? other : winner,
    ).kernel;
  }
}
