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
/** Keys lie in pieces of 2 to this: no more than one piece is ever copied to make room. */
const PIECE_BITS = 13;
const PIECE_ENTRIES: number = 2 ** PIECE_BITS;
const PIECE_MASK = PIECE_ENTRIES - 1;
/** Entries that move to a larger index with each new key. One would do to be done before the next doubling. */
const MOVED_PER_ADD = 4;

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
  /** In pieces; the first one is shorter while the table is small. */
  readonly #keys: Int32Array[];
  /**
   * Twice as many places as entries; 0 is an empty one. The bits of the hash spare most looks at a key
   * that is another, which lies somewhere else in memory.
   */
  #index: Int32Array;
  /**
   * The index before the last doubling, as long as there are entries that the new one lacks: those from
   * `#moved` on. Half a million of them at once hold up everybody for 50 ms and more.
   */
  #oldIndex: Int32Array | undefined;
  #moved = 0;
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
    this.#keys = [new Int32Array(Math.min(this.#capacity, PIECE_ENTRIES) * wordsPerKey)];
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
    const hash = this.#hash(key, 0);
    const entry = this.#entryIn(this.#index, key, hash);
    if (entry >= 0 || this.#oldIndex === undefined) return entry;
    return this.#entryIn(this.#oldIndex, key, hash);
  }

  /** The key of an entry, as a view that the next `add` may leave behind. */
  keyOf(entry: number): Int32Array {
    const start = (entry & PIECE_MASK) * this.#wordsPerKey;
    return this.#pieceOf(entry).subarray(start, start + this.#wordsPerKey);
  }

  /** Adds a key that is not there yet and returns its number: 0, 1, 2, ... */
  add(key: Int32Array): number {
    assert(!this.isFull, "a full table takes no more keys");
    if (this.#count === this.#capacity) this.#grow();
    if (this.#oldIndex !== undefined) this.#move(this.#oldIndex, MOVED_PER_ADD);
    const entry = this.#count++;
    const piece = this.#pieceOf(entry);
    const start = (entry & PIECE_MASK) * this.#wordsPerKey;
    for (let word = 0; word < this.#wordsPerKey; word++) piece[start + word] = key[word] ?? 0;
    this.#place(entry, this.#hash(key, 0));
    return entry;
  }

  /** Forgets all keys, but keeps the memory for as many. */
  clear(): void {
    this.#count = 0;
    this.#oldIndex = undefined;
    this.#index.fill(0);
    this.#drawMultipliers();
  }

  #drawMultipliers(): void {
    for (let word = 0; word < this.#wordsPerKey; word++) {
      this.#multipliers[word] = this.#random.below(2 ** 31) * 2 + 1;
    }
  }

  #entryIn(index: Int32Array, key: Int32Array, hash: number): number {
    const mask = index.length - 1;
    for (let place = hash & mask; ; place = (place + 1) & mask) {
      const word = index[place] ?? 0;
      if (word === 0) return -1;
      if ((word ^ hash) >>> ENTRY_BITS !== 0) continue;
      const entry = (word & ENTRY_MASK) - 1;
      if (this.#isKeyOf(entry, key)) return entry;
    }
  }

  /** Puts an entry that is not there into the index. */
  #place(entry: number, hash: number): void {
    const mask = this.#index.length - 1;
    let place = hash & mask;
    while (this.#index[place] !== 0) place = (place + 1) & mask;
    this.#index[place] = indexWord(entry, hash);
  }

  /** Made when its first entry comes. */
  #pieceOf(entry: number): Int32Array {
    const piece = entry >>> PIECE_BITS;
    return (this.#keys[piece] ??= new Int32Array(PIECE_ENTRIES * this.#wordsPerKey));
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
    const piece = this.#pieceOf(entry);
    const start = (entry & PIECE_MASK) * this.#wordsPerKey;
    for (let word = 0; word < this.#wordsPerKey; word++) {
      if (piece[start + word] !== key[word]) return false;
    }
    return true;
  }

  #grow(): void {
    const full = this.#index;
    this.#capacity = Math.min(this.#capacity * 2, this.#entriesMax);
    this.#index = new Int32Array(this.#capacity * 2);
    this.#oldIndex = full;
    this.#moved = 0;
    if (this.#count >= PIECE_ENTRIES) return;
    const piece = new Int32Array(this.#capacity * this.#wordsPerKey);
    piece.set(this.#pieceOf(0));
    this.#keys[0] = piece;
    this.#move(full, this.#count);
  }

  /** Gives so many more entries their place in the new index; the old one goes with the last. */
  #move(oldIndex: Int32Array, entries: number): void {
    const all = oldIndex.length / 2;
    const end = Math.min(this.#moved + entries, all);
    for (; this.#moved < end; this.#moved++) {
      const start = (this.#moved & PIECE_MASK) * this.#wordsPerKey;
      this.#place(this.#moved, this.#hash(this.#pieceOf(this.#moved), start));
    }
    if (this.#moved === all) this.#oldIndex = undefined;
  }
}

const indexWord = (entry: number, hash: number): number => (hash & ~ENTRY_MASK) | (entry + 1);
