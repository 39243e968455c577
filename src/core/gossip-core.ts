import type { MessageType } from "../wire/message-type.ts";
import { ApiSide } from "./api-side.ts";
import { NEW_BUCKETS, TRIED_BUCKETS } from "./address-book.ts";
import { BUCKET_SLOTS } from "./address-buckets.ts";
import type { SavedBook } from "./saved-book.ts";
import { FEELERS_MAX } from "./address-tests.ts";
import { assert } from "./assert.ts";
import { LINK_CONTENTS_MAX } from "./content-limiter.ts";
import type { CoreConfig, CoreTuning } from "./core-config.ts";
import type { Core } from "./core.ts";
import { Dissemination } from "./dissemination.ts";
import { Effects } from "./effects.ts";
import { FlowControl } from "./flow-control.ts";
import { HALF_OPEN_MAX } from "./half-open.ts";
import type { Input } from "./input.ts";
import { OWN_ITEMS_MAX } from "./knowledge-base.ts";
import type { Link } from "./link.ts";
import type { Tracing } from "./item-tracing.ts";
import type { Ask } from "./notice.ts";
import type { Output } from "./output.ts";
import { DIALS_MAX_WHEN_LONELY } from "./membership.ts";
import { INTRODUCED_MAX, PeerSide } from "./peer-side.ts";
import type { Digest, Instant, LinkId, Random, SubscriberId } from "./ports.ts";
import { REFORWARDED_ITEMS_MAX } from "./reforwards.ts";
import { SEEN_ENTRIES_MAX } from "./seen-cache.ts";
import type { AddressSnapshot, CoreSnapshot, StoreSnapshot } from "./snapshot.ts";
import { Validation } from "./validation.ts";

export interface CorePorts {
  readonly random: Random;
  readonly digest: Digest;
  /** At first; changed by the input of this name. */
  readonly tracing: Tracing;
  /** The time of construction; `step` must not be called with an earlier one. */
  readonly now: Instant;
}

/**
 * One node's protocol: routes each input to the part that knows what to do, and wires the parts, which
 * do not know one another. Pure and synchronous; see `Core` for the contract with its driver.
 */
export class GossipCore implements Core {
  /** The parts hold this very object, so that a change of it is one of all. */
  readonly #config: CoreConfig;
  readonly #effects: Effects;
  readonly #api: ApiSide;
  readonly #peers: PeerSide;
  readonly #dissemination: Dissemination;
  readonly #validation: Validation;
  readonly #flow: FlowControl;
  #isStepping = false;

  constructor(config: CoreConfig, ports: CorePorts) {
    this.#config = { ...config, limits: { ...config.limits } };
    this.#effects = new Effects(ports.tracing);
    this.#effects.begin(ports.now, []);
    this.#api = this.#buildApiSide(ports.random);
    this.#peers = this.#buildPeerSide(ports);
    this.#dissemination = this.#buildDissemination(ports);
    this.#validation = this.#buildValidation();
    this.#flow = new FlowControl(this.#effects, {
      links: () => this.#peers.all(),
      established: () => this.#peers.established(),
      subscribers: () => this.#api.all(),
      isOverHalfShare: (link) => this.#validation.isOverHalfShare(link.id),
      hasPending: (link) => this.#validation.hasPending(link.id),
      waitsForVerdictSince: () => this.#validation.waitsForVerdictSince,
    });
  }

  step(input: Input, now: Instant, outbox: Output[]): void {
    assert(!this.#isStepping, "step must not be called from within a step");
    assert(now >= this.#effects.now, `time went back from ${this.#effects.now} to ${now}`);
    this.#isStepping = true;
    this.#effects.begin(now, outbox);
    this.#route(input);
    this.#flow.reviewIfChanged();
    this.#effects.publishWakeup();
    this.#isStepping = false;
  }

  expects(link: LinkId, type: MessageType): boolean {
    return this.#peers.expects(link, type);
  }

  savedBook(): SavedBook {
    return this.#peers.savedBook();
  }

  snapshot(now: Instant): CoreSnapshot {
    return {
      links: this.#peers.snapshot(now),
      subscribers: this.#api.snapshot(now),
      stores: this.#storeSnapshots(),
      bootstrap: this.#peers.bootstrapSnapshot(now),
      overlay: this.#peers.overlaySnapshot(now),
      counters: this.#effects.counters.snapshot(),
    };
  }

  addresses(now: Instant): AddressSnapshot[] {
    return this.#peers.addresses(now);
  }

  #retune({ limits, ...rest }: CoreTuning): void {
    Object.assign(this.#config, rest);
    Object.assign(this.#config.limits, limits);
  }

  #route(input: Input): void {
    switch (input.kind) {
      case "peerMessage":
        this.#peers.onMessage(input.link, input.message);
        return;
      case "apiRequest":
        this.#api.onRequest(input.subscriber, input.request);
        return;
      case "flush":
        this.#peers.flush();
        this.#api.flush();
        return;
      case "wakeup":
        this.#effects.wokenUp();
        return;
      case "linkDrained":
        this.#peers.onDrained(input.link);
        return;
      case "subscriberDrained":
        this.#api.onDrained(input.subscriber);
        return;
      case "frameStarted":
      case "frameEnded":
        this.#routeFrameClock(input);
        return;
      case "proofFound":
        this.#peers.onProofFound(input.link, input.nonce);
        return;
      case "proofFailed":
        this.#peers.onProofFailed(input.link, input.reason);
        return;
      default:
        this.#routeLifeCycle(input);
    }
  }

  #routeFrameClock(input: Input & { readonly kind: "frameStarted" | "frameEnded" }): void {
    const { from } = input;
    const isStart = input.kind === "frameStarted";
    if (from.kind === "link") {
      if (isStart) this.#peers.onFrameStarted(from.link);
      else this.#peers.onFrameEnded(from.link);
    } else if (isStart) {
      this.#api.onFrameStarted(from.subscriber);
    } else {
      this.#api.onFrameEnded(from.subscriber);
    }
  }

  #routeLifeCycle(input: Input): void {
    switch (input.kind) {
      case "linkAccepted":
        this.#peers.onAccepted(input.link, input.remote);
        return;
      case "linkDialed":
        this.#peers.onDialed(input.link, input.dial, input.remote);
        return;
      case "dialFailed":
        this.#peers.onDialFailed(input.dial, input.reason);
        return;
      case "linkLost":
        this.#peers.onLost(input.link);
        return;
      case "peerFault":
        this.#peers.onFault(input.link, input.fault);
        return;
      case "subscriberOpened":
        this.#api.onOpened(input.subscriber);
        return;
      case "subscriberGone":
        this.#api.onGone(input.subscriber);
        return;
      case "apiFault":
        this.#api.onFault(input.subscriber, input.fault);
        return;
      default:
        this.#routeSurroundings(input);
    }
  }

  /** What the driver tells about the node itself. */
  #routeSurroundings(input: Input): void {
    switch (input.kind) {
      case "listening":
        this.#peers.onListening(input.listener);
        return;
      case "bookRestored":
        this.#peers.onBookRestored(input.book);
        return;
      case "tracing":
        this.#effects.tracing.set(input.tracing);
        return;
      case "retuned":
        this.#retune(input.tuning);
        return;
      default:
        assert(false, `no route for input ${input.kind}`);
    }
  }

  #buildApiSide(random: Random): ApiSide {
    return new ApiSide(this.#config, this.#effects, random, {
      onNoticeEnded: (ask, role, end) => {
        this.#validation.onNoticeEnded(ask, role, end);
      },
      onBecameObserver: (ask) => {
        this.#validation.onBecameObserver(ask);
      },
      onAnnounce: (subscriber, request) => {
        this.#dissemination.announce(subscriber, request);
        this.#keepSeenCacheOld();
      },
      onOpened: (subscriber) => {
        this.#flow.onOpened({ subscriber });
      },
    });
  }

  #buildPeerSide(ports: CorePorts): PeerSide {
    return new PeerSide(this.#config, this.#effects, ports, {
      onOpened: (link) => {
        this.#flow.onOpened({ link });
      },
      onEstablished: (link) => {
        this.#flow.onBacklogChanged();
        for (const item of this.#dissemination.itemsToOffer()) link.offers.push(item);
        this.#offer(link);
      },
      onItem: (link, message) => {
        this.#dissemination.onItem(link, message);
        this.#keepSeenCacheOld();
      },
      onFrameRead: (link, frameBytes) => {
        this.#flow.onFrameRead(link, frameBytes);
      },
      onBudgetDue: (link) => {
        this.#flow.onBudgetDue(link);
      },
      onShareDue: (link) => {
        this.#flow.reviewShare(link);
      },
      onBacklogChanged: () => {
        this.#flow.onBacklogChanged();
      },
      onRoom: (link) => {
        this.#offer(link);
      },
    });
  }

  #buildDissemination(ports: CorePorts): Dissemination {
    return new Dissemination(this.#config, this.#effects, ports, this.#peers, {
      hasSubscribers: (dataType) => this.#api.hasSubscribers(dataType),
      mayHold: (link, payloadBytes) => this.#validation.hasRoomFor(link, payloadBytes),
      unsettledAskOf: (item) => this.#validation.unsettledAskOf(item),
      takeOver: (ask, link, payload) => this.#validation.takeOver(ask, link, payload),
      ask: (ask, payload, except) => {
        this.#ask(ask, payload, except);
      },
    });
  }

  #buildValidation(): Validation {
    return new Validation(this.#config, this.#effects, {
      onSettled: (ask, outcome) => {
        this.#dissemination.onSettled(ask, outcome);
      },
      onAsksExpired: (asks) => {
        this.#api.onAsksExpired(asks);
      },
      onShareChanged: (id) => {
        const link = this.#peers.get(id);
        if (link !== undefined) this.#flow.reviewShare(link);
      },
      haveLinksRoom: () => this.#flow.haveLinksRoom,
    });
  }

  #ask(ask: Ask, payload: Uint8Array, except: SubscriberId | undefined): void {
    this.#validation.open(ask);
    this.#api.ask(ask, payload, except);
    this.#validation.begun(ask);
  }

  /** Offers go out as the queue drains, and fill at most half of it [protocol §4.9]. */
  #offer(link: Link): void {
    for (let item = link.offers.peek(); item !== undefined; item = link.offers.peek()) {
      if (this.#dissemination.offer(item, link) === "noRoom") return;
      link.offers.shift();
    }
  }

  /** Count shortens the window of the seen cache, but never below a second [protocol §4.8]. */
  #keepSeenCacheOld(): void {
    const { seen } = this.#dissemination;
    if (!seen.isNearlyFull) return;
    if (this.#effects.now >= seen.mayTurnAt) this.#dissemination.turnSeen("byCount");
    else this.#flow.pauseForSeenCache(seen.mayTurnAt);
  }

  /** Links we keep, dials under way, feelers. */
  get #outboundLinksMax(): number {
    const { extensions, outboundLinksTarget, bootstrappers } = this.#config;
    if (extensions === "off") return bootstrappers.length;
    return outboundLinksTarget + DIALS_MAX_WHEN_LONELY + FEELERS_MAX;
  }

  #storeSnapshots(): StoreSnapshot[] {
    const { limits, cacheSize, inboundLinksMax, subscribersMax } = this.#config;
    const { seen, knowledge, contentCount, reforwardedCount } = this.#dissemination;
    const counted = (
      name: StoreSnapshot["name"],
      entries: number,
      entriesMax: number,
    ): StoreSnapshot => ({ name, entries, entriesMax, bytes: 0, bytesMax: 0 });
    return [
      counted(
        "links",
        this.#peers.count,
        inboundLinksMax + HALF_OPEN_MAX + INTRODUCED_MAX + this.#outboundLinksMax,
      ),
      counted("halfOpenLinks", this.#peers.halfOpenCount, HALF_OPEN_MAX),
      counted("subscribers", this.#api.count, subscribersMax),
      {
        name: "pendingItems",
        entries: this.#validation.pendingItems,
        entriesMax: limits.pendingItems,
        bytes: this.#validation.pendingBytes,
        bytesMax: limits.pendingBytes,
      },
      counted("seenKeys", seen.size, 2 * SEEN_ENTRIES_MAX),
      {
        name: "knowledgeBase",
        entries: knowledge.foreignCount,
        entriesMax: cacheSize,
        bytes: knowledge.bytes,
        bytesMax: limits.knowledgeBytes,
      },
      counted("ownItems", knowledge.ownCount, OWN_ITEMS_MAX),
      counted("linkContents", contentCount, LINK_CONTENTS_MAX),
      counted("reforwardedItems", reforwardedCount, REFORWARDED_ITEMS_MAX),
      counted("newAddresses", this.#peers.book.newCount, NEW_BUCKETS * BUCKET_SLOTS),
      counted("triedAddresses", this.#peers.book.triedCount, TRIED_BUCKETS * BUCKET_SLOTS),
    ];
  }
}
