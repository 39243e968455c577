import type { Kernel, Search } from "./kernels.ts";

const callsPerKernelMin = 16;
/**
 * All calls together. Optimised code takes over after one or two calls of 2^10 nonces or more, that of
 * vectorWide after 15 ms of its own on an idle machine.
 */
const trialMsMin = 150;
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
 * difference between them. Which one wins depends on engine and processor
 * (docs/decisions/0003-proof-of-work-kernel.md), hence no rule by version. The winner must find what the
 * first kernel finds: a wrong one would not lie, since every nonce is checked, but miss.
 */
export class KernelTrial {
  readonly #contestants: readonly Contestant[];
  #state: State = { kind: "running", turn: 0 };
  #elapsedMs = 0;

  constructor(kernels: readonly Kernel[]) {
    if (kernels.length === 0) throw new Error("there is no kernel to choose from");
    this.#contestants = kernels.map((kernel) => ({ kernel, rates: [] }));
  }

  get decided(): boolean {
    return this.#state.kind === "decided";
  }

  /** The kernel to call next. */
  get kernel(): Kernel {
    if (this.#state.kind === "decided") return this.#state.kernel;
    return this.#contestantOf(this.#state.turn).kernel;
  }

  /** What the last call of `kernel` tested. */
  record(nonces: number, tookMs: number): void {
    if (this.#state.kind === "decided") return;
    const { turn } = this.#state;
    this.#contestantOf(turn).rates.push(nonces / tookMs);
    this.#elapsedMs += tookMs;
    const mayEnd = turn + 1 >= callsPerKernelMin * this.#contestants.length;
    this.#state =
      mayEnd && this.#elapsedMs >= trialMsMin
        ? { kind: "decided", kernel: this.#fastest() }
        : { kind: "running", turn: turn + 1 };
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
    const [reference] = this.#contestants;
    const ranking = this.#contestants.toSorted((one, other) => best(other) - best(one));
    const winner = ranking.find(
      ({ kernel }) => reference !== undefined && agree(kernel.search, reference.kernel.search),
    );
    if (winner === undefined) throw new Error("a kernel agrees with itself");
    return winner.kernel;
  }
}

/** Sixteen hits for each of eight lanes on average, in 2 ms or less. */
const noncesCompared = 2 ** 14;
const limitCompared = 2 ** 25;

function agree(one: Search, other: Search): boolean {
  const hit = (search: Search, start: number): number => {
    const found = search(1, 2, 3, start, noncesCompared - start, limitCompared);
    // The count is rounded up by every kernel in its own way.
    return found < 0 ? noncesCompared : Math.min(found, noncesCompared);
  };
  for (let start = 0; start < noncesCompared;) {
    const found = hit(one, start);
    if (found !== hit(other, start)) return false;
    start = found + 1;
  }
  return true;
}
