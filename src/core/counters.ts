import type { LinkCloseCause, SubscriberCloseCause } from "./close-cause.ts";
import { Durations } from "./durations.ts";
import type { DurationCounts } from "./durations.ts";
import type { CoreEventName } from "./event.ts";

/**
 * What is counted beside the events. Every item read from a link has exactly one fate: itemsReceived =
 * itemNew + itemDuplicate + itemImproved + itemReforwardRefused + itemNoRoom + itemUnsubscribed +
 * itemRepeatedContent. Every new one ends in exactly one way: itemNew = itemAccepted + itemRejected +
 * itemExpired + those still waiting for verdicts.
 */
const ITEM_COUNTERS = [
  /** 507 frames read from established links. */
  "itemsReceived",
  /** Seen before and nothing more to do [protocol §4.6]. */
  "itemDuplicate",
  /** Seen before, but with more hops left: forwarded again, or kept as the better copy. */
  "itemImproved",
  /** Better than any copy handled, but its link has used up its re-forwards of this item. */
  "itemReforwardRefused",
  /** Nobody here subscribed to its type [protocol §4.2]. */
  "itemUnsubscribed",
  /** Same content under new ids too often from one link [protocol §4.2]. */
  "itemRepeatedContent",
  /** First copy of a subscribed item: remembered, subscribers notified. */
  "itemNew",
  /** New, notified, but not held for a verdict: the pending store was full [protocol §4.10]. */
  "itemNotHeld",
  /** A better copy of a held item whose data found no room in the pending store [protocol §4.10]. */
  "itemNoRoom",
  /** Verdicts on held items. */
  "itemAccepted",
  "itemRejected",
  /** No verdict, or too few, until the deadline, or nobody left who was asked. */
  "itemExpired",
  /** Announced by local modules. */
  "itemsAnnounced",
  /** New, announced or refused ones that are not traced, because too many are. */
  "itemsUntraced",
] as const;

const OTHER_COUNTERS = [
  /** Frames handed to send queues, per link. */
  "framesQueued",
  /** Payload frames dropped from full send queues [protocol §4.11]. */
  "framesDropped",
  "notificationsWritten",
  /** Dropped because the queue of the client was full [protocol §2.6]. */
  "notificationsDropped",
  /** Never written before their item's deadline. */
  "notificationsUnwritten",
  "verdictsAccept",
  "verdictsReject",
  /** Unknown, expired or repeated ids [protocol §2.4]. */
  "verdictsUnknown",
  /** Announcements of our own that no link got in time, or that had to make room. */
  "ownItemsForgotten",
  /** Items sent to a link that came up later [protocol §4.9]. */
  "itemsOffered",
  /** Turns of the seen cache before its time because of its count [protocol §4.8]. */
  "seenWindowShortened",
  /** Draws of a message id that ended on one seen lately [protocol §4.4]. */
  "messageIdCollisions",
  "proofsRequested",
  "proofsFound",
  "dialsStarted",
  "linksAccepted",
  /** Links held back by their read budget [protocol §4.11]. */
  "budgetHolds",
  /** Links held back by their share of the pending store [protocol §4.10]. */
  "pendingHolds",
] as const;

export type CounterName =
  CoreEventName | (typeof ITEM_COUNTERS)[number] | (typeof OTHER_COUNTERS)[number];

const EVENT_COUNTERS: Readonly<Record<CoreEventName, 0>> = {
  linkEstablished: 0,
  linkExtended: 0,
  linkClosed: 0,
  dialFailed: 0,
  selfDialed: 0,
  subscriberOpened: 0,
  subscriberClosed: 0,
  subscribed: 0,
  announcementTooLarge: 0,
  oneAtATime: 0,
  observerBegan: 0,
  observerEnded: 0,
  subscriberLagging: 0,
  subscriberRecovered: 0,
  linkLagging: 0,
  linkRecovered: 0,
  readingPaused: 0,
  readingResumed: 0,
};

/** What the core measures. */
export type DurationName =
  /** From the writing of a notification to its verdict [protocol §2.4]. */
  | "verdict"
  /** From a ping to its answer [protocol §6.4]. */
  | "linkDelay";

type Totals = Record<CounterName, number>;

function zeroTotals(): Totals {
  const names = [...ITEM_COUNTERS, ...OTHER_COUNTERS];
  const zeros = Object.fromEntries(names.map((name) => [name, 0]));
  return { ...zeros, ...EVENT_COUNTERS } as Totals;
}

/** A copy of all counters at one moment. */
export interface CounterSnapshot {
  readonly totals: Readonly<Record<CounterName, number>>;
  /** Parts of `linkClosed`, by cause. */
  readonly linksClosed: Readonly<Partial<Record<LinkCloseCause, number>>>;
  /** Parts of `subscriberClosed`, by cause. */
  readonly subscribersClosed: Readonly<Partial<Record<SubscriberCloseCause, number>>>;
  readonly durations: Readonly<Record<DurationName, DurationCounts>>;
}

/** Counts since the start. Only ever goes up. */
export class Counters {
  /**
   * Counted up where something happens, by field: some ten are for every item, and a method that takes the
   * name costs 70 ns each time, because the engine looks the name up.
   */
  readonly totals: Totals = zeroTotals();
  readonly #linksClosed: Partial<Record<LinkCloseCause, number>> = {};
  readonly #subscribersClosed: Partial<Record<SubscriberCloseCause, number>> = {};
  readonly #durations = { verdict: new Durations(), linkDelay: new Durations() };

  addLinkClosed(cause: LinkCloseCause): void {
    this.#linksClosed[cause] = (this.#linksClosed[cause] ?? 0) + 1;
  }

  addSubscriberClosed(cause: SubscriberCloseCause): void {
    this.#subscribersClosed[cause] = (this.#subscribersClosed[cause] ?? 0) + 1;
  }

  /** Counts a duration in whole ms. */
  observe(name: DurationName, ms: number): void {
    this.#durations[name].add(ms);
  }

  snapshot(): CounterSnapshot {
    const { verdict, linkDelay } = this.#durations;
    return {
      totals: { ...this.totals },
      linksClosed: { ...this.#linksClosed },
      subscribersClosed: { ...this.#subscribersClosed },
      durations: { verdict: verdict.snapshot(), linkDelay: linkDelay.snapshot() },
    };
  }
}
