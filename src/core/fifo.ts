/** Below this many consumed places the array is not compacted. */
const COMPACT_AT = 64;

/** First in, first out, in constant time (`Array.shift` is linear on long arrays). */
export class Fifo<T> {
  #entries: (T | undefined)[] = [];
  #head = 0;

  get length(): number {
    return this.#entries.length - this.#head;
  }

  push(entry: T): void {
    this.#entries.push(entry);
  }

  peek(): T | undefined {
    return this.#entries[this.#head];
  }

  shift(): T | undefined {
    if (this.length === 0) return undefined;
    const entry = this.#entries[this.#head];
    this.#entries[this.#head] = undefined;
    this.#head++;
    if (this.#head === this.#entries.length) {
      this.#entries = [];
      this.#head = 0;
    } else if (this.#head >= COMPACT_AT && this.#head * 2 >= this.#entries.length) {
      this.#entries = this.#entries.slice(this.#head);
      this.#head = 0;
    }
    return entry;
  }

  /** Everything, first in first; nothing stays. */
  takeAll(): T[] {
    const entries = this.#head === 0 ? this.#entries : this.#entries.slice(this.#head);
    this.#entries = [];
    this.#head = 0;
    return entries as T[];
  }

  *[Symbol.iterator](): IterableIterator<T> {
    for (let at = this.#head; at < this.#entries.length; at++) {
      const entry = this.#entries[at];
      if (entry !== undefined) yield entry;
    }
  }
}
