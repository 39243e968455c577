/** Below this many consumed places the array is not compacted. */
const COMPACT_AT = 64;

/** The entries of all fifos that hold none; nothing is ever put into it. */
const NONE: never[] = [];

/** First in, first out, in constant time (`Array.shift` is linear on long arrays). */
export class Fifo<T> {
  #entries: (T | undefined)[] = NONE;
  #head = 0;

  get length(): number {
    return this.#entries.length - this.#head;
  }

  push(entry: T): void {
    if (this.#entries === NONE) this.#entries = [entry];
    else this.#entries.push(entry);
  }

  /** In the order of the array, which stays as it is. */
  pushAll(entries: readonly T[]): void {
    if (this.#entries.length === 0) this.#entries = [...entries];
    else for (const entry of entries) this.#entries.push(entry);
  }

  peek(): T | undefined {
    return this.#entries[this.#head];
  }

  shift(): T | undefined {
    if (this.length <= 1) return this.#shiftLast();
    const entry = this.#entries[this.#head];
    this.#entries[this.#head] = undefined;
    this.#head++;
    if (this.#head >= COMPACT_AT && this.#head * 2 >= this.#entries.length) {
      this.#entries = this.#entries.slice(this.#head);
      this.#head = 0;
    }
    return entry;
  }

  /** An array that held only this one keeps its room: many fifos hold one entry at a time. */
  #shiftLast(): T | undefined {
    const last = this.#entries.pop();
    if (this.#head > 0) this.#entries = NONE;
    this.#head = 0;
    return last;
  }

  /** Everything, first in first; nothing stays. */
  takeAll(): T[] {
    if (this.#entries === NONE) return [];
    const entries = this.#head === 0 ? this.#entries : this.#entries.slice(this.#head);
    this.#entries = NONE;
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
