import type { TraceEvent } from "../core/trace.ts";

/** What the core traces about what becomes of items. */
export type ItemTrace = Exclude<TraceEvent, { readonly kind: "linkOpened" | "itemRenewed" }>;

/** More steps than a popular item has in a node with dozens of links, whatever peers send. A guess. */
export const STEPS_MAX = 192;
/** Items that were refused as they came, kept beside the others so that they cannot push these out. A guess. */
export const REFUSED_ITEMS_MAX = 256;

/** What one item went through in this node. */
export interface ItemLife {
  /** 40 hexadecimal digits. */
  readonly key: string;
  /** When it came: on the clock on the wall, and on the one that never jumps, in ms. */
  readonly at: number;
  readonly startedAt: number;
  readonly steps: LifeStep[];
  /** Later steps than `STEPS_MAX`, which are only counted. */
  stepsOmitted: number;
  /**
   * Whether those who watch are told of it; not every item when there are too many. `unwatched`: nobody
   * watched when it came.
   */
  telling: "unwatched" | "told" | "untold";
}

export interface LifeStep {
  /** Since the item came. */
  readonly afterMs: number;
  readonly event: ItemTrace;
}

export interface JournalClocks {
  /** Ms since 1970. */
  wall(): number;
  /** Ms on a clock that never jumps. */
  steady(): number;
}

/** The lives of the last items in a bounded ring: what `explain` tells. */
export class ItemJournal {
  readonly #itemsMax: number;
  readonly #clocks: JournalClocks;
  /** By the item's number, oldest first. */
  readonly #lifeByItem = new Map<number, ItemLife>();
  /** By key, oldest first: these have no number. */
  readonly #refusedByKey = new Map<string, ItemLife>();

  /** @param itemsMax at least 1 */
  constructor(itemsMax: number, clocks: JournalClocks) {
    this.#itemsMax = itemsMax;
    this.#clocks = clocks;
  }

  get size(): number {
    return this.#lifeByItem.size + this.#refusedByKey.size;
  }

  get sizeMax(): number {
    return this.#itemsMax + REFUSED_ITEMS_MAX;
  }

  /** The life this belongs to and when in it; undefined for an item that is not remembered (any more). */
  record(event: ItemTrace): { readonly life: ItemLife; readonly step: LifeStep } | undefined {
    const life = this.#lifeOf(event);
    if (life === undefined) return undefined;
    const step = { afterMs: this.#clocks.steady() - life.startedAt, event };
    if (life.steps.length < STEPS_MAX) life.steps.push(step);
    else life.stepsOmitted++;
    return { life, step };
  }

  /** An item has a second number from now on. */
  renew({ item, renewed }: TraceEvent & { readonly kind: "itemRenewed" }): void {
    const life = this.#lifeByItem.get(item);
    if (life === undefined) return;
    this.#lifeByItem.set(renewed, life);
    forgetOldest(this.#lifeByItem, this.#itemsMax);
  }

  /** All lives, the latest first. */
  lives(): ItemLife[] {
    const lives = new Set([...this.#refusedByKey.values(), ...this.#lifeByItem.values()]);
    return [...lives].sort((a, b) => b.startedAt - a.startedAt);
  }

  clear(): void {
    this.#lifeByItem.clear();
    this.#refusedByKey.clear();
  }

  #lifeOf(event: ItemTrace): ItemLife | undefined {
    switch (event.kind) {
      case "itemAnnounced":
      case "itemArrived": {
        const life = this.#begin(event.key);
        this.#lifeByItem.set(event.item, life);
        forgetOldest(this.#lifeByItem, this.#itemsMax);
        return life;
      }
      case "itemRefused": {
        const known = this.#refusedByKey.get(event.key);
        if (known !== undefined) return known;
        const life = this.#begin(event.key);
        this.#refusedByKey.set(event.key, life);
        forgetOldest(this.#refusedByKey, REFUSED_ITEMS_MAX);
        return life;
      }
      default:
        return this.#lifeByItem.get(event.item);
    }
  }

  #begin(key: string): ItemLife {
    return {
      key,
      at: this.#clocks.wall(),
      startedAt: this.#clocks.steady(),
      steps: [],
      stepsOmitted: 0,
      telling: "unwatched",
    };
  }
}

/** A Map iterates in the order of insertion. */
function forgetOldest<Key>(lives: Map<Key, ItemLife>, sizeMax: number): void {
  if (lives.size <= sizeMax) return;
  for (const key of lives.keys()) {
    lives.delete(key);
    return;
  }
}
