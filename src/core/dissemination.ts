import type { GossipAnnounce } from "../wire/api/gossip-announce.ts";
import { P2PAnnounce } from "../wire/p2p/p2p-announce.ts";
import { ContentLimiter } from "./content-limiter.ts";
import type { CoreConfig } from "./core-config.ts";
import { Deadline } from "./deadline-queue.ts";
import type { Effects } from "./effects.ts";
import { FanOut, targetsOf } from "./fan-out.ts";
import type { Targets } from "./fan-out.ts";
import { forwardedTtl, hopsLeft, hopsLeftAtSender, TTL_LAST_HOP } from "./hops.ts";
import type { TraceChoice } from "./item-tracing.ts";
import { fillItemKey, formatItemKey, ITEM_KEY_WORDS } from "./item-key.ts";
import { KnowledgeBase } from "./knowledge-base.ts";
import type { KnownItem } from "./knowledge-base.ts";
import type { Link, LinkPort } from "./link.ts";
import { Ask } from "./notice.ts";
import { OutgoingFrame } from "./outgoing-frame.ts";
import type { Digest, LinkId, Random, SubscriberId } from "./ports.ts";
import { RecentIds } from "./recent-ids.ts";
import { Reforwards } from "./reforwards.ts";
import { SeenCache } from "./seen-cache.ts";
import type { DropReason, ItemOutcome, RefusalReason, TraceEvent } from "./trace.ts";

/** Draws of a message id before one seen lately is taken [protocol §4.4]. */
const MESSAGE_ID_DRAWS_MAX = 8;
const MESSAGE_ID_BOUND = 65_536;

/** What dissemination needs of subscribers and their verdicts. */
export interface DisseminationPort {
  hasSubscribers(dataType: number): boolean;
  /** Room for one more item from this link in the pending store [protocol §4.10]. */
  mayHold(link: LinkId, payloadBytes: number): boolean;
  unsettledAskOf(item: number): Ask | undefined;
  /** Holds the data that a better copy has brought, at the expense of its link [protocol §4.6]. */
  takeOver(ask: Ask, link: LinkId, payload: Uint8Array): "held" | "noRoom";
  /** Puts an item before its subscribers, except the connection that announced it. */
  ask(ask: Ask, payload: Uint8Array, except: SubscriberId | undefined): void;
}

/**
 * Identity, dedupe, TTL, fan-out and the memory for late links: flooding over established links
 * [protocol §4].
 */
export class Dissemination {
  readonly #effects: Effects;
  readonly #random: Random;
  readonly #digest: Digest;
  readonly #links: LinkPort;
  readonly #port: DisseminationPort;
  readonly #seen: SeenCache;
  readonly #contents: ContentLimiter;
  readonly #recentIds = new RecentIds();
  readonly #reforwards = new Reforwards();
  readonly #fanOut: FanOut;
  readonly #knowledge: KnowledgeBase;
  readonly #seenTurn: Deadline;
  readonly #knowledgeExpiry: Deadline;
  /** The key of the item at hand; reused, because there is one per frame. */
  readonly #key: Int32Array = new Int32Array(ITEM_KEY_WORDS);

  constructor(
    config: CoreConfig,
    effects: Effects,
    ports: { readonly random: Random; readonly digest: Digest },
    links: LinkPort,
    port: DisseminationPort,
  ) {
    this.#effects = effects;
    this.#random = ports.random.fork("dissemination");
    this.#digest = ports.digest;
    this.#links = links;
    this.#port = port;
    this.#seen = new SeenCache(effects.now, ports.random.fork("seen-cache"));
    this.#contents = new ContentLimiter(ports.random.fork("content-limiter"));
    const { cacheSize, degree, limits } = config;
    this.#fanOut = new FanOut(degree, this.#random);
    this.#knowledge = new KnowledgeBase(cacheSize, limits.knowledgeBytes, degree);
    this.#seenTurn = new Deadline(() => {
      this.turnSeen("byAge");
    });
    this.#knowledgeExpiry = new Deadline(() => {
      this.#expireKnowledge();
    });
  }

  get seen(): SeenCache {
    return this.#seen;
  }

  get knowledge(): KnowledgeBase {
    return this.#knowledge;
  }

  get contentCount(): number {
    return this.#contents.size;
  }

  get reforwardedCount(): number {
    return this.#reforwards.size;
  }

  /** An item from a peer [protocol §4.2]. */
  onItem(link: Link, message: P2PAnnounce): void {
    this.#effects.counters.totals.itemsReceived++;
    link.itemsIn++;
    fillItemKey(this.#key, message.dataType, message.messageId, message.data, this.#digest);
    const known = this.#seen.find(this.#key);
    if (known >= 0) {
      this.#onCopy(known, link, message);
    } else if (!this.#port.hasSubscribers(message.dataType)) {
      this.#refuse(link, message, "unsubscribed");
    } else if (!this.#contents.admit(link.id, this.#key, this.#effects.now)) {
      this.#refuse(link, message, "repeatedContent");
    } else {
      this.#onNewItem(link, message);
    }
  }

  /** An item from a local module: no verdict needed, spreads at once [protocol §4.4]. */
  announce(subscriber: SubscriberId, request: GossipAnnounce): void {
    this.#effects.counters.totals.itemsAnnounced++;
    const { ttl, dataType } = request;
    const payload = copyOf(request.data);
    fillItemKey(this.#key, dataType, 0, payload, this.#digest);
    const messageId = this.#drawMessageId();
    if (messageId === undefined) return;
    const item = this.#remember("accepted", hopsLeftAtSender(ttl), messageId);
    const trace = this.#chooseTrace(item);
    if (trace === "traced") {
      const key = formatItemKey(this.#key);
      const bytes = payload.length;
      this.#effects.trace({ kind: "itemAnnounced", item, key, dataType, ttl, bytes, subscriber });
    }
    const frame = new OutgoingFrame(new P2PAnnounce(messageId, dataType, ttl, payload));
    const sentTo = this.#fanOut.choose(this.#links.established(), []);
    this.#forward({ item, trace, occasion: "announced", holders: [] }, sentTo, frame, ttl);
    const offered = { item, trace, dataType, messageId, payload };
    this.#knowledge.addOwn(offered, ttl, sentTo.ids, this.#effects.now);
    this.#onKnowledgeAdded();
    this.#port.ask(new Ask(item, trace, offered, this.#effects.now), payload, subscriber);
  }

  /** The subscribers have decided, or their time is up [protocol §4.3]. */
  onSettled(ask: Ask, outcome: ItemOutcome): void {
    const { dataType, messageId, trace, payload } = ask;
    const { counters } = this.#effects;
    counters.totals[OUTCOME_COUNTERS[outcome]]++;
    this.#traceSettled(ask, outcome);
    const item = this.#renew(ask);
    this.#seen.mark(item, outcome === "accepted" ? "accepted" : "closed", this.#seen.hopsOf(item));
    const ttl = forwardedTtl(ask.ttl);
    if (outcome !== "accepted") return;
    if (ttl === undefined || payload === undefined) {
      if (trace === "traced") {
        this.#effects.trace({ kind: "itemStopped", item, reason: "lastHop" });
      }
      return;
    }
    const frame = new OutgoingFrame(new P2PAnnounce(messageId, dataType, ttl, payload));
    // Their nodes have handled nothing worse than what this copy would be [protocol §4.7].
    const holders = ask.sendersWith(hopsLeft(ttl));
    const sentTo = this.#fanOut.choose(this.#links.established(), holders);
    this.#forward({ item, trace, occasion: "accepted", holders }, sentTo, frame, ttl);
    const offered = { item, trace, dataType, messageId, payload };
    const brought = ask.sendersWith(0);
    this.#knowledge.addForeign(offered, brought, sentTo.ids, this.#effects.now);
    this.#onKnowledgeAdded();
  }

  /** What a link that has just come up may be offered [protocol §4.9]. */
  itemsToOffer(): number[] {
    return this.#knowledge.items();
  }

  /** Offers one known item to a link, if it should still get it and half of its queue is enough. */
  offer(item: number, link: Link): "done" | "noRoom" {
    const { now } = this.#effects;
    const known = this.#knowledge.offerOf(item, link.id, now);
    if (known === undefined) return "done";
    const { trace, messageId, dataType, ttl, payload } = known;
    const message = new P2PAnnounce(messageId, dataType, ttl, payload);
    if (!this.#links.hasRoomInHalf(link, message.frameBytes)) return "noRoom";
    if (this.#knowledge.isUnsentOwn(known)) this.#rememberOwn(known);
    const frame = new OutgoingFrame(message);
    this.#effects.counters.totals.itemsOffered++;
    this.#forward({ item, trace, occasion: "offered", holders: [] }, targetsOf([link]), frame, ttl);
    this.#knowledge.onOffered(known, link.id, now);
    return "done";
  }

  /** Turns the seen cache, and what is remembered beside it. */
  turnSeen(occasion: "byAge" | "byCount"): void {
    const { now } = this.#effects;
    if (occasion === "byAge") {
      this.#seen.turnIfDue(now);
    } else {
      this.#seen.turnEarly(now);
      this.#effects.counters.totals.seenWindowShortened++;
    }
    this.#recentIds.turn();
    this.#reforwards.forgetBelow(this.#seen.oldestItem);
    this.#effects.deadlines.set(this.#seenTurn, this.#seen.turnsAt);
  }

  #onNewItem(link: Link, message: P2PAnnounce): void {
    const { dataType, messageId, ttl } = message;
    this.#effects.counters.totals.itemNew++;
    link.newItemsIn++;
    const payload = copyOf(message.data);
    const kept = forwardedTtl(ttl) === undefined ? undefined : payload;
    const mayHold = this.#port.mayHold(link.id, kept?.length ?? 0);
    // What finds no room is handled as if it ended here, so a copy over another link is better.
    const ttlHeld = mayHold ? ttl : TTL_LAST_HOP;
    const item = this.#remember("pending", hopsLeft(ttlHeld), messageId);
    const trace = this.#chooseTrace(item);
    if (trace === "traced") {
      const key = formatItemKey(this.#key);
      const bytes = payload.length;
      this.#effects.trace({ kind: "itemArrived", item, key, dataType, ttl, bytes, link: link.id });
    }
    if (!mayHold) this.#drop(item, link, message, "notHeld");
    const ask = new Ask(item, trace, message, this.#effects.now);
    ask.verdict = "pending";
    ask.noteSender(link.id, hopsLeftAtSender(ttl));
    ask.ttl = ttlHeld;
    if (mayHold) {
      ask.source = link.id;
      ask.payload = kept;
    }
    this.#port.ask(ask, payload, undefined);
  }

  /** A copy of an item that was handled before [protocol §4.6]. */
  #onCopy(item: number, link: Link, message: P2PAnnounce): void {
    const hops = hopsLeft(message.ttl);
    const isBetter = hops > this.#seen.hopsOf(item);
    switch (this.#seen.stateOf(item)) {
      case "pending":
        this.#onCopyWhilePending(item, link, message, isBetter);
        return;
      case "accepted":
        this.#knowledge.noteHolder(item, link.id, hopsLeftAtSender(message.ttl));
        if (isBetter) this.#reforward(item, link, message);
        else this.#drop(item, link, message, "duplicate");
        return;
      case "closed":
        this.#drop(item, link, message, "duplicate");
        return;
    }
  }

  #onCopyWhilePending(item: number, link: Link, message: P2PAnnounce, isBetter: boolean): void {
    const ask = this.#port.unsettledAskOf(item);
    ask?.noteSender(link.id, hopsLeftAtSender(message.ttl));
    if (ask === undefined || !isBetter) {
      this.#drop(item, link, message, "duplicate");
      return;
    }
    if (
      ask.payload === undefined &&
      this.#port.takeOver(ask, link.id, copyOf(message.data)) === "noRoom"
    ) {
      this.#drop(item, link, message, "noRoom");
      return;
    }
    this.#effects.counters.totals.itemImproved++;
    this.#seen.mark(item, "pending", hopsLeft(message.ttl));
    ask.ttl = message.ttl;
  }

  /** Whoever re-sends an item early with TTL 1 must not decide how far it travels [protocol §4.6]. */
  #reforward(item: number, link: Link, message: P2PAnnounce): void {
    const ttl = forwardedTtl(message.ttl);
    if (ttl === undefined || !this.#reforwards.admit(item, link.id)) {
      this.#drop(item, link, message, "reforwardRefused");
      return;
    }
    this.#effects.counters.totals.itemImproved++;
    this.#seen.mark(item, "accepted", hopsLeft(message.ttl));
    const { messageId, dataType } = message;
    const copy = new P2PAnnounce(messageId, dataType, ttl, copyOf(message.data));
    const others = targetsOf(this.#links.established().filter((other) => other !== link));
    const trace = this.#seen.isTraced(item) ? "traced" : "unwanted";
    const why = { item, trace, occasion: "improved", holders: [link.id] } as const;
    this.#forward(why, others, new OutgoingFrame(copy), ttl);
  }

  #remember(state: "pending" | "accepted" | "closed", hops: number, messageId: number): number {
    this.#recentIds.add(messageId);
    const item = this.#seen.add(this.#key, state, hops, this.#effects.now);
    if (!this.#seenTurn.isSet) this.#effects.deadlines.set(this.#seenTurn, this.#seen.turnsAt);
    return item;
  }

  /** Decides whether the life of a new item is told. */
  #chooseTrace(item: number): TraceChoice {
    const choice = this.#effects.traceOfLife();
    if (choice === "traced") this.#seen.markTraced(item);
    return choice;
  }

  /** Its neighbours hear of an item only now: for them the time starts in which copies come back. */
  #renew({ item, trace }: Pick<Ask, "item" | "trace">): number {
    const renewed = this.#seen.renew(item, this.#effects.now);
    if (renewed !== item && trace === "traced") {
      this.#effects.trace({ kind: "itemRenewed", item, renewed });
    }
    return renewed;
  }

  /** An own item may wait for its first link for longer than its key is remembered [§4.8, §4.9]. */
  #rememberOwn(known: KnownItem): void {
    const { item, trace, dataType, messageId, ttl, payload } = known;
    if (item >= this.#seen.oldestItem) {
      this.#renew(known);
      return;
    }
    fillItemKey(this.#key, dataType, messageId, payload, this.#digest);
    const renewed = this.#remember("accepted", hopsLeftAtSender(ttl), messageId);
    if (trace !== "traced") return;
    this.#seen.markTraced(renewed);
    this.#effects.trace({ kind: "itemRenewed", item, renewed });
  }

  #forward(why: Forwarding, targets: Targets, frame: OutgoingFrame, ttl: number): void {
    this.#links.sendToAll(targets.links, frame);
    if (why.trace === "traced") this.#traceForwarded(why, targets, ttl);
  }

  #traceForwarded({ item, occasion, holders }: Forwarding, targets: Targets, ttl: number): void {
    const { links, ids } = targets;
    if (links.length === 0) {
      this.#effects.trace({ kind: "itemStopped", item, reason: "noOtherLink" });
      return;
    }
    const isLimited = occasion === "announced" || occasion === "accepted";
    const candidates = isLimited
      ? this.#links.established().filter((link) => !holders.includes(link.id)).length
      : links.length;
    const beyondDegree = candidates - links.length;
    this.#effects.trace({
      kind: "itemForwarded",
      item,
      links: ids,
      holders,
      beyondDegree,
      ttl,
      occasion,
    });
  }

  #traceSettled({ item, trace, askedAt }: Ask, outcome: ItemOutcome): void {
    if (trace !== "traced") return;
    const afterMs = this.#effects.now - askedAt;
    this.#effects.trace({ kind: "itemSettled", item, outcome, afterMs });
  }

  #drop(item: number, link: Link, { ttl }: P2PAnnounce, reason: DropReason): void {
    this.#effects.counters.totals[DROP_COUNTERS[reason]]++;
    if (!this.#seen.isTraced(item)) return;
    this.#effects.trace({ kind: "itemDropped", item, link: link.id, ttl, reason });
  }

  #refuse(link: Link, { dataType, ttl, data }: P2PAnnounce, reason: RefusalReason): void {
    this.#effects.counters.totals[REFUSAL_COUNTERS[reason]]++;
    if (this.#effects.traceOfRefusal() !== "traced") return;
    const key = formatItemKey(this.#key);
    const bytes = data.length;
    this.#effects.trace({ kind: "itemRefused", key, dataType, ttl, bytes, link: link.id, reason });
  }

  /**
   * Draws the message id of the item whose type and data `#key` holds, and completes the key with it.
   * When all draws were seen lately the last one is taken [protocol §4.4], unless that very item is
   * known: then the item is on its way already, and there is nothing left to announce.
   */
  #drawMessageId(): number | undefined {
    const typeWord = this.#key[0] ?? 0;
    for (let draw = 1; ; draw++) {
      const messageId = this.#random.below(MESSAGE_ID_BOUND);
      this.#key[0] = typeWord | messageId;
      if (!this.#recentIds.has(messageId)) return messageId;
      if (draw < MESSAGE_ID_DRAWS_MAX) continue;
      this.#effects.counters.totals.messageIdCollisions++;
      return this.#seen.find(this.#key) < 0 ? messageId : undefined;
    }
  }

  #expireKnowledge(): void {
    const next = this.#knowledge.expire(this.#effects.now);
    this.#countForgotten();
    if (next !== undefined) this.#effects.deadlines.set(this.#knowledgeExpiry, next);
  }

  #onKnowledgeAdded(): void {
    if (this.#knowledgeExpiry.isSet) this.#countForgotten();
    else this.#expireKnowledge();
  }

  #countForgotten(): void {
    this.#effects.counters.totals.ownItemsForgotten += this.#knowledge.takeForgottenUnsent();
  }
}

/** Why an item is sent on, and who has it already. */
type Forwarding = Pick<
  TraceEvent & { readonly kind: "itemForwarded" },
  "item" | "occasion" | "holders"
> & { readonly trace: TraceChoice };

const OUTCOME_COUNTERS = {
  accepted: "itemAccepted",
  rejected: "itemRejected",
  expired: "itemExpired",
} as const;

const DROP_COUNTERS = {
  duplicate: "itemDuplicate",
  reforwardRefused: "itemReforwardRefused",
  notHeld: "itemNotHeld",
  noRoom: "itemNoRoom",
} as const;

const REFUSAL_COUNTERS = {
  unsubscribed: "itemUnsubscribed",
  repeatedContent: "itemRepeatedContent",
} as const;

/**
 * Payload is copied once, when it enters a store: what was read is a view of a much larger buffer, and a
 * Node `Buffer` would make `slice` another view.
 */
const copyOf = (bytes: Uint8Array): Uint8Array => new Uint8Array(bytes);
