import { GossipNotification } from "../wire/api/gossip-notification.ts";
import type { Verdict } from "../wire/api/gossip-validation.ts";
import { frameBytesOf } from "../wire/message.ts";
import { present } from "./assert.ts";
import type { CoreConfig } from "./core-config.ts";
import type { Effects } from "./effects.ts";
import { Notice } from "./notice.ts";
import type { Ask, NoticeEnd } from "./notice.ts";
import { PAIR_LOST_MS, WINDOW_MAX } from "./notification-pacer.ts";
import type { Instant, Random } from "./ports.ts";
import type { Subscriber } from "./subscriber.ts";

/** A client that never answered anything is not waited for once three are this old, in ms [§4.3]. */
const SILENT_AFTER_MS = 3_000;
/** Written notifications without an answer that make an observer [protocol §4.3]. */
const UNANSWERED_TO_OBSERVE = 3;
/** While more written bytes than this are not taken, nothing more is written. One socket read. */
const UNSENT_BYTES_HIGH = 65_536;
/** A client that takes nothing for this long is closed, in ms [protocol §2.6]. */
const STALL_MS = 30_000;
const MESSAGE_ID_BOUND = 65_536;
/** Open ids of an observer, who is not paced: the oldest makes room for a new one [protocol §2.5]. */
const OBSERVER_IDS_MAX = WINDOW_MAX;
/** Pacing keeps those of a validator near its window; half of all ids is out of its reach. */
const VALIDATOR_IDS_MAX: number = MESSAGE_ID_BOUND / 2;
const NOTIFICATION_HEADER_BYTES: number = frameBytesOf(4);

/** What the notifier tells the rest of the core. */
export interface NotifierListener {
  onNoticeEnded(ask: Ask, role: "validator" | "observer", end: NoticeEnd): void;
  onBecameObserver(ask: Ask): void;
  /** The client has to go: it took nothing for too long. */
  onStalled(subscriber: Subscriber): void;
  /** Something was gathered: the subscriber wants a flush. */
  onGathered(subscriber: Subscriber): void;
}

/**
 * Gets notifications to one client at its own pace and takes its answers [protocol §2.3-§2.6, §4.3].
 * All of its state lies in the `Subscriber`.
 */
export class Notifier {
  readonly #config: CoreConfig;
  readonly #effects: Effects;
  readonly #random: Random;
  readonly #listener: NotifierListener;

  constructor(config: CoreConfig, effects: Effects, random: Random, listener: NotifierListener) {
    this.#config = config;
    this.#effects = effects;
    this.#random = random;
    this.#listener = listener;
  }

  /** Puts an item before a client. Over the bounds of its queue it is dropped: the client abstains. */
  offer(subscriber: Subscriber, ask: Ask, payload: Uint8Array): void {
    const bytes = NOTIFICATION_HEADER_BYTES + payload.length;
    if (!this.#hasRoomFor(subscriber, bytes)) {
      this.#drop(subscriber, ask);
      return;
    }
    const notice = new Notice(ask, subscriber.id, subscriber.role, payload);
    ask.add(notice);
    if (ask.verdict === "pending") {
      if (notice.role === "validator") ask.waitingFor++;
      else ask.observing++;
    }
    subscriber.waiting.push(notice);
    subscriber.waitingCount++;
    subscriber.waitingBytes += bytes;
    this.pump(subscriber);
  }

  /** Writes as much as the pace and the socket allow. */
  pump(subscriber: Subscriber): void {
    for (
      let next = subscriber.waiting.peek();
      next !== undefined;
      next = subscriber.waiting.peek()
    ) {
      if (next.payload !== undefined) {
        if (this.#isDue(next.ask)) return;
        if (subscriber.unsentBytes > UNSENT_BYTES_HIGH) return;
        const mayWriteAt = this.#mayWriteAt(subscriber);
        if (mayWriteAt > this.#effects.now) {
          this.#effects.deadlines.setNoLaterThan(subscriber.deadlines.pacing, mayWriteAt);
          return;
        }
        this.#write(subscriber, next, next.payload);
      }
      subscriber.waiting.shift();
    }
  }

  /** A verdict came in. Unknown, expired and repeated ids are counted and ignored [protocol §2.4]. */
  onVerdict(subscriber: Subscriber, messageId: number, verdict: Verdict): void {
    const { now } = this.#effects;
    const notice = subscriber.outstanding.get(messageId);
    this.#endObservation(subscriber);
    subscriber.expiredInRow = 0;
    if (notice === undefined) {
      this.#effects.counters.totals.verdictsUnknown++;
      subscriber.pacer.onLateAnswer(now);
      this.pump(subscriber);
      return;
    }
    if (verdict === "accept") this.#effects.counters.totals.verdictsAccept++;
    else this.#effects.counters.totals.verdictsReject++;
    const { writtenAt } = notice;
    const afterMs = now - writtenAt;
    this.#effects.counters.observe("verdict", afterMs);
    subscriber.verdicts++;
    subscriber.verdictMsTotal += afterMs;
    const { item, trace } = notice.ask;
    if (trace === "traced") {
      this.#effects.trace({
        kind: "itemJudged",
        item,
        subscriber: subscriber.id,
        verdict,
        afterMs,
      });
    }
    const { oldest } = subscriber.outstanding;
    subscriber.pacer.onAnswer(
      {
        writtenAt,
        oldestOpenAt: oldest?.writtenAt ?? writtenAt,
        waiting: subscriber.waitingCount,
      },
      now,
    );
    this.#end(subscriber, notice, verdict);
    this.pump(subscriber);
  }

  /** The deadline of the notice's ask has passed. `pump` is to follow. */
  onExpired(subscriber: Subscriber, notice: Notice): void {
    if (notice.state === "waiting") {
      this.#effects.counters.totals.notificationsUnwritten++;
    } else {
      subscriber.expiredInRow++;
      subscriber.pacer.onExpired();
    }
    this.#end(subscriber, notice, "abstain");
    if (subscriber.expiredInRow >= UNANSWERED_TO_OBSERVE) this.#beginObservation(subscriber);
  }

  /** The client has gone: it abstains wherever it has not answered. */
  onGone(subscriber: Subscriber): void {
    for (const notice of [...subscriber.outstanding, ...subscriber.waiting]) {
      if (notice.state !== "ended") this.#end(subscriber, notice, "abstain");
    }
  }

  /** The socket has taken everything written; what was gathered since is not written yet. */
  onDrained(subscriber: Subscriber): void {
    const { gathered } = subscriber;
    subscriber.unsentBytes = gathered.reduce((sum, { frameBytes }) => sum + frameBytes, 0);
    subscriber.unsentMessages = gathered.length;
    this.#effects.deadlines.clear(subscriber.deadlines.stall);
    this.pump(subscriber);
    if (subscriber.droppedInEpisode > 0 && subscriber.waitingCount === 0) {
      const dropped = subscriber.droppedInEpisode;
      subscriber.droppedInEpisode = 0;
      this.#effects.report({ name: "subscriberRecovered", subscriber: subscriber.id, dropped });
    }
  }

  /** The `pacing` deadline: room by time, a pair lost together, a newcomer that never answers. */
  onPacingDue(subscriber: Subscriber): void {
    this.#watchForLostPair(subscriber);
    this.#watchForSilence(subscriber);
    this.pump(subscriber);
  }

  onStallDue(subscriber: Subscriber): void {
    if (subscriber.unsentBytes > 0) this.#listener.onStalled(subscriber);
  }

  /** What was gathered in this tick: one write for a client with a large window, else one each. */
  flush(subscriber: Subscriber): void {
    const gathered = subscriber.gathered.splice(0);
    if (gathered.length === 0) return;
    const { id } = subscriber;
    if (subscriber.pacer.mayBatch) {
      this.#effects.emit({ kind: "notify", subscriber: id, notifications: gathered });
    } else {
      for (const notification of gathered) {
        this.#effects.emit({ kind: "notify", subscriber: id, notifications: [notification] });
      }
    }
    if (!subscriber.deadlines.stall.isSet)
      this.#effects.setIn(subscriber.deadlines.stall, STALL_MS);
  }

  /** Its deadline has passed, and with many others it waits for its turn to expire: not worth writing. */
  #isDue({ askedAt }: Ask): boolean {
    return askedAt + this.#config.validationTimeoutMs <= this.#effects.now;
  }

  #hasRoomFor(subscriber: Subscriber, bytes: number): boolean {
    const { subscriberQueueBytes, subscriberQueueMessages } = this.#config.limits;
    return (
      subscriber.waitingBytes + subscriber.unsentBytes + bytes <= subscriberQueueBytes &&
      subscriber.waitingCount + subscriber.unsentMessages < subscriberQueueMessages
    );
  }

  #drop(subscriber: Subscriber, { item, trace }: Ask): void {
    this.#effects.counters.totals.notificationsDropped++;
    if (trace === "traced") {
      this.#effects.trace({ kind: "itemNotNotified", item, subscriber: subscriber.id });
    }
    subscriber.notificationsDropped++;
    subscriber.droppedInEpisode++;
    if (subscriber.droppedInEpisode === 1) {
      this.#effects.report({ name: "subscriberLagging", subscriber: subscriber.id });
    }
  }

  /**
   * Observers are not paced. For all others what has expired lately is still unanswered: a client that
   * is behind must not get its whole backlog at once because deadlines pass.
   */
  #mayWriteAt(subscriber: Subscriber): Instant {
    if (subscriber.role === "observer") return 0 as Instant;
    const { outstanding, lostCount, expiredInRow } = subscriber;
    return subscriber.pacer.mayWriteAt(outstanding.size - lostCount + expiredInRow);
  }

  #write(subscriber: Subscriber, notice: Notice, payload: Uint8Array): void {
    const { now } = this.#effects;
    const messageId = this.#freshMessageId(subscriber);
    const notification = new GossipNotification(messageId, notice.ask.dataType, payload);
    subscriber.waitingCount--;
    subscriber.waitingBytes -= notification.frameBytes;
    subscriber.unsentBytes += notification.frameBytes;
    subscriber.unsentMessages++;
    subscriber.pacer.onWritten(subscriber.outstanding.size - subscriber.lostCount, now);
    notice.state = "written";
    notice.payload = undefined;
    notice.messageId = messageId;
    notice.writtenAt = now;
    notice.window = subscriber.pacer.window;
    subscriber.outstanding.add(messageId, notice);
    this.#effects.counters.totals.notificationsWritten++;
    const { role, ask } = notice;
    if (ask.trace === "traced") {
      const { id } = subscriber;
      this.#effects.trace({
        kind: "itemNotified",
        item: ask.item,
        subscriber: id,
        role,
        messageId,
      });
    }
    if (subscriber.gathered.push(notification) === 1) this.#listener.onGathered(subscriber);
    // A pacing deadline that is set is that of one of these, or comes within the next gap.
    if (subscriber.deadlines.pacing.isSet) return;
    this.#watchForLostPair(subscriber);
    this.#watchForSilence(subscriber);
  }

  /** Random, and not among the open ones [protocol §2.3]. */
  #freshMessageId(subscriber: Subscriber): number {
    const idsMax = subscriber.role === "observer" ? OBSERVER_IDS_MAX : VALIDATOR_IDS_MAX;
    if (subscriber.outstanding.size >= idsMax) {
      const oldest = present(subscriber.outstanding.oldest, "the oldest notice");
      this.#end(subscriber, oldest, "abstain");
    }
    for (;;) {
      const messageId = this.#random.below(MESSAGE_ID_BOUND);
      if (!subscriber.outstanding.has(messageId)) return messageId;
    }
  }

  #end(subscriber: Subscriber, notice: Notice, end: NoticeEnd): void {
    if (notice.payload === undefined) {
      subscriber.outstanding.delete(notice.messageId);
      if (notice.state === "lost") subscriber.lostCount--;
    } else {
      subscriber.waitingCount--;
      subscriber.waitingBytes -= NOTIFICATION_HEADER_BYTES + notice.payload.length;
      notice.payload = undefined;
    }
    notice.state = "ended";
    notice.ask.openNotices--;
    this.#listener.onNoticeEnded(notice.ask, notice.role, end);
  }

  /** Two outstanding ones, written to a client that had earned a window, of which neither came back. */
  #watchForLostPair(subscriber: Subscriber): void {
    if (subscriber.role === "observer" || subscriber.pacer.mode === "oneAtATime") return;
    if (subscriber.outstanding.size < 2) return;
    const second = subscriber.outstanding.nth(2);
    if (second === undefined || second.window < 2) return;
    const lostAt = (second.writtenAt + PAIR_LOST_MS) as Instant;
    if (lostAt > this.#effects.now) {
      this.#effects.deadlines.setNoLaterThan(subscriber.deadlines.pacing, lostAt);
      return;
    }
    subscriber.pacer.onPairLost();
    this.#giveUpAsLost(subscriber);
    this.#effects.report({ name: "oneAtATime", subscriber: subscriber.id });
  }

  /** What went out together does not come back: it must not hold up what follows. */
  #giveUpAsLost(subscriber: Subscriber): void {
    for (const notice of subscriber.outstanding) {
      if (notice.writtenAt + PAIR_LOST_MS > this.#effects.now) return;
      notice.state = "lost";
      subscriber.lostCount++;
    }
  }

  #watchForSilence(subscriber: Subscriber): void {
    if (subscriber.role === "observer" || subscriber.pacer.hasAnswered) return;
    if (subscriber.outstanding.size < UNANSWERED_TO_OBSERVE) return;
    const third = subscriber.outstanding.nth(UNANSWERED_TO_OBSERVE);
    if (third === undefined) return;
    const silentAt = (third.writtenAt + SILENT_AFTER_MS) as Instant;
    if (silentAt > this.#effects.now) {
      this.#effects.deadlines.setNoLaterThan(subscriber.deadlines.pacing, silentAt);
      return;
    }
    this.#beginObservation(subscriber);
  }

  #beginObservation(subscriber: Subscriber): void {
    if (subscriber.role === "observer") return;
    subscriber.role = "observer";
    this.#effects.report({ name: "observerBegan", subscriber: subscriber.id });
    for (const notice of [...subscriber.outstanding, ...subscriber.waiting]) {
      if (notice.state === "ended" || notice.role === "observer") continue;
      notice.role = "observer";
      this.#listener.onBecameObserver(notice.ask);
    }
  }

  /** Any answer, even a late one, ends it [protocol §4.3]. */
  #endObservation(subscriber: Subscriber): void {
    if (subscriber.role === "validator") return;
    subscriber.role = "validator";
    this.#effects.report({ name: "observerEnded", subscriber: subscriber.id });
  }
}
