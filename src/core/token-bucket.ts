import type { Instant } from "./ports.ts";

/** Something that may be done `burst` times at once and then once every `intervalMs`. */
export class TokenBucket {
  readonly #burst: number;
  readonly #intervalMs: number;
  /** When all that was taken would have been earned at the long-run rate. */
  #paidUntil = Number.NEGATIVE_INFINITY;

  constructor(burst: number, intervalMs: number) {
    this.#burst = burst;
    this.#intervalMs = intervalMs;
  }

  has(now: Instant): boolean {
    return this.#paidUntil - now <= (this.#burst - 1) * this.#intervalMs;
  }

  /** Takes one, if there is one. */
  take(now: Instant): boolean {
    if (!this.has(now)) return false;
    this.#paidUntil = Math.max(this.#paidUntil, now) + this.#intervalMs;
    return true;
  }

  /** Gives one back. */
  refund(): void {
    this.#paidUntil -= this.#intervalMs;
  }

  /** When there is one again. */
  availableAt(): Instant {
    return (this.#paidUntil - (this.#burst - 1) * this.#intervalMs) as Instant;
  }
}
