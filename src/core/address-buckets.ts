import type { Random } from "./ports.ts";

/** Addresses that one bucket has places for [protocol §7.2]. */
export const BUCKET_SLOTS = 16;

/**
 * A sparse table of buckets. A slot is bucket x `BUCKET_SLOTS` + place. Buckets bound what one group of
 * addresses can fill; draws are by group, because addresses are cheap and groups of them are not.
 */
export class AddressBuckets<Entry extends { readonly slot: number; readonly group: string }> {
  readonly #bucketByNumber = new Map<number, Entry[]>();
  readonly #entriesByGroup = new Map<string, Entry[]>();
  /** The same lists of entries; their order says nothing. */
  readonly #groups: Entry[][] = [];
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
    const group = append(this.#entriesByGroup, entry.group, entry);
    if (group.length === 1) this.#groups.push(group);
  }

  /** It must be here. */
  delete(entry: Entry): void {
    this.#size--;
    remove(this.#bucketByNumber, bucketOf(entry.slot), entry);
    const group = remove(this.#entriesByGroup, entry.group, entry);
    if (group.length === 0) this.#groups.splice(this.#groups.indexOf(group), 1);
  }

  /** A random group of those that have any entry here, then a random entry of it [protocol §7.2]. */
  draw(random: Random): Entry | undefined {
    if (this.#groups.length === 0) return undefined;
    const group = this.#groups[random.below(this.#groups.length)] ?? [];
    return group[random.below(group.length)];
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
