import { Fifo } from "./fifo.ts";
import type { Notification } from "./notification.ts";

/** Both bounds hold at once; the oldest notification gives way. */
export interface SubscriptionBounds {
  readonly bufferedCountMax: number;
  readonly bufferedBytesMax: number;
}

export interface SubscriptionHandlers {
  /** The iterator was left, or its signal fired, or the client ended. */
  onEnd(): void;
  /** Once per episode; an episode ends when the buffer has been read empty. */
  onLagged(): void;
}

/** The notifications of one data type, for one reader. */
export interface Subscription extends AsyncIterableIterator<Notification, undefined> {
  readonly dataType: number;
  /** Notifications this iterator lost because it was read too slowly, since it began. */
  readonly droppedCount: number;
  /** Notifications that wait to be read. */
  readonly bufferedCount: number;
  /** Ends the iterator without an error and forgets what is buffered; may be called at any time. */
  finish(): void;
  /** What leaving a `for await` loop calls: `finish`. */
  return(): Promise<IteratorResult<Notification, undefined>>;
}

type SubscriptionState =
  | { readonly kind: "open" }
  | { readonly kind: "finished" }
  /** What is buffered is still handed out; then `next` rejects once. */
  | { readonly kind: "failed"; readonly error: Error };

interface Reader {
  resolve(result: IteratorResult<Notification, undefined>): void;
  reject(error: Error): void;
}

const DONE: IteratorResult<Notification, undefined> = { done: true, value: undefined };

/**
 * What a client keeps of a subscription: an async iterator over a bounded buffer. When the reader is too
 * slow, the *oldest* one is dropped: its verdict is the first to come too late anyway, and it stays
 * unanswered, which the gossip module takes as an abstention.
 */
export class BufferedSubscription implements Subscription {
  readonly dataType: number;
  readonly #bounds: SubscriptionBounds;
  readonly #handlers: SubscriptionHandlers;
  readonly #buffer = new Fifo<Notification>();
  readonly #readers = new Fifo<Reader>();
  #bufferedBytes = 0;
  #droppedCount = 0;
  #episode: "inStep" | "lagging" = "inStep";
  #state: SubscriptionState = { kind: "open" };

  constructor(dataType: number, bounds: SubscriptionBounds, handlers: SubscriptionHandlers) {
    this.dataType = dataType;
    this.#bounds = bounds;
    this.#handlers = handlers;
  }

  get droppedCount(): number {
    return this.#droppedCount;
  }

  get bufferedCount(): number {
    return this.#buffer.length;
  }

  [Symbol.asyncIterator](): this {
    return this;
  }

  next(): Promise<IteratorResult<Notification, undefined>> {
    const buffered = this.#buffer.shift();
    if (buffered !== undefined) {
      this.#bufferedBytes -= buffered.data.length;
      if (this.#buffer.length === 0) this.#episode = "inStep";
      return Promise.resolve({ done: false, value: buffered });
    }
    const state = this.#state;
    switch (state.kind) {
      case "open":
        return new Promise((resolve, reject) => this.#readers.push({ resolve, reject }));
      case "failed":
        this.#state = { kind: "finished" };
        return Promise.reject(state.error);
      case "finished":
        return Promise.resolve(DONE);
    }
  }

  return(): Promise<IteratorResult<Notification, undefined>> {
    this.finish();
    return Promise.resolve(DONE);
  }

  offer(notification: Notification): void {
    if (this.#state.kind !== "open") return;
    const reader = this.#readers.shift();
    if (reader !== undefined) {
      reader.resolve({ done: false, value: notification });
      return;
    }
    this.#buffer.push(notification);
    this.#bufferedBytes += notification.data.length;
    this.#dropOverBounds();
  }

  finish(): void {
    if (this.#state.kind === "finished") return;
    this.#state = { kind: "finished" };
    this.#buffer.clear();
    this.#bufferedBytes = 0;
    this.#releaseReaders((reader) => reader.resolve(DONE));
    this.#handlers.onEnd();
  }

  /** Ends the iterator with an error, after what is buffered. */
  fail(error: Error): void {
    if (this.#state.kind !== "open") return;
    const first = this.#readers.shift();
    this.#state = first === undefined ? { kind: "failed", error } : { kind: "finished" };
    first?.reject(error);
    this.#releaseReaders((reader) => reader.resolve(DONE));
    this.#handlers.onEnd();
  }

  #dropOverBounds(): void {
    let dropped = 0;
    while (
      this.#buffer.length > this.#bounds.bufferedCountMax ||
      this.#bufferedBytes > this.#bounds.bufferedBytesMax
    ) {
      const oldest = this.#buffer.shift();
      if (oldest === undefined) break;
      this.#bufferedBytes -= oldest.data.length;
      dropped += 1;
    }
    if (dropped === 0) return;
    this.#droppedCount += dropped;
    if (this.#episode === "lagging") return;
    this.#episode = "lagging";
    this.#handlers.onLagged();
  }

  #releaseReaders(release: (reader: Reader) => void): void {
    for (let reader = this.#readers.shift(); reader; reader = this.#readers.shift()) {
      release(reader);
    }
  }
}
