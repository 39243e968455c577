import type { Subscriber } from "./subscriber.ts";

/**
 * Data types one connection may subscribe to. The course's modules use one or two; the bound keeps a
 * broken one from filling the table (65,536 types x 256 connections). A guess.
 */
export const SUBSCRIPTIONS_PER_SUBSCRIBER_MAX = 1_024;

const NOBODY: ReadonlySet<Subscriber> = new Set<Subscriber>();

/**
 * Which data types somebody here subscribed to. That is also what decides what we relay for others
 * [protocol §2.2].
 */
export class Subscriptions {
  readonly #subscribersByType = new Map<number, Set<Subscriber>>();

  of(dataType: number): ReadonlySet<Subscriber> {
    return this.#subscribersByType.get(dataType) ?? NOBODY;
  }

  /** Repeating a subscription changes nothing [protocol §2.2]. */
  subscribe(subscriber: Subscriber, dataType: number): "new" | "known" | "tooMany" {
    if (subscriber.dataTypes.has(dataType)) return "known";
    if (subscriber.dataTypes.size >= SUBSCRIPTIONS_PER_SUBSCRIBER_MAX) return "tooMany";
    subscriber.dataTypes.add(dataType);
    const subscribers = this.#subscribersByType.get(dataType);
    if (subscribers === undefined) this.#subscribersByType.set(dataType, new Set([subscriber]));
    else subscribers.add(subscriber);
    return "new";
  }

  /** The connection is gone, and all of its subscriptions with it; no empty set stays behind. */
  forget(subscriber: Subscriber): void {
    for (const dataType of subscriber.dataTypes) {
      const subscribers = this.#subscribersByType.get(dataType);
      subscribers?.delete(subscriber);
      if (subscribers?.size === 0) this.#subscribersByType.delete(dataType);
    }
    subscriber.dataTypes.clear();
  }
}
