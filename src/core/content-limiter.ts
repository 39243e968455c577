import { FlatTable } from "./flat-table.ts";
import { ITEM_KEY_WORDS } from "./item-key.ts";
import type { Instant, LinkId, Random } from "./ports.ts";

/** Same content from one link under new ids: this many at once [protocol §4.2]. */
const CONTENT_BURST = 8;
/** Then one in this many ms: six a minute [protocol §4.2]. */
const CONTENT_INTERVAL_MS = 10_000;
/** Pairs of link and content remembered, oldest forgotten, in two generations [protocol §4.2]. */
export const LINK_CONTENTS_MAX = 65_536;
const GENERATION_MAX = LINK_CONTENTS_MAX / 2;
/** Link, data type, and the four digest words of an item key. */
const WORDS = ITEM_KEY_WORDS + 1;

/**
 * How often one link may send the same type and data under new ids. Per link and content, never per
 * content alone, or a few early copies would silence the original.
 *
 * Generic cell rate algorithm: each pair keeps the time at which it would have sent all it has sent at
 * the long-run rate; it may run ahead of the clock by the burst.
 */
export class ContentLimiter {
  readonly #random: Random;
  readonly #key: Int32Array = new Int32Array(WORDS);
  #current: Generation;
  #previous: Generation | undefined;

  constructor(random: Random) {
    this.#random = random;
    this.#current = new Generation(random);
  }

  get size(): number {
    return this.#current.table.count + (this.#previous?.table.count ?? 0);
  }

  /** Whether the link may send this content once more now; if so, it is counted. */
  admit(link: LinkId, itemKey: Int32Array, now: Instant): boolean {
    const key = this.#key;
    key.set(itemKey, 1);
    key[0] = link;
    key[1] = (itemKey[0] ?? 0) >>> 16;
    const paidUntil = Math.max(this.#paidUntil(key), now);
    if (paidUntil - now > (CONTENT_BURST - 1) * CONTENT_INTERVAL_MS) return false;
    this.#pay(key, paidUntil + CONTENT_INTERVAL_MS);
    return true;
  }

  #paidUntil(key: Int32Array): number {
    return this.#current.get(key) ?? this.#previous?.get(key) ?? 0;
  }

  #pay(key: Int32Array, until: number): void {
    if (this.#current.table.isFull && this.#current.table.find(key) < 0) {
      this.#previous = this.#current;
      this.#current = new Generation(this.#random);
    }
    this.#current.set(key, until);
  }
}

class Generation {
  readonly table: FlatTable;
  #paidUntil: Float64Array;

  constructor(random: Random) {
    this.table = new FlatTable(WORDS, GENERATION_MAX, random);
    this.#paidUntil = new Float64Array(this.table.capacity);
  }

  get(key: Int32Array): number | undefined {
    const entry = this.table.find(key);
    return entry < 0 ? undefined : this.#paidUntil[entry];
  }

  set(key: Int32Array, until: number): void {
    const found = this.table.find(key);
    const entry = found < 0 ? this.table.add(key) : found;
    if (entry >= this.#paidUntil.length) {
      const grown = new Float64Array(this.table.capacity);
      grown.set(this.#paidUntil);
      this.#paidUntil = grown;
    }
    this.#paidUntil[entry] = until;
  }
}
