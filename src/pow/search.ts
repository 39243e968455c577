import type { NonceRanges } from "./nonce-ranges.ts";
import { challengeBytes, difficultyBitsMax } from "./proof.ts";

export interface SolveRequest {
  /** 8 bytes. */
  readonly challenge: Uint8Array;
  /** 0 to 28 [protocol §3.2]; 0 is solved by any nonce. */
  readonly difficultyBits: number;
  /** The high 32 bits of the nonce [protocol §6.2]; without it all nonces are searched. */
  readonly nonceHigh?: number | undefined;
}

export interface SolveProgress {
  /** Nonces tested for this search. */
  readonly hashes: number;
  readonly hashesPerSecond: number;
  /** Expected, however long it has been running: a search does not remember its failures. */
  readonly secondsLeft: number;
}

export type SolveFailure =
  /** No nonce with the given high word is a proof. */
  | "exhausted"
  /** The pool was closed. */
  | "closed"
  /** Threads die as fast as they are started. */
  | "workersLost";

export interface SolveObserver {
  /** 8 bytes, checked with node:crypto. */
  onFound(nonce: Uint8Array): void;
  onFailed(reason: SolveFailure): void;
  /** Four times a second at most, while the search runs. */
  onProgress?(progress: SolveProgress): void;
}

export interface SolveJob {
  /** From here on the observer is not called any more; the threads stop within milliseconds. */
  cancel(): void;
}

const progressIntervalMs = 250;

type State =
  | { readonly kind: "waiting" }
  | { readonly kind: "running"; readonly progressTimer: NodeJS.Timeout | undefined }
  | { readonly kind: "over" };

/** One request from its arrival to the one call that ends it. */
export class Search {
  readonly number: number;
  readonly request: SolveRequest;
  readonly ranges: NonceRanges;
  readonly challengeWords: { readonly challengeHigh: number; readonly challengeLow: number };
  readonly #observer: SolveObserver;
  #state: State = { kind: "waiting" };

  constructor(number: number, request: SolveRequest, observer: SolveObserver, ranges: NonceRanges) {
    assertRequest(request);
    this.number = number;
    // A copy: the caller may reuse its bytes while the search waits.
    const challenge = Uint8Array.from(request.challenge);
    this.request = { ...request, challenge };
    this.ranges = ranges;
    const view = new DataView(challenge.buffer);
    this.challengeWords = { challengeHigh: view.getUint32(0), challengeLow: view.getUint32(4) };
    this.#observer = observer;
  }

  /** @param tested how many nonces the pool has tested so far, for all its searches. */
  begin(tested: () => number): void {
    const startedAtMs = performance.now();
    const testedBefore = tested();
    const report = (): void => {
      const hashes = tested() - testedBefore;
      const hashesPerSecond = (hashes / (performance.now() - startedAtMs)) * 1000;
      const secondsLeft = 2 ** this.request.difficultyBits / hashesPerSecond;
      this.#observer.onProgress?.({ hashes, hashesPerSecond, secondsLeft });
    };
    const progressTimer =
      this.#observer.onProgress === undefined
        ? undefined
        : setInterval(report, progressIntervalMs).unref();
    this.#state = { kind: "running", progressTimer };
  }

  find(nonce: Uint8Array): void {
    if (this.#end()) this.#observer.onFound(nonce);
  }

  fail(reason: SolveFailure): void {
    if (this.#end()) this.#observer.onFailed(reason);
  }

  /** For results that are known while `solve` still runs. */
  findSoon(nonce: Uint8Array): void {
    queueMicrotask(() => this.find(nonce));
  }

  failSoon(reason: SolveFailure): void {
    queueMicrotask(() => this.fail(reason));
  }

  cancel(): void {
    this.#end();
  }

  /** @returns whether it was not over before. */
  #end(): boolean {
    if (this.#state.kind === "over") return false;
    if (this.#state.kind === "running") clearInterval(this.#state.progressTimer);
    this.#state = { kind: "over" };
    return true;
  }
}

function assertRequest({ challenge, difficultyBits, nonceHigh }: SolveRequest): void {
  if (challenge.length !== challengeBytes) throw new RangeError("a challenge has 8 bytes");
  if (
    !Number.isInteger(difficultyBits) ||
    difficultyBits < 0 ||
    difficultyBits > difficultyBitsMax
  ) {
    throw new RangeError(`difficulty bits are a whole number from 0 to ${difficultyBitsMax}`);
  }
  if (nonceHigh !== undefined && nonceHigh >>> 0 !== nonceHigh) {
    throw new RangeError("the high word of a nonce is an unsigned 32-bit number");
  }
}
