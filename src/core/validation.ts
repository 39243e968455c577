import type { CoreConfig } from "./core-config.ts";
import { Deadline } from "./deadline-queue.ts";
import type { Effects } from "./effects.ts";
import { Fifo } from "./fifo.ts";
import type { Ask, DecidedVerdict, NoticeEnd, PendingVerdict } from "./notice.ts";
import { OrderedMap } from "./ordered-map.ts";
import type { Instant, LinkId } from "./ports.ts";
import type { ItemOutcome } from "./trace.ts";

/**
 * Items settled in one step, by count and by payload; beyond it they wait for the next one [protocol §4.3].
 * A guess: some milliseconds of work, and a quarter of what a link's queue holds.
 */
const SETTLED_PER_STEP_MAX = 256;
const SETTLED_BYTES_PER_STEP_MAX: number = 262_144;
/** What was decided waits this long at a time for links that are full, in ms. A guess: a few turns of an event loop. */
const SETTLING_RETRY_MS = 10;

/** What validation tells the rest of the core. */
export interface ValidationListener {
  onSettled(ask: Ask, pending: PendingVerdict, outcome: ItemOutcome): void;
  /** The deadline of these asks has passed, whatever became of their items: open notices expire. */
  onAsksExpired(asks: readonly Ask[]): void;
  /** How much of its share a link fills may have changed [protocol §4.10]. */
  onShareChanged(link: LinkId): void;
  /** Whether most links still have room for what is settled beyond one step's worth [protocol §4.11]. */
  haveLinksRoom(): boolean;
}

interface Share {
  items: number;
  bytes: number;
}

const NO_SHARE: Readonly<Share> = { items: 0, bytes: 0 };

/**
 * Items waiting for their subscribers' verdicts [protocol §4.3, §4.10], and the deadline of every ask.
 * Bounded in all and per link, so that a silent validator stops nobody: what finds no room is notified,
 * but not held.
 */
export class Validation {
  readonly #config: CoreConfig;
  readonly #effects: Effects;
  readonly #listener: ValidationListener;
  /** By item, in the order of asking. All have the same time to live: the first expires first. */
  readonly #openByItem = new OrderedMap<Ask>();
  readonly #deadline: Deadline;
  /** Decided, but not settled yet: a validator who goes away may decide thousands at once. */
  readonly #decided = new Fifo<{ readonly ask: Ask; readonly verdict: DecidedVerdict }>();
  readonly #settling: Deadline;
  readonly #settled = { step: 0, items: 0, bytes: 0 };
  readonly #shareByLink = new Map<LinkId, Share>();
  #pendingItems = 0;
  #pendingBytes = 0;
  #waitsForVerdictSince: Instant = Number.NEGATIVE_INFINITY as Instant;

  constructor(config: CoreConfig, effects: Effects, listener: ValidationListener) {
    this.#config = config;
    this.#effects = effects;
    this.#listener = listener;
    this.#deadline = new Deadline(() => {
      this.#expire();
    });
    this.#settling = new Deadline(() => {
      this.#settleDecided();
    });
  }

  get pendingItems(): number {
    return this.#pendingItems;
  }

  get pendingBytes(): number {
    return this.#pendingBytes;
  }

  /** When the last verdict of any subscriber came in, or the first item that waits for one. */
  get waitsForVerdictSince(): Instant {
    return this.#waitsForVerdictSince;
  }

  /** Whether the pending store has room for one more item from this link. */
  hasRoomFor(link: LinkId, payloadBytes: number): boolean {
    return this.#fits(link, undefined, payloadBytes);
  }

  isOverHalfShare(link: LinkId): boolean {
    const { limits } = this.#config;
    const share = this.#shareByLink.get(link);
    if (share === undefined) return false;
    return (
      share.items * 2 > limits.pendingItemsPerLink || share.bytes * 2 > limits.pendingBytesPerLink
    );
  }

  pendingAskOf(item: number): { ask: Ask; pending: PendingVerdict } | undefined {
    const ask = this.#openByItem.get(item);
    if (ask === undefined || ask.verdict.kind === "none") return undefined;
    return { ask, pending: ask.verdict.kind === "decided" ? ask.verdict.pending : ask.verdict };
  }

  /** Starts the clock of an ask, and holds its item if a verdict is pending and there was room. */
  open(ask: Ask): void {
    this.#openByItem.add(ask.item, ask);
    if (!this.#deadline.isSet)
      this.#effects.setIn(this.#deadline, this.#config.validationTimeoutMs);
    if (ask.verdict.kind !== "pending") return;
    if (this.#pendingItems === 0) this.#waitsForVerdictSince = this.#effects.now;
    this.#charge(ask.verdict, 1, ask.verdict.payload?.length ?? 0);
  }

  /** All subscribers were asked: if every notification was dropped, nothing is left to wait for. */
  begun(ask: Ask): void {
    this.#evaluate(ask, "open");
    this.#forgetIfDone(ask);
  }

  /**
   * Holds the data of an item of which only a copy with TTL 1 had come, or one without room, if there
   * is room. From now on the link that brought the data pays for the item: a poisoner must not keep
   * the good copy out by filling its own share [protocol §4.6, §4.10].
   */
  takeOver(pending: PendingVerdict, link: LinkId, payload: Uint8Array): "held" | "noRoom" {
    if (!this.#fits(link, pending.source, payload.length)) return "noRoom";
    this.#charge(pending, -1, 0);
    pending.source = link;
    pending.payload = payload;
    this.#charge(pending, 1, payload.length);
    return "held";
  }

  /** A subscriber has answered, or will not. `role` is the one it had. */
  onNoticeEnded(ask: Ask, role: "validator" | "observer", end: NoticeEnd): void {
    if (end !== "abstain") this.#waitsForVerdictSince = this.#effects.now;
    if (ask.verdict.kind === "pending") {
      if (role === "validator") ask.verdict.waitingFor--;
      else ask.verdict.observing--;
      if (end === "accept") ask.verdict.accepts++;
      if (end === "reject") ask.verdict.rejects++;
      this.#evaluate(ask, "open");
    }
    this.#forgetIfDone(ask);
  }

  /** A subscriber is no longer waited for, but its answer still counts. */
  onBecameObserver(ask: Ask): void {
    if (ask.verdict.kind !== "pending") return;
    ask.verdict.waitingFor--;
    ask.verdict.observing++;
    this.#evaluate(ask, "open");
  }

  #evaluate(ask: Ask, moment: "open" | "deadline"): void {
    if (ask.verdict.kind !== "pending") return;
    const outcome =
      this.#decide(ask.verdict) ??
      (moment === "deadline" || ask.verdict.waitingFor + ask.verdict.observing === 0
        ? decideAtEnd(ask.verdict)
        : undefined);
    if (outcome === undefined) return;
    const { verdict: pending } = ask;
    if (this.#maySettle(pending, outcome)) {
      this.#settle(ask, pending, outcome);
    } else {
      ask.verdict = { kind: "decided", outcome, pending };
      this.#decided.push({ ask, verdict: ask.verdict });
      if (!this.#settling.isSet) this.#effects.setIn(this.#settling, 0);
    }
  }

  /** Whether this step leaves room for one more item, which is counted. */
  #maySettle({ payload }: PendingVerdict, outcome: ItemOutcome): boolean {
    const settled = this.#settled;
    if (settled.step !== this.#effects.step) {
      settled.step = this.#effects.step;
      settled.items = 0;
      settled.bytes = 0;
    }
    if (settled.items >= SETTLED_PER_STEP_MAX || settled.bytes >= SETTLED_BYTES_PER_STEP_MAX) {
      return false;
    }
    settled.items++;
    if (outcome === "accepted") settled.bytes += payload?.length ?? 0;
    return true;
  }

  #settleDecided(): void {
    if (!this.#listener.haveLinksRoom()) {
      this.#effects.setIn(this.#settling, SETTLING_RETRY_MS);
      return;
    }
    for (let next = this.#decided.peek(); next !== undefined; next = this.#decided.peek()) {
      const { ask, verdict } = next;
      if (!this.#maySettle(verdict.pending, verdict.outcome)) {
        this.#effects.setIn(this.#settling, 0);
        return;
      }
      this.#decided.shift();
      this.#settle(ask, verdict.pending, verdict.outcome);
      this.#forgetIfDone(ask);
    }
  }

  /** What the answers so far decide under the policy, while others may still answer. */
  #decide(pending: PendingVerdict): ItemOutcome | undefined {
    const { accepts, rejects, waitingFor } = pending;
    switch (this.#config.validationPolicy) {
      case "all":
        if (rejects > 0) return "rejected";
        return waitingFor === 0 && accepts > 0 ? "accepted" : undefined;
      case "any":
        if (accepts > 0) return "accepted";
        return waitingFor === 0 && rejects > 0 ? "rejected" : undefined;
      case "first":
        if (accepts > 0) return "accepted";
        return rejects > 0 ? "rejected" : undefined;
    }
  }

  #settle(ask: Ask, pending: PendingVerdict, outcome: ItemOutcome): void {
    this.#charge(pending, -1, -(pending.payload?.length ?? 0));
    ask.verdict = { kind: "none" };
    this.#listener.onSettled(ask, pending, outcome);
  }

  /** Room for these bytes at the expense of `link`, of an item that `charged` pays for so far. */
  #fits(link: LinkId, charged: LinkId | undefined, bytes: number): boolean {
    const { limits } = this.#config;
    const share = this.#shareByLink.get(link) ?? NO_SHARE;
    return (
      this.#pendingItems + (charged === undefined ? 1 : 0) <= limits.pendingItems &&
      this.#pendingBytes + bytes <= limits.pendingBytes &&
      share.items + (charged === link ? 0 : 1) <= limits.pendingItemsPerLink &&
      share.bytes + bytes <= limits.pendingBytesPerLink
    );
  }

  #charge({ source }: PendingVerdict, items: number, bytes: number): void {
    if (source === undefined) return;
    this.#pendingItems += items;
    this.#pendingBytes += bytes;
    const share = this.#shareOf(source);
    share.items += items;
    share.bytes += bytes;
    if (share.items === 0) this.#shareByLink.delete(source);
    this.#listener.onShareChanged(source);
  }

  #shareOf(link: LinkId): Share {
    const known = this.#shareByLink.get(link);
    if (known !== undefined) return known;
    const share = { items: 0, bytes: 0 };
    this.#shareByLink.set(link, share);
    return share;
  }

  #forgetIfDone(ask: Ask): void {
    if (ask.openNotices === 0 && ask.verdict.kind === "none") this.#openByItem.delete(ask.item);
  }

  /** What was decided before goes first: then nothing that waits is met again here. */
  #expire(): void {
    const { now } = this.#effects;
    const expired: Ask[] = [];
    for (const ask of this.#openByItem) {
      const expiresAt = (ask.askedAt + this.#config.validationTimeoutMs) as Instant;
      const isNow = this.#decided.length === 0 && expired.length < SETTLED_PER_STEP_MAX;
      if (expiresAt > now || !isNow) {
        this.#effects.deadlines.set(this.#deadline, Math.max(expiresAt, now) as Instant);
        break;
      }
      this.#evaluate(ask, "deadline");
      if (ask.verdict.kind === "none") this.#openByItem.delete(ask.item);
      expired.push(ask);
    }
    this.#listener.onAsksExpired(expired);
  }
}

/** What the answers come to when no more will follow: `all` and `first` decided on any V = 0 before. */
function decideAtEnd(pending: PendingVerdict): ItemOutcome {
  if (pending.accepts > 0) return "accepted";
  return pending.rejects > 0 ? "rejected" : "expired";
}
