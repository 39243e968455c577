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
    key[0] = link;
    key[1] = (itemKey[0] ?? 0) >>> 16;
    // By word: a call of `set` costs more.
    for (let word = 1; word < ITEM_KEY_WORDS; word++) key[word + 1] = itemKey[word] ?? 0;
    const known = this.#current.table.find(key);
    const paid = known >= 0 ? this.#current.paidUntil(known) : this.#paidBefore(key);
    const paidUntil = Math.max(paid, now);
    if (paidUntil - now > (CONTENT_BURST - 1) * CONTENT_INTERVAL_MS) return false;
    const until = paidUntil + CONTENT_INTERVAL_MS;
    if (known >= 0) this.#current.pay(known, until);
    else this.#remember(key, until);
    return true;
  }

  #paidBefore(key: Int32Array): number {
    const older = this.#previous?.table.find(key) ?? -1;
    return older >= 0 ? (this.#previous?.paidUntil(older) ?? 0) : 0;
  }

  #remember(key: Int32Array, until: number): void {
    if (this.#current.table.isFull) this.#turn();
    this.#current.add(key, until);
  }

  /** At full speed this happens several times a second: the memory of the older one is used again. */
  #turn(): void {
    const oldest = this.#previous;
    oldest?.table.clear();
    this.#previous = this.#current;
    this.#current = oldest ?? new Generation(this.#random);
  }
}

class Generation {
  readonly table: FlatTable;
  #paidUntil: Float64Array;

  constructor(random: Random) {
    this.table = new FlatTable(WORDS, GENERATION_MAX, random);
    this.#paidUntil = new Float64Array(this.table.capacity);
  }

  paidUntil(entry: number): number {
    return this.#paidUntil[entry] ?? 0;
  }

  pay(entry: number, until: number): void {
    this.#paidUntil[entry] = until;
  }

  /** Of a key that is not there yet. */
  add(key: Int32Array, until: number): void {
    const entry = this.table.add(key);
    if (entry >= this.#paidUntil.length) {
      const grown = new Float64Array(this.table.capacity);
      grown.set(this.#paidUntil);
      this.#paidUntil = grown;
    }
    this.#paidUntil[entry] = until;
  }
}
