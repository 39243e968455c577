import type { Random } from "../core/ports.ts";
import { EXPONENTIAL_QUANTILES, EXPONENTIAL_UNIT } from "./exponential-table.ts";

const WORD_VALUES = 2 ** 32;

/**
 * The only source of chance in a simulation: xoshiro128** of Blackman and Vigna (2018), integers only,
 * so that every engine draws the same.
 *
 * A fork depends on the label and on where its parent came from, never on what was drawn before: a new
 * draw in one place changes no other stream, and a node keeps its stream when others are left out.
 * The same label forked twice from one stream gives the same stream twice.
 */
export class RandomStream implements Random {
  readonly #lineageHigh: number;
  readonly #lineageLow: number;
  #a: number;
  #b: number;
  #c: number;
  #d: number;

  constructor(seed: number, lineage = 0) {
    this.#lineageHigh = seed | 0;
    this.#lineageLow = lineage | 0;
    const base = mix(this.#lineageHigh ^ 0x9e3779b9);
    this.#a = mix(base ^ this.#lineageLow);
    this.#b = mix(this.#a + 0x6a09e667);
    this.#c = mix(this.#b ^ base);
    // A state of all zeros would stay there for ever.
    this.#d = mix(this.#c + this.#lineageLow) | 1;
  }

  /** 32 random bits as a signed integer. */
  bits(): number {
    const scrambled = Math.imul(this.#b, 5);
    const result = Math.imul((scrambled << 7) | (scrambled >>> 25), 9);
    const shifted = this.#b << 9;
    this.#c ^= this.#a;
    this.#d ^= this.#b;
    this.#b ^= this.#c;
    this.#a ^= this.#d;
    this.#c ^= shifted;
    this.#d = (this.#d << 11) | (this.#d >>> 21);
    return result;
  }

  /** Without bias: draws beyond the largest multiple of `bound` are repeated. */
  below(bound: number): number {
    const limit = WORD_VALUES - (WORD_VALUES % bound);
    for (;;) {
      const drawn = this.bits() >>> 0;
      if (drawn < limit) return drawn % bound;
    }
  }

  bytes(length: number): Uint8Array {
    const bytes = new Uint8Array(length);
    for (let at = 0; at < length; at++) bytes[at] = this.bits() >>> 24;
    return bytes;
  }

  fork(label: string): RandomStream {
    let high = this.#lineageHigh;
    let low = this.#lineageLow ^ label.length;
    for (let at = 0; at < label.length; at++) {
      high = mix(high ^ label.charCodeAt(at));
      low = mix(low + high);
    }
    return new RandomStream(high, low);
  }

  /** A whole number from `min` to `max`, both included. */
  between(min: number, max: number): number {
    return max <= min ? min : min + this.below(max - min + 1);
  }

  /** True in `percent` of 100 draws; `percent` may have up to two decimals. */
  chance(percent: number): boolean {
    return this.below(10_000) < Math.round(percent * 100);
  }

  /**
   * Exponentially distributed with this mean, rounded to a whole number. From a table of integer
   * quantiles, because engines differ in `Math.log`. The tail is exact: beyond the last quantile an
   * exponential starts anew.
   */
  exponential(mean: number): number {
    let units = 0;
    for (;;) {
      const cell = this.below(EXPONENTIAL_QUANTILES.length);
      const from = EXPONENTIAL_QUANTILES[cell] ?? 0;
      const to = EXPONENTIAL_QUANTILES[cell + 1];
      if (to !== undefined) {
        units += from + this.below(to - from);
        return Math.round((units / EXPONENTIAL_UNIT) * mean);
      }
      units += from;
    }
  }

  pick<T>(choices: readonly T[]): T {
    return choices[this.below(choices.length)] as T;
  }

  /** In place, every order equally likely (Fisher and Yates). */
  shuffle<T>(entries: T[]): T[] {
    for (let last = entries.length - 1; last > 0; last--) {
      const other = this.below(last + 1);
      const moved = entries[last] as T;
      entries[last] = entries[other] as T;
      entries[other] = moved;
    }
    return entries;
  }
}

/** The finaliser of MurmurHash3: every input bit changes half of the output bits. */
function mix(value: number): number {
  let mixed = value | 0;
  mixed = Math.imul(mixed ^ (mixed >>> 16), 0x85ebca6b);
  mixed = Math.imul(mixed ^ (mixed >>> 13), 0xc2b2ae35);
  return mixed ^ (mixed >>> 16);
}
