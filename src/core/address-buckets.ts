import type { Random } from "./ports.ts";

/** Addresses that one bucket has places for [protocol §7.2]. */
export const BUCKET_SLOTS = 16;

interface Placed {
  readonly slot: number;
  readonly group: string;
  readonly sourceGroup: string;
}

/**
 * A sparse table of buckets. A slot is bucket x `BUCKET_SLOTS` + place. Buckets bound what one group can
 * fill; draws are by group all the same, because addresses are cheap and groups of them are not.
 */
export class AddressBuckets<Entry extends Placed> {
  readonly #bucketByNumber = new Map<number, Entry[]>();
  readonly #lists = { group: new DrawnLists<Entry>(), sourceGroup: new DrawnLists<Entry>() };
  #size = 0;

  get size(): number {
    return this.#size;
  }

  get(slot: number): Entry | undefined {
    return this.#bucketByNumber.get(bucketOf(slot))?.find((entry) => entry.slot === slot);
  }

  /** Its slot must be empty. */
  add(entry: Entry): void {
    this.#size++;
    append(this.#bucketByNumber, bucketOf(entry.slot), entry);
    this.#lists.group.add(entry.group, entry);
    this.#lists.sourceGroup.add(entry.sourceGroup, entry);
  }

  /** It must be here. */
  delete(entry: Entry): void {
    this.#size--;
    remove(this.#bucketByNumber, bucketOf(entry.slot), entry);
    this.#lists.group.delete(entry.group, entry);
    this.#lists.sourceGroup.delete(entry.sourceGroup, entry);
  }

  /** A random one of the groups that have an address here, or that told us one; then one of its addresses. */
  draw(by: "group" | "sourceGroup", random: Random): Entry | undefined {
    return this.#lists[by].draw(random);
  }
}

/** Entries in one list per key; every list is drawn as often as any other. */
class DrawnLists<Entry> {
  readonly #listByKey = new Map<string, Entry[]>();
  /** The same lists; their order says nothing. */
  readonly #lists: Entry[][] = [];

  add(key: string, entry: Entry): void {
    const list = append(this.#listByKey, key, entry);
    if (list.length === 1) this.#lists.push(list);
  }

  delete(key: string, entry: Entry): void {
    const list = remove(this.#listByKey, key, entry);
    if (list.length === 0) this.#lists.splice(this.#lists.indexOf(list), 1);
  }

  draw(random: Random): Entry | undefined {
    if (this.#lists.length === 0) return undefined;
    const list = this.#lists[random.below(this.#lists.length)] ?? [];
    return list[random.below(list.length)];
  }
}

/** The list with the entry in it. */
function append<Key, Entry>(lists: Map<Key, Entry[]>, key: Key, entry: Entry): Entry[] {
  const list = lists.get(key) ?? [];
  list.push(entry);
  lists.set(key, list);
  return list;
}

/** The list without the entry; an empty one is kept no longer. */
function remove<Key, Entry>(lists: Map<Key, Entry[]>, key: Key, entry: Entry): Entry[] {
  const list = lists.get(key) ?? [];
  list.splice(list.indexOf(entry), 1);
  if (list.length === 0) lists.delete(key);
  return list;
}

const bucketOf = (slot: number): number => Math.floor(slot / BUCKET_SLOTS);
