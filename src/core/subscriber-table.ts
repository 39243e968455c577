import { assert } from "./assert.ts";
import { Deadline } from "./deadline-queue.ts";
import type { Instant, SubscriberId } from "./ports.ts";
import { Subscriber } from "./subscriber.ts";
import type { SubscriberDeadlines } from "./subscriber.ts";

/** Who acts when a deadline of a subscriber passes. */
export type SubscriberDeadlineHandlers = {
  readonly [Name in keyof SubscriberDeadlines]: (subscriber: Subscriber) => void;
};

/** All API connections of this node. */
export class SubscriberTable {
  readonly #handlers: SubscriberDeadlineHandlers;
  readonly #subscriberById = new Map<SubscriberId, Subscriber>();

  constructor(handlers: SubscriberDeadlineHandlers) {
    this.#handlers = handlers;
  }

  get size(): number {
    return this.#subscriberById.size;
  }

  get(id: SubscriberId): Subscriber | undefined {
    return this.#subscriberById.get(id);
  }

  all(): Iterable<Subscriber> {
    return this.#subscriberById.values();
  }

  open(id: SubscriberId, now: Instant): Subscriber {
    assert(!this.#subscriberById.has(id), `subscriber ${id} is open already`);
    const deadline = (handler: (subscriber: Subscriber) => void): Deadline =>
      new Deadline(() => {
        handler(subscriber);
      });
    const subscriber: Subscriber = new Subscriber(id, now, {
      frame: deadline(this.#handlers.frame),
      pacing: deadline(this.#handlers.pacing),
      stall: deadline(this.#handlers.stall),
    });
    this.#subscriberById.set(id, subscriber);
    return subscriber;
  }

  remove(subscriber: Subscriber): void {
    this.#subscriberById.delete(subscriber.id);
  }
}
