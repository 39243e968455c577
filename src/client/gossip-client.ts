import { EventEmitter } from "node:events";
import type { Duplex } from "node:stream";
import { GossipAnnounce } from "../wire/api/gossip-announce.ts";
import { encodeFrame } from "../wire/message.ts";
import { PEER_DATA_BYTES_MAX } from "../wire/message-type.ts";
import { UINT16_MAX, UINT8_MAX } from "../wire/uint.ts";
import { AnnounceBacklog } from "./announce-backlog.ts";
import type { PendingAnnouncement } from "./announce-backlog.ts";
import { Connector } from "./connector.ts";
import type { ConnectorHandlers } from "./connector.ts";
import { tcpDial } from "./dial.ts";
import { endpointOf, parseEndpoint } from "./endpoint.ts";
import {
  abortReasonOf,
  ClientClosedError,
  ConnectError,
  ConnectionLostError,
  DataTooLargeError,
  InvalidArgumentError,
} from "./errors.ts";
import type { GossipClientError } from "./errors.ts";
import type { Notification } from "./notification.ts";
import { connectTimeoutOf, retryPolicyOf, settingsOf } from "./options.ts";
import type {
  AnnounceOptions,
  ClientOptions,
  ClientSettings,
  ConnectOptions,
  SubscribeOptions,
} from "./options.ts";
import { Session } from "./session.ts";
import { BufferedSubscription } from "./subscription.ts";
import type { Subscription } from "./subscription.ts";

export interface GossipClientEvents {
  /** A connection stands and the subscriptions were sent again. The first one is `connect` itself. */
  connected: [];
  /** The connection is gone; whether another one is tried shows in `retrying`. */
  disconnected: [reason: GossipClientError];
  /** The next attempt comes after `delayMs`. */
  retrying: [reason: GossipClientError, delayMs: number];
  /** An iterator began to lose notifications because it is read too slowly; once per episode. */
  lagged: [subscription: Subscription];
}

export type GossipClientState = "connected" | "disconnected" | "closed";

type Connection =
  | { readonly kind: "connected"; readonly session: Session }
  | { readonly kind: "disconnected" }
  | { readonly kind: "closed"; readonly error: ClientClosedError };

interface Waiter {
  resolve(): void;
  reject(error: Error): void;
}

/**
 * A module's side of the gossip API [protocol §2]: announce items, subscribe to data types, give
 * verdicts. Speaks to any VoidPhone gossip module.
 */
export class GossipClient extends EventEmitter<GossipClientEvents> {
  readonly #settings: ClientSettings;
  readonly #connector: Connector | undefined;
  readonly #subscriptionsByType = new Map<number, Set<BufferedSubscription>>();
  readonly #backlog: AnnounceBacklog;
  readonly #waiters = new Set<Waiter>();
  #connection: Connection = { kind: "disconnected" };
  #closing: Promise<void> | undefined;
  #unclaimedCount = 0;

  private constructor(
    settings: ClientSettings,
    connectorFor: ((handlers: ConnectorHandlers) => Connector) | undefined,
  ) {
    super();
    this.#settings = settings;
    this.#backlog = new AnnounceBacklog(settings.backlogBounds);
    this.#connector = connectorFor?.({
      onStream: (stream) => this.#onStream(stream),
      onRetry: (reason, delayMs) => this.emit("retrying", reason, delayMs),
      onGiveUp: (reason) => this.#giveUp(reason),
    });
  }

  /**
   * Connects to a gossip module, by default the one on 127.0.0.1:7001.
   *
   * @throws ConnectError when nobody answers, InvalidArgumentError, or the reason of `signal`.
   */
  static async connect(
    address: string,
    options?: Omit<ConnectOptions, "host" | "port">,
  ): Promise<GossipClient>;
  static async connect(options?: ConnectOptions): Promise<GossipClient>;
  static async connect(
    addressOrOptions: string | ConnectOptions = {},
    moreOptions: Omit<ConnectOptions, "host" | "port"> = {},
  ): Promise<GossipClient> {
    const options: ConnectOptions =
      typeof addressOrOptions === "string"
        ? { ...moreOptions, ...parseEndpoint(addressOrOptions) }
        : addressOrOptions;
    options.signal?.throwIfAborted();
    const settings = settingsOf(options);
    const endpoint = endpointOf(options.host, options.port);
    const policy = retryPolicyOf(options.reconnect);
    const dial = tcpDial(endpoint, connectTimeoutOf(options.connectTimeoutMs), settings.timers);
    const client = new GossipClient(
      settings,
      (handlers) => new Connector(dial, policy, settings.timers, handlers),
    );
    await client.#connectFirst(options.signal);
    return client;
  }

  /**
   * The same over a stream that is already open, such as one end of an in-memory pair. When it ends, the
   * client ends.
   *
   * @throws InvalidArgumentError when the stream has already ended.
   */
  static over(stream: Duplex, options: ClientOptions = {}): GossipClient {
    if (stream.destroyed || !stream.readable || !stream.writable) {
      throw new InvalidArgumentError("the stream has already ended");
    }
    const client = new GossipClient(settingsOf(options), undefined);
    client.#onStream(stream);
    return client;
  }

  get state(): GossipClientState {
    return this.#connection.kind;
  }

  /** Notifications of types that no iterator asks for any more; they stay unanswered. */
  get unclaimedCount(): number {
    return this.#unclaimedCount;
  }

  /**
   * Spreads an item, best effort. Resolves when the operating system has taken the bytes, which is all
   * that can be known: the API has no answer. While disconnected it waits for the reconnect.
   *
   * @throws InvalidArgumentError, DataTooLargeError, BacklogFullError: nothing was sent.
   *   ConnectionLostError: the item may or may not have arrived. ClientClosedError.
   */
  async announce(
    dataType: number,
    data: Uint8Array | string,
    { ttl = 0, signal }: AnnounceOptions = {},
  ): Promise<void> {
    signal?.throwIfAborted();
    requireRange(dataType, UINT16_MAX, "data type");
    requireRange(ttl, UINT8_MAX, "ttl");
    const bytes = typeof data === "string" ? new TextEncoder().encode(data) : data;
    if (bytes.length > PEER_DATA_BYTES_MAX) throw new DataTooLargeError(bytes.length);
    this.#requireNotClosed();
    const frame = encodeFrame(new GossipAnnounce(ttl, dataType, bytes));
    await this.#send(frame, signal);
  }

  /**
   * Notifications of one data type, beginning now: the gossip module is told at once, not at the first
   * `next`. May be called any number of times, also for one type; each iterator then gets every
   * notification, and the first verdict on it counts.
   *
   * Leaving the loop ends the iterator, not the subscription at the gossip module, since its API has no
   * way to say so: see `renew`.
   *
   * @throws InvalidArgumentError, ClientClosedError
   */
  subscribe(dataType: number, { signal }: SubscribeOptions = {}): Subscription {
    requireRange(dataType, UINT16_MAX, "data type");
    this.#requireNotClosed();
    const stop = (): void => subscription.finish();
    const subscription = new BufferedSubscription(dataType, this.#settings.subscriptionBounds, {
      onEnd: () => {
        signal?.removeEventListener("abort", stop);
        this.#forget(subscription);
      },
      onLagged: () => this.emit("lagged", subscription),
    });
    if (signal?.aborted === true) {
      subscription.finish();
      return subscription;
    }
    signal?.addEventListener("abort", stop, { once: true });
    const siblings = this.#subscriptionsByType.get(dataType);
    if (siblings === undefined) this.#subscriptionsByType.set(dataType, new Set([subscription]));
    else siblings.add(subscription);
    if (this.#connection.kind === "connected") this.#connection.session.subscribe([dataType]);
    return subscription;
  }

  /**
   * Gives the connection up for a new one, which subscribes only to types that are still iterated. This
   * is the only way to end a subscription at the gossip module. Notifications still open can no longer
   * be answered. Resolves when the new connection stands.
   *
   * @throws ConnectError for a client over a given stream. ClientClosedError.
   */
  async renew(): Promise<void> {
    this.#requireNotClosed();
    if (this.#connector === undefined) {
      throw new ConnectError("a client over a given stream cannot connect again");
    }
    const old = this.#connection;
    this.#connection = { kind: "disconnected" };
    if (old.kind === "connected") void old.session.close();
    this.#connector.dialNow();
    const connected = this.#whenConnected();
    if (old.kind === "connected") {
      this.emit("disconnected", new ConnectionLostError("the connection is being renewed"));
    }
    await connected;
  }

  /**
   * Ends the client: iterators finish, announcements that still wait reject with ClientClosedError,
   * verdicts already given are still sent. Resolves when the connection is down, after 2 s at the latest.
   */
  close(): Promise<void> {
    this.#closing ??= this.#shutDown(
      new ClientClosedError("the client was closed"),
      (subscription) => subscription.finish(),
    );
    return this.#closing;
  }

  async #connectFirst(signal: AbortSignal | undefined): Promise<void> {
    this.#connector?.dialNow();
    const onAbort = (): void => {
      if (signal !== undefined) this.#rejectWaiters(abortReasonOf(signal));
      void this.close();
    };
    signal?.addEventListener("abort", onAbort, { once: true });
    try {
      await this.#whenConnected();
    } finally {
      signal?.removeEventListener("abort", onAbort);
    }
  }

  #whenConnected(): Promise<void> {
    return new Promise((resolve, reject) => this.#waiters.add({ resolve, reject }));
  }

  #onStream(stream: Duplex): void {
    const session = new Session(stream, this.#settings.spacing, this.#settings.timers, {
      onNotification: (notification) => this.#dispatch(notification),
      onLost: (reason) => this.#onLost(reason),
      takeAnnouncement: () => this.#backlog.take(),
    });
    this.#connection = { kind: "connected", session };
    session.subscribe(this.#subscriptionsByType.keys());
    for (const waiter of this.#waiters) waiter.resolve();
    this.#waiters.clear();
    this.emit("connected");
  }

  #onLost(reason: GossipClientError): void {
    this.#connection = { kind: "disconnected" };
    this.emit("disconnected", reason);
    // A listener may have closed the client or renewed the connection: then this changes nothing.
    if (this.#connector === undefined) this.#giveUp(reason);
    else this.#connector.onStreamLost(reason);
  }

  #dispatch(notification: Notification): void {
    const subscriptions = this.#subscriptionsByType.get(notification.dataType);
    if (subscriptions === undefined) {
      this.#unclaimedCount += 1;
      return;
    }
    for (const subscription of subscriptions) subscription.offer(notification);
  }

  #send(frame: Uint8Array, signal: AbortSignal | undefined): Promise<void> {
    return new Promise((resolve, reject) => {
      const settled = (): void => signal?.removeEventListener("abort", onAbort);
      const announcement: PendingAnnouncement = {
        frame,
        onSent: () => {
          settled();
          resolve();
        },
        onFailed: (error) => {
          settled();
          reject(error);
        },
      };
      const onAbort = (): void => {
        if (signal !== undefined && this.#backlog.takeBack(announcement)) {
          reject(abortReasonOf(signal));
        }
      };
      this.#backlog.add(announcement);
      signal?.addEventListener("abort", onAbort, { once: true });
      if (this.#connection.kind === "connected") this.#connection.session.pump();
    });
  }

  #forget(subscription: BufferedSubscription): void {
    const siblings = this.#subscriptionsByType.get(subscription.dataType);
    if (siblings?.delete(subscription) === true && siblings.size === 0) {
      this.#subscriptionsByType.delete(subscription.dataType);
    }
  }

  /** Nothing more will be tried: whoever waits hears why. */
  #giveUp(reason: GossipClientError): void {
    this.#rejectWaiters(reason);
    const error = new ClientClosedError(`the client gave up: ${reason.message}`, { cause: reason });
    this.#closing ??= this.#shutDown(error, (subscription) => subscription.fail(reason));
  }

  async #shutDown(
    error: ClientClosedError,
    endSubscription: (subscription: BufferedSubscription) => void,
  ): Promise<void> {
    const connection = this.#connection;
    this.#connection = { kind: "closed", error };
    this.#connector?.stop();
    this.#rejectWaiters(error);
    this.#backlog.failAll(error);
    for (const siblings of [...this.#subscriptionsByType.values()]) {
      for (const subscription of [...siblings]) endSubscription(subscription);
    }
    if (connection.kind === "connected") await connection.session.close();
  }

  #rejectWaiters(error: Error): void {
    for (const waiter of this.#waiters) waiter.reject(error);
    this.#waiters.clear();
  }

  #requireNotClosed(): void {
    if (this.#connection.kind === "closed") throw this.#connection.error;
  }
}

/** @throws InvalidArgumentError */
function requireRange(value: number, max: number, name: string): void {
  if (!Number.isInteger(value) || value < 0 || value > max) {
    throw new InvalidArgumentError(`${name} must be a whole number from 0 to ${max}, got ${value}`);
  }
}
