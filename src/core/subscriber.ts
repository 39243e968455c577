import type { GossipNotification } from "../wire/api/gossip-notification.ts";
import type { Deadline } from "./deadline-queue.ts";
import { Fifo } from "./fifo.ts";
import { FrameClock } from "./frame-clock.ts";
import type { Notice } from "./notice.ts";
import { OrderedMap } from "./ordered-map.ts";
import { NotificationPacer } from "./notification-pacer.ts";
import type { Instant, SubscriberId } from "./ports.ts";
import { ReadGate } from "./read-gate.ts";

/** One API connection: what it subscribed to, what it was told and what it still has to be told. */
export class Subscriber {
  readonly id: SubscriberId;
  readonly openedAt: Instant;
  readonly dataTypes: Set<number> = new Set<number>();
  readonly gate: ReadGate = new ReadGate();
  readonly pacer: NotificationPacer;
  readonly deadlines: SubscriberDeadlines;
  readonly frameClock: FrameClock;
  /** Not written yet, oldest first. Ended ones are skipped when their turn comes. */
  readonly waiting: Fifo<Notice> = new Fifo<Notice>();
  waitingCount = 0;
  waitingBytes = 0;
  /** Written and neither answered nor expired, by message id. */
  readonly outstanding: OrderedMap<Notice> = new OrderedMap<Notice>();
  /** How many of the outstanding ones the client has lost [protocol §2.5]. */
  lostCount = 0;
  /** What this tick lets through; leaves with the next flush. */
  readonly gathered: GossipNotification[] = [];
  /** Written bytes and messages that the socket has not taken. */
  unsentBytes = 0;
  unsentMessages = 0;
  role: "validator" | "observer" = "validator";
  /** Written notifications that expired one after the other, without an answer between. */
  expiredInRow = 0;
  notificationsDropped = 0;
  /** Answers to notifications that were open, and how long they took, together. */
  verdicts = 0;
  verdictMsTotal = 0;
  droppedInEpisode = 0;

  constructor(id: SubscriberId, now: Instant, deadlines: SubscriberDeadlines) {
    this.id = id;
    this.openedAt = now;
    this.pacer = new NotificationPacer(now);
    this.deadlines = deadlines;
    this.frameClock = new FrameClock(deadlines);
  }
}

/**
 * The deadlines a subscriber can have; all are cleared when it goes. `pacing` is that of the next write
 * beyond a full window, of a pair that got lost and of a newcomer's silence.
 */
export type SubscriberDeadlines = Readonly<Record<"frame" | "pacing" | "stall", Deadline>>;
