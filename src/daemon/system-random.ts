import { randomFillSync } from "node:crypto";
import type { Random } from "../core/ports.ts";

/** One call into the CSPRNG costs microseconds, whatever it fetches; this many bytes at once. A guess. */
const POOL_BYTES = 4_096;
const WORD_BYTES = 4;
const WORD_BOUND = 2 ** 32;

/**
 * The operating system's randomness, fetched in blocks. Nobody can predict it, so challenges and
 * message ids made of it cannot be guessed [protocol §3.1].
 */
export class SystemRandom implements Random {
  readonly #pool = new DataView(new ArrayBuffer(POOL_BYTES));
  #position: number = POOL_BYTES;

  below(bound: number): number {
    if (!Number.isInteger(bound) || bound < 1 || bound > WORD_BOUND) {
      throw new RangeError(`a bound is a whole number from 1 to 2^32, got ${bound}`);
    }
    // Words at and above the largest multiple of the bound would favour small results.
    const fairBound = WORD_BOUND - (WORD_BOUND % bound);
    let word = this.#word();
    while (word >= fairBound) word = this.#word();
    return word % bound;
  }

  bytes(length: number): Uint8Array {
    return randomFillSync(new Uint8Array(length));
  }

  /** The same source: its streams are independent of one another whatever they are called. */
  fork(): Random {
    return this;
  }

  #word(): number {
    if (this.#position + WORD_BYTES > POOL_BYTES) {
      randomFillSync(this.#pool);
      this.#position = 0;
    }
    const word = this.#pool.getUint32(this.#position);
    this.#position += WORD_BYTES;
    return word;
  }
}
