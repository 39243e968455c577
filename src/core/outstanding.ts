import { Fifo } from "./fifo.ts";
import type { Notice } from "./notice.ts";

/** Below this many places the order is not cleared of what has ended. */
const COMPACT_AT = 64;

/**
 * Notifications of one client that are written and neither answered nor expired: by message id, and in
 * the order of writing. The order is kept beside the map, because a map that empties from its front
 * walks over all the holes there to find its first entry.
 */
export class Outstanding implements Iterable<Notice> {
  readonly #noticeById = new Map<number, Notice>();
  /** Also some that have ended, hardly more than have not. */
  #inOrder = new Fifo<Notice>();

  get size(): number {
    return this.#noticeById.size;
  }

  has(messageId: number): boolean {
    return this.#noticeById.has(messageId);
  }

  get(messageId: number): Notice | undefined {
    return this.#noticeById.get(messageId);
  }

  add(messageId: number, notice: Notice): void {
    this.#noticeById.set(messageId, notice);
    this.#inOrder.push(notice);
  }

  /** The notice has ended. */
  delete(messageId: number): void {
    this.#noticeById.delete(messageId);
    if (this.#inOrder.length > COMPACT_AT + 2 * this.size) this.#compact();
  }

  /** How many places the order takes up. */
  get places(): number {
    return this.#inOrder.length;
  }

  /** The oldest, if there is any. */
  get oldest(): Notice | undefined {
    let oldest = this.#inOrder.peek();
    while (oldest?.state.kind === "ended") {
      this.#inOrder.shift();
      oldest = this.#inOrder.peek();
    }
    return oldest;
  }

  /** The n-th oldest, counted from 1. */
  nth(n: number): Notice | undefined {
    let seen = 0;
    for (const notice of this.#inOrder) {
      if (notice.state.kind !== "ended" && ++seen === n) return notice;
    }
    return undefined;
  }

  [Symbol.iterator](): Iterator<Notice> {
    return this.#noticeById.values();
  }

  #compact(): void {
    this.#inOrder = new Fifo<Notice>();
    for (const notice of this.#noticeById.values()) this.#inOrder.push(notice);
  }
}
