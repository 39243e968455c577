import type { Instant } from "./ports.ts";

/** Seconds' worth of reading a link may do at once [protocol §4.11]. */
const BURST_SECONDS = 4;

/**
 * How much one link may be read: frames and bytes a second, with bursts. Enforced by not reading, never
 * by dropping, so a budget only says how long to wait. A rate of 0 is no limit.
 */
export class ReadBudget {
  readonly #frames: Bucket;
  readonly #bytes: Bucket;

  constructor(framesPerSecond: number, bytesPerSecond: number, now: Instant) {
    this.#frames = new Bucket(framesPerSecond, now);
    this.#bytes = new Bucket(bytesPerSecond, now);
  }

  /** Pays for one frame that was read. Returns for how many ms reading must stop, 0 for none. */
  spend(frameBytes: number, now: Instant): number {
    return Math.max(this.#frames.spend(1, now), this.#bytes.spend(frameBytes, now));
  }
}

class Bucket {
  readonly #perSecond: number;
  #level: number;
  #filledAt: Instant;

  constructor(perSecond: number, now: Instant) {
    this.#perSecond = perSecond;
    this.#level = perSecond * BURST_SECONDS;
    this.#filledAt = now;
  }

  spend(amount: number, now: Instant): number {
    if (this.#perSecond === 0) return 0;
    const refill = ((now - this.#filledAt) * this.#perSecond) / 1_000;
    this.#level = Math.min(this.#perSecond * BURST_SECONDS, this.#level + refill) - amount;
    this.#filledAt = now;
    return this.#level >= 0 ? 0 : Math.ceil((-this.#level * 1_000) / this.#perSecond);
  }
}
