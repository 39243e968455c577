import { BacklogFullError } from "./errors.ts";
import { Fifo } from "./fifo.ts";

/** An announcement that no socket has taken yet, or that is on its way through one. */
export interface PendingAnnouncement {
  readonly frame: Uint8Array;
  onSent(): void;
  onFailed(error: Error): void;
}

/** Enough for 256 of the largest frames; more waiting than that is a caller who does not await. */
const BACKLOG_BYTES_MAX = 16 * 1024 * 1024;
/** Small announcements cost more in bookkeeping than in bytes. */
const BACKLOG_COUNT_MAX = 65_536;

export interface BacklogBounds {
  readonly bytesMax: number;
  readonly countMax: number;
}

export const DEFAULT_BACKLOG_BOUNDS: BacklogBounds = {
  bytesMax: BACKLOG_BYTES_MAX,
  countMax: BACKLOG_COUNT_MAX,
};

/** Places of announcements taken back that the queue may keep before it is swept. */
const TAKEN_BACK_COUNT_MAX = 64;

/** Announcements in order, while the client is disconnected or the socket is full. */
export class AnnounceBacklog {
  readonly #bounds: BacklogBounds;
  /** May hold some that were taken back: what counts is `#waiting`. */
  readonly #queue = new Fifo<PendingAnnouncement>();
  readonly #waiting = new Set<PendingAnnouncement>();
  #bytes = 0;

  constructor(bounds: BacklogBounds) {
    this.#bounds = bounds;
  }

  /** @throws BacklogFullError */
  add(announcement: PendingAnnouncement): void {
    const bytes = this.#bytes + announcement.frame.length;
    if (bytes > this.#bounds.bytesMax || this.#waiting.size >= this.#bounds.countMax) {
      throw new BacklogFullError(
        `${this.#waiting.size} announcements of ${this.#bytes} bytes wait to be sent; ` +
          `at most ${this.#bounds.countMax} of ${this.#bounds.bytesMax} bytes may`,
      );
    }
    this.#queue.push(announcement);
    this.#waiting.add(announcement);
    this.#bytes = bytes;
  }

  /** The oldest, no longer counted here. */
  take(): PendingAnnouncement | undefined {
    for (let next = this.#queue.shift(); next !== undefined; next = this.#queue.shift()) {
      if (this.#forget(next)) return next;
    }
    return undefined;
  }

  /** Whether it was still waiting. */
  takeBack(announcement: PendingAnnouncement): boolean {
    if (!this.#forget(announcement)) return false;
    if (this.#queue.length > 2 * this.#waiting.size + TAKEN_BACK_COUNT_MAX) {
      this.#queue.clear();
      for (const waiting of this.#waiting) this.#queue.push(waiting);
    }
    return true;
  }

  failAll(error: Error): void {
    for (let next = this.take(); next !== undefined; next = this.take()) next.onFailed(error);
  }

  #forget(announcement: PendingAnnouncement): boolean {
    if (!this.#waiting.delete(announcement)) return false;
    this.#bytes -= announcement.frame.length;
    return true;
  }
}
