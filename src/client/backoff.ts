/**
 * Delays between attempts to connect: doubling from `delayMinMs` to `delayMaxMs`. Half of each delay is
 * random, so that the modules of a host do not all come back in the same instant.
 */
export class Backoff {
  readonly #delayMinMs: number;
  readonly #delayMaxMs: number;
  readonly #random: () => number;
  #ceilingMs: number;

  /** @param random uniform in [0, 1). */
  constructor(delayMinMs: number, delayMaxMs: number, random: () => number) {
    this.#delayMinMs = delayMinMs;
    this.#delayMaxMs = delayMaxMs;
    this.#random = random;
    this.#ceilingMs = delayMinMs;
  }

  nextDelayMs(): number {
    const ceilingMs = this.#ceilingMs;
    this.#ceilingMs = Math.min(ceilingMs * 2, this.#delayMaxMs);
    return Math.round(ceilingMs * (0.5 + this.#random() / 2));
  }

  reset(): void {
    this.#ceilingMs = this.#delayMinMs;
  }
}
