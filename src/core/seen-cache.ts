import { FlatTable } from "./flat-table.ts";
import { ITEM_KEY_WORDS } from "./item-key.ts";
import type { Instant, Random } from "./ports.ts";

/** How long a key is remembered at least, from its first sight or renewal, in ms [protocol §4.8]. */
export const SEEN_RETENTION_MS = 120_000;
/** Keys per generation at most [protocol §4.8]. */
export const SEEN_ENTRIES_MAX: number = 2 ** 20;
/** A generation that fills up before it is this old pauses reading, in ms [protocol §4.8]. */
const SEEN_GENERATION_AGE_MIN_MS = 1_000;
/** Room kept for what was read before reading paused: one read of 64 KiB holds 5,461 empty items. */
const SEEN_ENTRIES_SPARE = 8_192;

/** What became of an item here. `closed`: rejected, expired, or never held. */
export type SeenState = "pending" | "accepted" | "closed";

const STATES: readonly SeenState[] = ["pending", "accepted", "closed"];
/** The bit of an item whose life is told. */
const TRACED = 1 << 11;
/** Hops left fit nine bits: 1 to 256, where 256 stands for "no limit" [protocol §4.6]. */
const HOPS_BITS = 9;
const HOPS_MASK = (1 << HOPS_BITS) - 1;

/**
 * Keys of items handled, with what became of them: first-seen expiry, two generations that turn every
 * 120 s. Bounded twice, by age and by count. An item is known by a number that is never reused.
 */
export class SeenCache {
  readonly #random: Random;
  #current: Generation;
  #previous: Generation | undefined;

  constructor(now: Instant, random: Random) {
    this.#random = random;
    this.#current = new Generation(0, now, random);
  }

  get size(): number {
    return this.#current.table.count + (this.#previous?.table.count ?? 0);
  }

  /** The number of the item, or -1 when its key is not remembered. */
  find(key: Int32Array): number {
    const recent = this.#current.table.find(key);
    if (recent >= 0) return this.#current.first + recent;
    const older = this.#previous?.table.find(key) ?? -1;
    return older >= 0 && this.#previous !== undefined ? this.#previous.first + older : -1;
  }

  /** Remembers a key that is not remembered yet. Turns the generation when it is full. */
  add(key: Int32Array, state: SeenState, hops: number, now: Instant): number {
    return this.#add(key, encode(state, hops), now);
  }

  /**
   * Remembers an item as long as if it were seen only now. Returns its number, which is a new one unless
   * its generation is the current one; an item that is forgotten stays so.
   */
  renew(item: number, now: Instant): number {
    const previous = this.#previous;
    if (previous === undefined || item >= this.#current.first || item < previous.first) return item;
    const key = previous.table.keyOf(item - previous.first);
    return this.#add(key, previous.markOf(item), now);
  }

  stateOf(item: number): SeenState {
    return STATES[(this.#markOf(item) & ~TRACED) >> HOPS_BITS] ?? "closed";
  }

  /** The most hops any handled copy had left. */
  hopsOf(item: number): number {
    return this.#markOf(item) & HOPS_MASK;
  }

  /** Does nothing for an item that is forgotten already. */
  mark(item: number, state: SeenState, hops: number): void {
    const traced = this.#markOf(item) & TRACED;
    this.#generationOf(item)?.setMark(item, encode(state, hops) | traced);
  }

  /** The life of a remembered item is told, for as long as it is remembered. */
  markTraced(item: number): void {
    this.#generationOf(item)?.setMark(item, this.#markOf(item) | TRACED);
  }

  isTraced(item: number): boolean {
    return (this.#markOf(item) & TRACED) !== 0;
  }

  /** When the generation is due for its turn by age. */
  get turnsAt(): Instant {
    return (this.#current.bornAt + SEEN_RETENTION_MS) as Instant;
  }

  turnIfDue(now: Instant): boolean {
    if (now < this.turnsAt) return false;
    this.#turn(now);
    return true;
  }

  /** Whether the next read could fill a generation; false while there is room. */
  get isNearlyFull(): boolean {
    return this.#current.table.count >= SEEN_ENTRIES_MAX - SEEN_ENTRIES_SPARE;
  }

  /** When the current generation is old enough to be turned because of its count. */
  get mayTurnAt(): Instant {
    return (this.#current.bornAt + SEEN_GENERATION_AGE_MIN_MS) as Instant;
  }

  /** Turns a nearly full generation before its time, which shortens the window. */
  turnEarly(now: Instant): void {
    this.#turn(now);
  }

  /** Items below this number are forgotten. */
  get oldestItem(): number {
    return this.#previous?.first ?? this.#current.first;
  }

  #add(key: Int32Array, mark: number, now: Instant): number {
    if (this.#current.table.isFull) this.#turn(now);
    return this.#current.add(key, mark);
  }

  #markOf(item: number): number {
    return this.#generationOf(item)?.markOf(item) ?? 0;
  }

  #turn(now: Instant): void {
    this.#previous = this.#current;
    const first = this.#current.first + this.#current.table.count;
    this.#current = new Generation(first, now, this.#random);
  }

  #generationOf(item: number): Generation | undefined {
    if (item >= this.#current.first) return this.#current;
    return this.#previous !== undefined && item >= this.#previous.first
      ? this.#previous
      : undefined;
  }
}

class Generation {
  /** The number of its first item. */
  readonly first: number;
  readonly bornAt: Instant;
  readonly table: FlatTable;
  #marks: Uint16Array;

  constructor(first: number, bornAt: Instant, random: Random) {
    this.first = first;
    this.bornAt = bornAt;
    this.table = new FlatTable(ITEM_KEY_WORDS, SEEN_ENTRIES_MAX, random);
    this.#marks = new Uint16Array(this.table.capacity);
  }

  add(key: Int32Array, mark: number): number {
    const entry = this.table.add(key);
    if (entry >= this.#marks.length) {
      const marks = new Uint16Array(this.table.capacity);
      marks.set(this.#marks);
      this.#marks = marks;
    }
    this.#marks[entry] = mark;
    return this.first + entry;
  }

  markOf(item: number): number {
    return this.#marks[item - this.first] ?? 0;
  }

  setMark(item: number, mark: number): void {
    this.#marks[item - this.first] = mark;
  }
}

function encode(state: SeenState, hops: number): number {
  return (STATES.indexOf(state) << HOPS_BITS) | hops;
}
