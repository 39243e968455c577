import { createHash } from "node:crypto";
import { DEFAULT_CORE_CONFIG } from "../../src/core/core-config.ts";
import type { CoreConfig, CoreLimits } from "../../src/core/core-config.ts";
import type { CoreSnapshot, StoreName, StoreSnapshot } from "../../src/core/snapshot.ts";
import { GossipCore } from "../../src/core/gossip-core.ts";
import type { Input } from "../../src/core/input.ts";
import type { Tracing } from "../../src/core/item-tracing.ts";
import type { Output } from "../../src/core/output.ts";
import { instant, linkId, subscriberId } from "../../src/core/ports.ts";
import type { Digest, Instant, LinkId, Random, SubscriberId } from "../../src/core/ports.ts";
import { GossipAnnounce } from "../../src/wire/api/gossip-announce.ts";
import type { GossipNotification } from "../../src/wire/api/gossip-notification.ts";
import { GossipNotify } from "../../src/wire/api/gossip-notify.ts";
import { GossipValidation } from "../../src/wire/api/gossip-validation.ts";
import type { Verdict } from "../../src/wire/api/gossip-validation.ts";
import type { PeerMessage } from "../../src/wire/decode.ts";
import { P2PAnnounce } from "../../src/wire/p2p/p2p-announce.ts";
import { P2PInit } from "../../src/wire/p2p/p2p-init.ts";
import { P2POk } from "../../src/wire/p2p/p2p-ok.ts";
import { P2PVerify } from "../../src/wire/p2p/p2p-verify.ts";
import { connectionOf } from "./core-outbox.ts";

export const sha256: Digest = (bytes) => createHash("sha256").update(bytes).digest("binary");

/** A small published generator (mulberry32): tests repeat exactly. */
export class SeededRandom implements Random {
  #state: number;

  constructor(seed: number) {
    this.#state = seed >>> 0;
  }

  below(bound: number): number {
    return Math.floor((this.#next() / 2 ** 32) * bound);
  }

  bytes(length: number): Uint8Array {
    return Uint8Array.from({ length }, () => this.below(256));
  }

  fork(label: string): Random {
    let seed = this.#state;
    for (const character of label) seed = Math.imul(seed ^ character.charCodeAt(0), 0x01000193);
    return new SeededRandom(seed);
  }

  #next(): number {
    this.#state = (this.#state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(this.#state ^ (this.#state >>> 15), this.#state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return (mixed ^ (mixed >>> 14)) >>> 0;
  }
}

export interface HarnessOptions extends Partial<Omit<CoreConfig, "limits">> {
  readonly limits?: Partial<CoreLimits>;
  readonly seed?: number;
  readonly random?: Random;
  readonly tracing?: Tracing;
  readonly digest?: Digest;
}

/**
 * One core with sockets and a timer that the test plays: hands in inputs, keeps every output in order.
 * Sockets take each write at once, except those of connections that the test has frozen.
 *
 * Checks with every output that no closed connection is mentioned again.
 */
export class CoreHarness {
  readonly core: GossipCore;
  /** All outputs but `wakeAt`, which the harness obeys by itself. */
  readonly outputs: Output[] = [];
  now: Instant = instant(1_000);
  #wakeAt: Instant | undefined;
  #nextId = 1;
  readonly #frozen = new Set<number>();
  readonly #closed = new Set<number>();

  constructor(options: HarnessOptions = {}) {
    const { limits, seed = 1, tracing = "off", digest = sha256, random, ...config } = options;
    this.core = new GossipCore(
      {
        ...DEFAULT_CORE_CONFIG,
        difficultyBits: 0,
        extensions: "off",
        ...config,
        limits: { ...DEFAULT_CORE_CONFIG.limits, ...limits },
      },
      { random: random ?? new SeededRandom(seed), digest, tracing, now: this.now },
    );
  }

  /** Hands in inputs as one tick: all of them, then a flush. Returns what came out. */
  tick(...inputs: Input[]): Output[] {
    const first = this.outputs.length;
    for (const input of inputs) this.#step(input);
    this.#step({ kind: "flush" });
    return this.outputs.slice(first);
  }

  /** Hands in one input without a flush, as within one read. */
  input(input: Input): Output[] {
    const first = this.outputs.length;
    this.#step(input);
    return this.outputs.slice(first);
  }

  /** Lets time pass, waking the core whenever it asked for it. */
  advance(milliseconds: number): Output[] {
    const first = this.outputs.length;
    const end = this.now + milliseconds;
    for (let at = this.#wakeAt; at !== undefined && at <= end; at = this.#wakeAt) {
      this.now = instant(Math.max(at, this.now));
      this.#wakeAt = undefined;
      this.tick({ kind: "wakeup" });
    }
    this.now = instant(end);
    return this.outputs.slice(first);
  }

  /** Lets time pass while the process is too busy to wake the core: one late wakeup at the end. */
  oversleep(milliseconds: number): Output[] {
    this.now = instant(this.now + milliseconds);
    this.#wakeAt = undefined;
    return this.tick({ kind: "wakeup" });
  }

  /** From now on the socket of this connection takes nothing. */
  freeze(connection: LinkId | SubscriberId): void {
    this.#frozen.add(connection);
  }

  /** The frozen socket of a link takes the write that waits at it, and nothing more. */
  drainLink(link: LinkId): Output[] {
    return this.tick({ kind: "linkDrained", link });
  }

  drainSubscriber(subscriber: SubscriberId): Output[] {
    return this.tick({ kind: "subscriberDrained", subscriber });
  }

  /** A peer that connected to us and has solved its puzzle. */
  inboundLink(host = "127.0.0.1"): LinkId {
    const link = linkId(this.#nextId++);
    this.tick({ kind: "linkAccepted", link, remote: { host, port: 10_000 + link } });
    this.tick({ kind: "peerMessage", link, message: new P2PVerify(new Uint8Array(8)) });
    return link;
  }

  /** A link that is accepted and waits for VERIFY. */
  halfOpenLink(host: string, port?: number): LinkId {
    const link = linkId(this.#nextId++);
    this.tick({ kind: "linkAccepted", link, remote: { host, port: port ?? 10_000 + link } });
    return link;
  }

  /** Starts the core: it dials its bootstrappers. Returns the dials. */
  start(): (Output & { readonly kind: "dial" })[] {
    return this.tick({ kind: "wakeup" }).filter((output) => output.kind === "dial");
  }

  /** A dial that came through, up to before INIT. */
  dialledLink(dial: Output & { readonly kind: "dial" }): LinkId {
    const link = linkId(this.#nextId++);
    this.tick({ kind: "linkDialed", link, dial: dial.dial, remote: dial.address });
    return link;
  }

  /** The other end of a dialled link sends INIT. */
  init(link: LinkId, challenge: Uint8Array = new Uint8Array(8).fill(link)): Output[] {
    return this.receive(link, new P2PInit(challenge));
  }

  /** A dial that came through and whose puzzle was solved and accepted. */
  outboundLink(dial: Output & { readonly kind: "dial" }): LinkId {
    const link = this.dialledLink(dial);
    this.init(link);
    this.tick({ kind: "proofFound", link, nonce: new Uint8Array(8) });
    this.receive(link, new P2POk());
    return link;
  }

  freshLinkId(): LinkId {
    return linkId(this.#nextId++);
  }

  subscriber(...dataTypes: number[]): SubscriberId {
    const subscriber = subscriberId(this.#nextId++);
    this.tick({ kind: "subscriberOpened", subscriber });
    for (const dataType of dataTypes) {
      this.tick({ kind: "apiRequest", subscriber, request: new GossipNotify(dataType) });
    }
    return subscriber;
  }

  announce(subscriber: SubscriberId, ttl: number, dataType: number, data: Uint8Array): Output[] {
    const request = new GossipAnnounce(ttl, dataType, data);
    return this.tick({ kind: "apiRequest", subscriber, request });
  }

  receive(link: LinkId, message: PeerMessage): Output[] {
    return this.tick({ kind: "peerMessage", link, message });
  }

  item(link: LinkId, messageId: number, dataType: number, ttl: number, text: string): Output[] {
    return this.receive(link, new P2PAnnounce(messageId, dataType, ttl, bytesOf(text)));
  }

  answer(subscriber: SubscriberId, messageId: number, verdict: Verdict): Output[] {
    const request = new GossipValidation(messageId, verdict);
    return this.tick({ kind: "apiRequest", subscriber, request });
  }

  /** Answers the latest notification of this subscriber. */
  answerLast(subscriber: SubscriberId, verdict: Verdict): Output[] {
    const last = this.notificationsTo(subscriber).at(-1);
    if (last === undefined) throw new Error("nothing to answer");
    return this.answer(subscriber, last.messageId, verdict);
  }

  notificationsTo(subscriber: SubscriberId, outputs = this.outputs): GossipNotification[] {
    return outputs.flatMap((output) =>
      output.kind === "notify" && output.subscriber === subscriber ? output.notifications : [],
    );
  }

  /** Items written to a link. */
  itemsTo(link: LinkId, outputs = this.outputs): P2PAnnounce[] {
    return this.messagesTo(link, outputs).filter((message) => message.kind === "p2pAnnounce");
  }

  messagesTo(link: LinkId, outputs = this.outputs): PeerMessage[] {
    return outputs.flatMap((output) =>
      output.kind === "write" && output.link === link
        ? output.frames.map((frame) => frame.message)
        : [],
    );
  }

  reports(outputs = this.outputs): string[] {
    return outputs.flatMap((output) => (output.kind === "report" ? [output.event.name] : []));
  }

  counter(name: keyof ReturnType<GossipCore["snapshot"]>["counters"]["totals"]): number {
    return this.core.snapshot(this.now).counters.totals[name];
  }

  snapshot(): CoreSnapshot {
    return this.core.snapshot(this.now);
  }

  store(name: StoreName): StoreSnapshot {
    const store = this.snapshot().stores.find((candidate) => candidate.name === name);
    if (store === undefined) throw new Error(`no store is called ${name}`);
    return store;
  }

  linkSnapshot(link: LinkId): CoreSnapshot["links"][number] {
    const found = this.snapshot().links.find((candidate) => candidate.link === link);
    if (found === undefined) throw new Error(`link ${link} is not open`);
    return found;
  }

  subscriberSnapshot(subscriber: SubscriberId): CoreSnapshot["subscribers"][number] {
    const found = this.snapshot().subscribers.find(
      (candidate) => candidate.subscriber === subscriber,
    );
    if (found === undefined) throw new Error(`subscriber ${subscriber} is not open`);
    return found;
  }

  #step(input: Input): void {
    const outbox: Output[] = [];
    this.core.step(input, this.now, outbox);
    for (const output of outbox) this.#take(output);
    for (const output of outbox) {
      if (output.kind === "write" && !this.#frozen.has(output.link)) {
        this.#step({ kind: "linkDrained", link: output.link });
      }
      if (output.kind === "notify" && !this.#frozen.has(output.subscriber)) {
        this.#step({ kind: "subscriberDrained", subscriber: output.subscriber });
      }
    }
  }

  #take(output: Output): void {
    if (output.kind === "wakeAt") {
      this.#wakeAt = output.at;
      return;
    }
    const connection = connectionOf(output);
    if (connection !== undefined && this.#closed.has(connection)) {
      throw new Error(`output ${output.kind} mentions the closed connection ${connection}`);
    }
    if (output.kind === "closeLink") this.#closed.add(output.link);
    if (output.kind === "closeSubscriber") this.#closed.add(output.subscriber);
    this.outputs.push(output);
  }
}

export const bytesOf = (text: string): Uint8Array => new TextEncoder().encode(text);
