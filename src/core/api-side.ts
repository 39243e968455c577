import type { GossipAnnounce } from "../wire/api/gossip-announce.ts";
import type { ApiRequest } from "../wire/decode.ts";
import { PEER_DATA_BYTES_MAX } from "../wire/message-type.ts";
import { describeWireFault } from "../wire/wire-fault.ts";
import type { WireFault } from "../wire/wire-fault.ts";
import { assertNever } from "./assert.ts";
import type { SubscriberCloseCause } from "./close-cause.ts";
import type { CoreConfig } from "./core-config.ts";
import type { Effects } from "./effects.ts";
import { Notifier } from "./notifier.ts";
import type { NotifierListener } from "./notifier.ts";
import type { Ask } from "./notice.ts";
import type { Instant, Random, SubscriberId } from "./ports.ts";
import type { SubscriberSnapshot } from "./snapshot.ts";
import type { Subscriber } from "./subscriber.ts";
import { SubscriberTable } from "./subscriber-table.ts";
import { Subscriptions } from "./subscriptions.ts";

/** What the side of the modules tells the rest of the core. */
export interface ApiSideListener extends Pick<
  NotifierListener,
  "onNoticeEnded" | "onBecameObserver"
> {
  onAnnounce(subscriber: SubscriberId, request: GossipAnnounce): void;
  onOpened(subscriber: Subscriber): void;
}

/** Local modules: their connections, subscriptions, requests and notifications [protocol §2]. */
export class ApiSide {
  readonly #config: CoreConfig;
  readonly #effects: Effects;
  readonly #listener: ApiSideListener;
  readonly #notifier: Notifier;
  readonly #subscriptions = new Subscriptions();
  readonly #subscribers: SubscriberTable;
  #gathered: Subscriber[] = [];

  constructor(config: CoreConfig, effects: Effects, random: Random, listener: ApiSideListener) {
    this.#config = config;
    this.#effects = effects;
    this.#listener = listener;
    this.#notifier = new Notifier(config, effects, random.fork("notification-id"), {
      onNoticeEnded: (ask, role, end) => {
        listener.onNoticeEnded(ask, role, end);
      },
      onBecameObserver: (ask) => {
        listener.onBecameObserver(ask);
      },
      onStalled: (subscriber) => {
        this.#close(subscriber, "stalled", "");
      },
      onGathered: (subscriber) => {
        this.#gathered.push(subscriber);
      },
    });
    this.#subscribers = new SubscriberTable({
      frame: (subscriber) => {
        this.#close(subscriber, "frameTimeout", "");
      },
      pacing: (subscriber) => {
        this.#notifier.onPacingDue(subscriber);
      },
      stall: (subscriber) => {
        this.#notifier.onStallDue(subscriber);
      },
    });
  }

  get count(): number {
    return this.#subscribers.size;
  }

  all(): Iterable<Subscriber> {
    return this.#subscribers.all();
  }

  hasSubscribers(dataType: number): boolean {
    return this.#subscriptions.of(dataType).size > 0;
  }

  onOpened(id: SubscriberId): void {
    if (this.#subscribers.size >= this.#config.subscribersMax) {
      this.#effects.counters.totals.subscriberClosed++;
      this.#effects.counters.addSubscriberClosed("tooManyConnections");
      this.#effects.emit({
        kind: "closeSubscriber",
        subscriber: id,
        cause: "tooManyConnections",
      });
      return;
    }
    const subscriber = this.#subscribers.open(id, this.#effects.now);
    this.#effects.report({ name: "subscriberOpened", subscriber: id });
    this.#listener.onOpened(subscriber);
  }

  onGone(id: SubscriberId): void {
    const subscriber = this.#subscribers.get(id);
    if (subscriber !== undefined) this.#forget(subscriber, "remoteClosed", "");
  }

  onFault(id: SubscriberId, fault: WireFault): void {
    const subscriber = this.#subscribers.get(id);
    if (subscriber !== undefined) this.#close(subscriber, fault.kind, describeWireFault(fault));
  }

  onDrained(id: SubscriberId): void {
    const subscriber = this.#subscribers.get(id);
    if (subscriber !== undefined) this.#notifier.onDrained(subscriber);
  }

  onFrameStarted(id: SubscriberId): void {
    const subscriber = this.#subscribers.get(id);
    if (subscriber !== undefined) subscriber.frameClock.onFrameStarted(this.#effects);
  }

  onFrameEnded(id: SubscriberId): void {
    const subscriber = this.#subscribers.get(id);
    if (subscriber !== undefined) subscriber.frameClock.onFrameEnded(this.#effects);
  }

  onRequest(id: SubscriberId, request: ApiRequest): void {
    const subscriber = this.#subscribers.get(id);
    if (subscriber === undefined) return;
    switch (request.kind) {
      case "gossipAnnounce":
        this.#onAnnounce(subscriber, request);
        return;
      case "gossipNotify":
        this.#onNotify(subscriber, request.dataType);
        return;
      case "gossipValidation":
        this.#notifier.onVerdict(subscriber, request.messageId, request.verdict);
        return;
      default:
        assertNever(request);
    }
  }

  /** Puts an item before everybody who subscribed to its type, except who announced it [§2.3]. */
  ask(ask: Ask, payload: Uint8Array, except: SubscriberId | undefined): void {
    for (const subscriber of this.#subscriptions.of(ask.dataType)) {
      if (subscriber.id !== except) this.#notifier.offer(subscriber, ask, payload);
    }
  }

  /** All of them expire before anything is written: what is due itself is not worth writing. */
  onAsksExpired(asks: readonly Ask[]): void {
    const affected = new Set<Subscriber>();
    for (const notice of asks.flatMap((ask) => [...ask.notices()])) {
      const subscriber = this.#subscribers.get(notice.subscriber);
      if (subscriber === undefined || notice.state === "ended") continue;
      this.#notifier.onExpired(subscriber, notice);
      affected.add(subscriber);
    }
    for (const subscriber of affected) this.#notifier.pump(subscriber);
  }

  flush(): void {
    const gathered = this.#gathered;
    this.#gathered = [];
    for (const subscriber of gathered) {
      if (this.#subscribers.get(subscriber.id) === subscriber) this.#notifier.flush(subscriber);
    }
  }

  snapshot(now: Instant): SubscriberSnapshot[] {
    return Array.from(this.#subscribers.all(), (subscriber) => ({
      subscriber: subscriber.id,
      dataTypes: [...subscriber.dataTypes],
      openForMs: now - subscriber.openedAt,
      reading: subscriber.gate.isHeld ? "held" : "open",
      role: subscriber.role,
      pacing: subscriber.pacer.mode,
      window: subscriber.pacer.window,
      outstanding: subscriber.outstanding.size,
      waiting: subscriber.waitingCount,
      waitingBytes: subscriber.waitingBytes,
      notificationsDropped: subscriber.notificationsDropped,
      verdicts: subscriber.verdicts,
      verdictMeanMs:
        subscriber.verdicts === 0 ? 0 : Math.round(subscriber.verdictMsTotal / subscriber.verdicts),
    }));
  }

  #onAnnounce(subscriber: Subscriber, request: GossipAnnounce): void {
    const dataBytes = request.data.length;
    if (this.#config.announceRule === "strict") {
      if (!subscriber.dataTypes.has(request.dataType)) {
        this.#close(subscriber, "strictNotSubscribed", "");
        return;
      }
      if (dataBytes === 0) {
        this.#close(subscriber, "strictEmptyData", "");
        return;
      }
    }
    if (dataBytes > PEER_DATA_BYTES_MAX) {
      this.#effects.report({
        name: "announcementTooLarge",
        subscriber: subscriber.id,
        dataBytes,
        dataBytesMax: PEER_DATA_BYTES_MAX,
      });
      return;
    }
    this.#listener.onAnnounce(subscriber.id, request);
  }

  #onNotify(subscriber: Subscriber, dataType: number): void {
    const outcome = this.#subscriptions.subscribe(subscriber, dataType);
    if (outcome === "tooMany") this.#close(subscriber, "tooManySubscriptions", "");
    if (outcome !== "new") return;
    this.#effects.report({ name: "subscribed", subscriber: subscriber.id, dataType });
  }

  #close(subscriber: Subscriber, cause: SubscriberCloseCause, detail: string): void {
    this.#forget(subscriber, cause, detail);
    this.#effects.emit({ kind: "closeSubscriber", subscriber: subscriber.id, cause });
  }

  #forget(subscriber: Subscriber, cause: SubscriberCloseCause, detail: string): void {
    this.#subscribers.remove(subscriber);
    this.#subscriptions.forget(subscriber);
    for (const deadline of Object.values(subscriber.deadlines)) {
      this.#effects.deadlines.clear(deadline);
    }
    this.#notifier.onGone(subscriber);
    this.#effects.counters.addSubscriberClosed(cause);
    this.#effects.report({ name: "subscriberClosed", subscriber: subscriber.id, cause, detail });
  }
}
