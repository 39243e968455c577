/** Nonces per block handed to a worker: 0.3 s of work at 14 million/s, so messages cost nothing. */
const blockNonces = 2 ** 22;
export const lowNonces: number = 2 ** 32;

/** Consecutive nonces below one high word. Blocks of one search never overlap. */
export interface NonceBlock {
  readonly high: number;
  readonly start: number;
  readonly count: number;
}

/** Which part of the nonces of one search nobody has got yet. */
export class NonceRanges {
  readonly #mayMoveOn: boolean;
  readonly #lowNonces: number;
  readonly #returned: NonceBlock[] = [];
  #high: number;
  #low = 0;

  /**
   * @param marker the only high word to search below [protocol §6.2], or undefined: then the search
   *   starts at `randomHigh` and moves on when all low words were tried.
   * @param lowWords how many low words there are; less than 2^32 only in tests of exhaustion.
   */
  constructor(marker: number | undefined, randomHigh: number, lowWords: number) {
    this.#mayMoveOn = marker === undefined;
    this.#high = marker ?? randomHigh;
    this.#lowNonces = lowWords;
  }

  /** @returns undefined when everything was handed out. */
  take(): NonceBlock | undefined {
    const returned = this.#returned.pop();
    if (returned !== undefined) return returned;
    if (this.#low === this.#lowNonces) {
      if (!this.#mayMoveOn) return undefined;
      this.#high = (this.#high + 1) >>> 0;
      this.#low = 0;
    }
    const count = Math.min(blockNonces, this.#lowNonces - this.#low);
    const block: NonceBlock = { high: this.#high, start: this.#low, count };
    this.#low += count;
    return block;
  }

  /** A block whose worker died: somebody else has to search it. */
  giveBack(block: NonceBlock): void {
    this.#returned.push(block);
  }
}
