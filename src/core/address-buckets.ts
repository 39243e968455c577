import type { Random } from "./ports.ts";

/** Addresses that one bucket has places for [protocol §7.2]. */
export const BUCKET_SLOTS = 16;

/**
 * A sparse table of buckets. A slot is bucket x `BUCKET_SLOTS` + place. Only buckets that hold anything
 * exist, so that drawing one of them costs the same however few they are.
 */
export class AddressBuckets<Entry extends { readonly slot: number }> {
  readonly #bucketByNumber = new Map<number, Entry[]>();
  /** The same buckets; their order says nothing. */
  readonly #buckets: Entry[][] = [];
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
    const number = bucketOf(entry.slot);
    const known = this.#bucketByNumber.get(number);
    if (known !== undefined) {
      known.push(entry);
      return;
    }
    const bucket = [entry];
    this.#bucketByNumber.set(number, bucket);
    this.#buckets.push(bucket);
  }

  /** It must be here. */
  delete(entry: Entry): void {
    const number = bucketOf(entry.slot);
    const bucket = this.#bucketByNumber.get(number) ?? [];
    bucket.splice(bucket.indexOf(entry), 1);
    this.#size--;
    if (bucket.length > 0) return;
    this.#bucketByNumber.delete(number);
    this.#buckets.splice(this.#buckets.indexOf(bucket), 1);
  }

  /** A random bucket of those that hold anything, then a random entry of it [protocol §7.2]. */
  draw(random: Random): Entry | undefined {
    if (this.#buckets.length === 0) return undefined;
    const bucket = this.#buckets[random.below(this.#buckets.length)] ?? [];
    return bucket[random.below(bucket.length)];
  }
}

const bucketOf = (slot: number): number => Math.floor(slot / BUCKET_SLOTS);
