import { createHash } from "node:crypto";
import { DEFAULT_CORE_CONFIG } from "../../src/core/core-config.ts";
import type { CoreConfig, CoreLimits } from "../../src/core/core-config.ts";
import { GossipCore } from "../../src/core/gossip-core.ts";
import type { Input } from "../../src/core/input.ts";
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
import { P2PVerify } from "../../src/wire/p2p/p2p-verify.ts";

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
  readonly tracing?: "off" | "on";
  /** Sockets take each write at once unless a test wants to play a slow one. */
  readonly sockets?: "fast" | "slow";
}

/**
 * One core with sockets that the test plays: hands in inputs, keeps every output in order. With fast
 * sockets every write is followed by its `linkDrained` or `subscriberDrained`, as with idle ones.
 */
export class CoreHarness {
  readonly core: GossipCore;
  readonly outputs: Output[] = [];
  readonly sockets: "fast" | "slow";
  now: Instant = instant(1_000);
  #nextId = 1;

  constructor(options: HarnessOptions = {}) {
    const { limits, seed = 1, tracing = "off", sockets = "fast", ...config } = options;
    this.sockets = sockets;
    this.core = new GossipCore(
      {
        ...DEFAULT_CORE_CONFIG,
        difficultyBits: 0,
        ...config,
        limits: { ...DEFAULT_CORE_CONFIG.limits, ...limits },
      },
      { random: new SeededRandom(seed), digest: sha256, tracing, now: this.now },
    );
  }

  /** Hands in inputs as one tick: all of them, then a flush. Returns what came out. */
  tick(...inputs: Input[]): Output[] {
    const first = this.outputs.length;
    for (const input of [...inputs, { kind: "flush" } as const]) this.#step(input);
    return this.outputs.slice(first);
  }

  /** Lets time pass, waking the core whenever it asked for it. */
  advance(milliseconds: number): Output[] {
    const first = this.outputs.length;
    const end = this.now + milliseconds;
    for (let at = this.#wakeAt(); at !== undefined && at <= end; at = this.#wakeAt()) {
      this.now = instant(Math.max(at, this.now));
      this.#forgetWakeAt();
      this.tick({ kind: "wakeup" });
    }
    this.now = instant(end);
    return this.outputs.slice(first);
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

  #step(input: Input): void {
    const outbox: Output[] = [];
    this.core.step(input, this.now, outbox);
    this.outputs.push(...outbox);
    if (this.sockets === "slow") return;
    for (const output of outbox) {
      if (output.kind === "write") this.#step({ kind: "linkDrained", link: output.link });
      if (output.kind === "notify") {
        this.#step({ kind: "subscriberDrained", subscriber: output.subscriber });
      }
    }
  }

  #wakeAt(): Instant | undefined {
    const last = this.outputs.findLast((output) => output.kind === "wakeAt");
    return last?.at;
  }

  /** A wakeup comes once: the core must ask for the next. */
  #forgetWakeAt(): void {
    for (let at = this.outputs.length - 1; at >= 0; at--) {
      if (this.outputs[at]?.kind === "wakeAt") this.outputs.splice(at, 1);
    }
  }
}

export const bytesOf = (text: string): Uint8Array => new TextEncoder().encode(text);
