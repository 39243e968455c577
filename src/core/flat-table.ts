import { assert } from "./assert.ts";
import type { Random } from "./ports.ts";

/**
 * A power of two. Smaller than the 1,024 of [protocol §4.8], because ten thousand simulated nodes pay for
 * it ten thousand times; the six doublings on the way to 1,024 are paid once.
 */
const ENTRIES_INITIAL = 16;
/** A word of the index: the entry's number + 1 in so many bits, in the others as much of the key's hash. */
const ENTRY_BITS = 21;
const ENTRY_MASK = 2 ** ENTRY_BITS - 1;

/**
 * Keys of a fixed number of 32-bit words, in the order they came in, found by an open-addressing index
 * of numbers. No allocation per key, and the whole key is compared [protocol §4.1].
 *
 * Places in the index depend on secret multipliers, so that nobody can choose keys that collide:
 * the words of a SHA-256 prefix are cheap to grind, a place under an unknown multiplier is not
 * (threat T22).
 */
export class FlatTable {
  readonly #wordsPerKey: number;
  readonly #entriesMax: number;
  readonly #random: Random;
  readonly #multipliers: Int32Array;
  #keys: Int32Array;
  /**
   * Twice as many places as entries; 0 is an empty one. The bits of the hash spare most looks at a key
   * that is another, which lies somewhere else in memory.
   */
  #index: Int32Array;
  #capacity: number;
  #count = 0;

  /** `entriesMax` is a power of two, as every capacity is: places are found by masking. */
  constructor(wordsPerKey: number, entriesMax: number, random: Random) {
    assert((entriesMax & (entriesMax - 1)) === 0, "a table's bound must be a power of two");
    assert(entriesMax < ENTRY_MASK, "a table's bound must fit a word of the index");
    this.#wordsPerKey = wordsPerKey;
    this.#entriesMax = entriesMax;
    this.#random = random;
    this.#multipliers = new Int32Array(wordsPerKey);
    this.#drawMultipliers();
    this.#capacity = Math.min(ENTRIES_INITIAL, entriesMax);
    this.#keys = new Int32Array(this.#capacity * wordsPerKey);
    this.#index = new Int32Array(this.#capacity * 2);
  }

  get count(): number {
    return this.#count;
  }

  get isFull(): boolean {
    return this.#count >= this.#entriesMax;
  }

  /** Entries there is room for before the next doubling. */
  get capacity(): number {
    return this.#capacity;
  }

  /** The entry's number, or -1. */
  find(key: Int32Array): number {
    const place = this.#placeOf(key, this.#hash(key, 0));
    return ((this.#index[place] ?? 0) & ENTRY_MASK) - 1;
  }

  /** The key of an entry, as a view that the next `add` may leave behind. */
  keyOf(entry: number): Int32Array {
    const start = entry * this.#wordsPerKey;
    return this.#keys.subarray(start, start + this.#wordsPerKey);
  }

  /** Adds a key that is not there yet and returns its number: 0, 1, 2, ... */
  add(key: Int32Array): number {
    assert(!this.isFull, "a full table takes no more keys");
    if (this.#count === this.#capacity) this.#grow();
    const entry = this.#count++;
    const start = entry * this.#wordsPerKey;
    for (let word = 0; word < this.#wordsPerKey; word++) this.#keys[start + word] = key[word] ?? 0;
    const hash = this.#hash(key, 0);
    this.#index[this.#placeOf(key, hash)] = indexWord(entry, hash);
    return entry;
  }

  /** Forgets all keys, but keeps the memory for as many. */
  clear(): void {
    this.#count = 0;
    this.#index.fill(0);
    this.#drawMultipliers();
  }

  #drawMultipliers(): void {
    for (let word = 0; word < this.#wordsPerKey; word++) {
      this.#multipliers[word] = this.#random.below(2 ** 31) * 2 + 1;
    }
  }

  /** The place of the key in the index, or the empty place where it belongs. */
  #placeOf(key: Int32Array, hash: number): number {
    const mask = this.#index.length - 1;
    for (let place = hash & mask; ; place = (place + 1) & mask) {
      const word = this.#index[place] ?? 0;
      if (word === 0) return place;
      if ((word ^ hash) >>> ENTRY_BITS !== 0) continue;
      if (this.#isKeyOf((word & ENTRY_MASK) - 1, key)) return place;
    }
  }

  /** Of the key that starts at word `start`. */
  #hash(words: Int32Array, start: number): number {
    let hash = 0;
    for (let word = 0; word < this.#wordsPerKey; word++) {
      hash = Math.imul(hash ^ (words[start + word] ?? 0), this.#multipliers[word] ?? 1);
      hash ^= hash >>> 15;
    }
    return hash;
  }

  #isKeyOf(entry: number, key: Int32Array): boolean {
    const start = entry * this.#wordsPerKey;
    for (let word = 0; word < this.#wordsPerKey; word++) {
      if (this.#keys[start + word] !== key[word]) return false;
    }
    return true;
  }

  #grow(): void {
    this.#capacity = Math.min(this.#capacity * 2, this.#entriesMax);
    const keys = new Int32Array(this.#capacity * this.#wordsPerKey);
    keys.set(this.#keys);
    this.#keys = keys;
    const index = new Int32Array(this.#capacity * 2);
    const mask = index.length - 1;
    for (let entry = 0; entry < this.#count; entry++) {
      const hash = this.#hash(keys, entry * this.#wordsPerKey);
      let place = hash & mask;
      while (index[place] !== 0) place = (place + 1) & mask;
      index[place] = indexWord(entry, hash);
    }
    this.#index = index;
  }
}

const indexWord = (entry: number, hash: number): number => (hash & ~ENTRY_MASK) | (entry + 1);
