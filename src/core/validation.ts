import type { CoreConfig } from "./core-config.ts";
import { Deadline } from "./deadline-queue.ts";
import type { Effects } from "./effects.ts";
import { Fifo } from "./fifo.ts";
import type { Ask, NoticeEnd } from "./notice.ts";
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
  /** Its data and senders are still there, and will not be afterwards. */
  onSettled(ask: Ask, outcome: ItemOutcome): void;
  /** The deadline of these asks has passed, whatever became of their items: open notices expire. */
  onAsksExpired(asks: readonly Ask[]): void;
  /** A link fills more than half of its share, or did so just now: by how much has changed [§4.10]. */
  onShareChanged(link: LinkId): void;
  /** Whether most links still have room for what is settled beyond one step's worth [protocol §4.11]. */
  haveLinksRoom(): boolean;
}

interface Share {
  items: number;
  bytes: number;
}

interface Decided {
  readonly ask: Ask;
  readonly outcome: ItemOutcome;
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
  readonly #decided = new Fifo<Decided>();
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
    return this.#isOverHalf(this.#shareByLink.get(link) ?? NO_SHARE);
  }

  /** Whether items that this link brought are held for a verdict. */
  hasPending(link: LinkId): boolean {
    return this.#shareByLink.has(link);
  }

  /** The ask of an item that is not settled: copies may still improve it. */
  unsettledAskOf(item: number): Ask | undefined {
    const ask = this.#openByItem.get(item);
    return ask?.verdict === "none" ? undefined : ask;
  }

  /** Starts the clock of an ask, and holds its item if a verdict is pending and there was room. */
  open(ask: Ask): void {
    this.#openByItem.add(ask.item, ask);
    if (!this.#deadline.isSet)
      this.#effects.setIn(this.#deadline, this.#config.validationTimeoutMs);
    if (ask.verdict !== "pending") return;
    if (this.#pendingItems === 0) this.#waitsForVerdictSince = this.#effects.now;
    this.#charge(ask.source, 1, ask.payload?.length ?? 0);
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
  takeOver(ask: Ask, link: LinkId, payload: Uint8Array): "held" | "noRoom" {
    if (!this.#fits(link, ask.source, payload.length)) return "noRoom";
    this.#charge(ask.source, -1, 0);
    ask.source = link;
    ask.payload = payload;
    this.#charge(link, 1, payload.length);
    return "held";
  }

  /** A subscriber has answered, or will not. `role` is the one it had. */
  onNoticeEnded(ask: Ask, role: "validator" | "observer", end: NoticeEnd): void {
    if (end !== "abstain") this.#waitsForVerdictSince = this.#effects.now;
    if (ask.verdict === "pending") {
      if (role === "validator") ask.waitingFor--;
      else ask.observing--;
      if (end === "accept") ask.accepts++;
      if (end === "reject") ask.rejects++;
      this.#evaluate(ask, "open");
    }
    this.#forgetIfDone(ask);
  }

  /** A subscriber is no longer waited for, but its answer still counts. */
  onBecameObserver(ask: Ask): void {
    if (ask.verdict !== "pending") return;
    ask.waitingFor--;
    ask.observing++;
    this.#evaluate(ask, "open");
  }

  #evaluate(ask: Ask, moment: "open" | "deadline"): void {
    if (ask.verdict !== "pending") return;
    const outcome =
      this.#decide(ask) ??
      (moment === "deadline" || ask.waitingFor + ask.observing === 0
        ? decideAtEnd(ask)
        : undefined);
    if (outcome === undefined) return;
    if (this.#maySettle(ask, outcome)) {
      this.#settle(ask, outcome);
    } else {
      ask.verdict = "decided";
      this.#decided.push({ ask, outcome });
      if (!this.#settling.isSet) this.#effects.setIn(this.#settling, 0);
    }
  }

  /** Whether this step leaves room for one more item, which is counted. */
  #maySettle({ payload }: Ask, outcome: ItemOutcome): boolean {
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
      const { ask, outcome } = next;
      if (!this.#maySettle(ask, outcome)) {
        this.#effects.setIn(this.#settling, 0);
        return;
      }
      this.#decided.shift();
      this.#settle(ask, outcome);
      this.#forgetIfDone(ask);
    }
  }

  /** What the answers so far decide under the policy, while others may still answer. */
  #decide({ accepts, rejects, waitingFor }: Ask): ItemOutcome | undefined {
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

  #settle(ask: Ask, outcome: ItemOutcome): void {
    this.#charge(ask.source, -1, -(ask.payload?.length ?? 0));
    ask.verdict = "none";
    this.#listener.onSettled(ask, outcome);
    ask.letGo();
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

  #charge(source: LinkId | undefined, items: number, bytes: number): void {
    if (source === undefined) return;
    this.#pendingItems += items;
    this.#pendingBytes += bytes;
    const share = this.#shareOf(source);
    const wasOverHalf = this.#isOverHalf(share);
    share.items += items;
    share.bytes += bytes;
    if (share.items === 0) this.#shareByLink.delete(source);
    if (wasOverHalf || this.#isOverHalf(share)) this.#listener.onShareChanged(source);
  }

  #isOverHalf({ items, bytes }: Readonly<Share>): boolean {
    const { pendingItemsPerLink, pendingBytesPerLink } = this.#config.limits;
    return items * 2 > pendingItemsPerLink || bytes * 2 > pendingBytesPerLink;
  }

  #shareOf(link: LinkId): Share {
    const known = this.#shareByLink.get(link);
    if (known !== undefined) return known;
    const share = { items: 0, bytes: 0 };
    this.#shareByLink.set(link, share);
    return share;
  }

  #forgetIfDone(ask: Ask): void {
    if (ask.openNotices === 0 && ask.verdict === "none") this.#openByItem.delete(ask.item);
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
      if (ask.verdict === "none") this.#openByItem.delete(ask.item);
      expired.push(ask);
    }
    this.#listener.onAsksExpired(expired);
  }
}

/** What the answers come to when no more will follow: `all` and `first` decided on any V = 0 before. */
function decideAtEnd({ accepts, rejects }: Ask): ItemOutcome {
  if (accepts > 0) return "accepted";
  return rejects > 0 ? "rejected" : "expired";
}
