import assert from "node:assert/strict";
import { DEFAULT_CORE_CONFIG } from "../../src/core/core-config.ts";
import type { CoreConfig } from "../../src/core/core-config.ts";
import type { CounterSnapshot } from "../../src/core/counters.ts";
import { GossipCore } from "../../src/core/gossip-core.ts";
import type { Input, Remote } from "../../src/core/input.ts";
import type { Output } from "../../src/core/output.ts";
import { dialId, instant, linkId, subscriberId } from "../../src/core/ports.ts";
import type { DialId, LinkId, SubscriberId } from "../../src/core/ports.ts";
import { GossipAnnounce } from "../../src/wire/api/gossip-announce.ts";
import { GossipNotify } from "../../src/wire/api/gossip-notify.ts";
import { GossipValidation } from "../../src/wire/api/gossip-validation.ts";
import type { ApiRequest, PeerMessage } from "../../src/wire/decode.ts";
import { MessageType } from "../../src/wire/message-type.ts";
import { P2PAnnounce } from "../../src/wire/p2p/p2p-announce.ts";
import { P2PInit } from "../../src/wire/p2p/p2p-init.ts";
import { P2POk } from "../../src/wire/p2p/p2p-ok.ts";
import { P2PVerify } from "../../src/wire/p2p/p2p-verify.ts";
import type { WireFault } from "../../src/wire/wire-fault.ts";
import { SeededRandom, sha256 } from "./core-harness.ts";
import { CoreWatch } from "./core-watch.ts";

/** Bounds so small that random inputs meet all of them. */
function configOf(random: SeededRandom): CoreConfig {
  return {
    ...DEFAULT_CORE_CONFIG,
    difficultyBits: random.below(2),
    validationPolicy: (["all", "any", "first"] as const)[random.below(3)] ?? "all",
    announceRule: random.below(4) === 0 ? "strict" : "lenient",
    cacheSize: random.below(5),
    degree: 1 + random.below(4),
    inboundLinksMax: 6,
    subscribersMax: 5,
    bootstrappers: ["a", "b", "c", "d"].slice(random.below(5)).map((host) => ({ host, port: 1 })),
    limits: {
      subscriberQueueBytes: 2_000,
      subscriberQueueMessages: 12,
      linkQueueBytes: 3_000,
      linkQueueFrames: 10,
      linkFramesPerSecond: 3 * random.below(3),
      linkBytesPerSecond: 600 * random.below(3),
      pendingItems: 20,
      pendingBytes: 4_000,
      pendingItemsPerLink: 8,
      pendingBytesPerLink: 1_500,
      knowledgeBytes: 2_500,
    },
  };
}

const HOSTS = ["127.0.0.1", "203.0.113.1", "203.0.113.2", "2001:db8::1", "::ffff:10.0.0.1", "odd"];
const TTLS = [0, 1, 1, 1, 1, 2, 2, 3, 4, 5, 9, 255];
const CONTENTS = [0, 1, 40, 400].map((bytes) => new Uint8Array(bytes).fill(bytes));
/** Mostly a short time between inputs, sometimes a long one. */
const PAUSES_MS = [0, 1, 5, 20, 40, 60, 110, 260];
const LONG_PAUSES_MS = [1_100, 3_000, 10_001, 31_000, 125_000];
const MESSAGE_TYPES = [
  MessageType.p2pInit,
  MessageType.p2pVerify,
  MessageType.p2pOk,
  MessageType.p2pAnnounce,
] as const;
const FAULTS: readonly WireFault[] = [
  { kind: "sizeBelowHeader", size: 3 },
  { kind: "unknownType", type: 999, size: 8 },
  { kind: "unexpectedType", type: 500, size: 8 },
  { kind: "wrongSize", type: 505, size: 8 },
];

/** What a node keeps although nobody is connected; bounded by number. */
const REMEMBERED = new Set(["linkContents", "newAddresses", "triedAddresses"]);

/** Drives one core with random inputs, legal and illegal, and watches everything that comes out. */
export class CoreFuzzer {
  readonly core: GossipCore;
  readonly watch: CoreWatch;
  readonly #random: SeededRandom;
  #now = 1_000;
  #wakeAt: number | undefined;
  #lastLink = 0;
  #lastSubscriber = 0;
  #dials: DialId[] = [];

  constructor(seed: number) {
    this.#random = new SeededRandom(seed);
    const config = configOf(this.#random);
    this.core = new GossipCore(config, {
      random: this.#random.fork("core"),
      digest: sha256,
      tracing: "on",
      now: instant(this.#now),
    });
    this.watch = new CoreWatch(config);
  }

  /** So many steps; `flush` and due wakeups come as a driver gives them, and at other times, too. */
  run(steps: number): void {
    for (let step = 0; step < steps; step++) {
      if (this.#chance(4)) this.#now += this.#pick(this.#chance(60) ? LONG_PAUSES_MS : PAUSES_MS);
      const isDue = this.#wakeAt !== undefined && this.#wakeAt <= this.#now;
      if (isDue && !this.#chance(10)) this.#step({ kind: "wakeup" });
      else this.#step(this.#input());
    }
  }

  /** All connections go, and all time passes: nothing may be left of what they caused. */
  end(): void {
    for (const link of this.watch.links) this.#step({ kind: "linkLost", link });
    for (const subscriber of this.watch.subscribers) {
      this.#step({ kind: "subscriberGone", subscriber });
    }
    for (let minute = 0; minute < 12; minute++) {
      this.#now += 60_000;
      this.#step({ kind: "wakeup" });
    }
    for (const { name, entries, bytes } of this.core.snapshot(instant(this.#now)).stores) {
      if (REMEMBERED.has(name)) continue;
      assert.deepEqual({ entries, bytes }, { entries: 0, bytes: 0 }, name);
    }
  }

  counters(): CounterSnapshot {
    return this.core.snapshot(instant(this.#now)).counters;
  }

  #step(input: Input): void {
    const outbox: Output[] = [];
    this.watch.before(input);
    this.core.step(input, instant(this.#now), outbox);
    for (const output of outbox) {
      if (output.kind === "wakeAt") this.#wakeAt = output.at;
      if (output.kind === "dial") this.#dials.push(output.dial);
      this.watch.output(output);
    }
    if (input.kind === "wakeup" && !outbox.some(({ kind }) => kind === "wakeAt")) {
      this.#wakeAt = undefined;
    }
    this.watch.after(input, this.core.snapshot(instant(this.#now)));
  }

  #input(): Input {
    const roll = this.#random.below(100);
    if (roll < 38) return this.#peerInput();
    if (roll < 50) return this.#verdict();
    if (roll < 62) {
      return { kind: "apiRequest", subscriber: this.#subscriber(), request: this.#apiRequest() };
    }
    if (roll < 74) return { kind: "flush" };
    if (roll < 82) return this.#drained();
    if (roll < 88) return this.#opening();
    return this.#chance(4) ? this.#rare() : this.#wakeupOrFrame();
  }

  #wakeupOrFrame(): Input {
    const from: Remote = this.#chance(2)
      ? { kind: "link", link: this.#link() }
      : { kind: "subscriber", subscriber: this.#subscriber() };
    const link = this.watch.solvingLink ?? this.#link();
    return this.#pick<Input>([
      { kind: "wakeup" },
      { kind: "frameStarted", from },
      { kind: "frameEnded", from },
      { kind: "frameEnded", from },
      { kind: "proofFound", link, nonce: this.#random.bytes(8) },
    ]);
  }

  #rare(): Input {
    const link = this.#link();
    const subscriber = this.#subscriber();
    const fault = this.#pick(FAULTS);
    const dial = this.#chance(3)
      ? dialId(this.#random.below(50))
      : (this.#dials.at(-1) ?? dialId(0));
    return this.#pick<Input>([
      { kind: "linkLost", link },
      { kind: "subscriberGone", subscriber },
      { kind: "peerFault", link, fault },
      { kind: "apiFault", subscriber, fault },
      { kind: "proofFound", link, nonce: this.#random.bytes(8) },
      { kind: "proofFailed", link, reason: "exhausted" },
      { kind: "dialFailed", dial, reason: "refused" },
    ]);
  }

  #opening(): Input {
    if (this.#chance(3)) {
      return { kind: "subscriberOpened", subscriber: subscriberId(--this.#lastSubscriber) };
    }
    const link = linkId(++this.#lastLink);
    const remote = { host: this.#pick(HOSTS), port: 1 + this.#random.below(3) };
    const dial = this.#dials.at(-1);
    return this.#chance(2) && dial !== undefined
      ? { kind: "linkDialed", link, dial, remote }
      : { kind: "linkAccepted", link, remote };
  }

  /** A socket has taken its write; for unknown connections, too. */
  #drained(): Input {
    const busy = [...this.watch.busyLinks];
    if (busy.length > 0 && this.#chance(2)) return { kind: "linkDrained", link: this.#pick(busy) };
    const closed = linkId(this.#lastLink + 1);
    return this.#chance(5)
      ? { kind: "linkDrained", link: closed }
      : { kind: "subscriberDrained", subscriber: this.#subscriber() };
  }

  /** Mostly what is legal on the link right now. */
  #peerInput(): Input {
    const link = this.#link();
    const legal = MESSAGE_TYPES.find((type) => this.core.expects(link, type));
    const type = legal !== undefined && !this.#chance(40) ? legal : this.#pick(MESSAGE_TYPES);
    return { kind: "peerMessage", link, message: this.#peerMessage(type) };
  }

  #peerMessage(type: (typeof MESSAGE_TYPES)[number]): PeerMessage {
    switch (type) {
      case MessageType.p2pInit:
        return new P2PInit(this.#challenge());
      case MessageType.p2pVerify:
        return new P2PVerify(this.#random.bytes(8));
      case MessageType.p2pOk:
        return new P2POk();
      case MessageType.p2pAnnounce:
        return new P2PAnnounce(
          this.#random.below(12),
          this.#random.below(2),
          this.#pick(TTLS),
          this.#pick(CONTENTS),
        );
    }
  }

  /** Sometimes one that we have shown ourselves. */
  #challenge(): Uint8Array {
    const shown = this.watch.challenges;
    return shown.length > 0 && this.#chance(8) ? this.#pick(shown) : this.#random.bytes(8);
  }

  #apiRequest(): ApiRequest {
    if (this.#chance(2)) return new GossipNotify(this.#random.below(3));
    return new GossipAnnounce(this.#pick(TTLS), this.#random.below(3), this.#pick(CONTENTS));
  }

  /** Mostly of a client on a notification it got lately; some are late, repeated or invented. */
  #verdict(): Input {
    const verdict = this.#chance(4) ? "reject" : "accept";
    const { notifications } = this.watch;
    const { subscriber, messageId } =
      notifications.length > 0 && !this.#chance(10)
        ? this.#pick(notifications)
        : { subscriber: this.#subscriber(), messageId: this.#random.below(65_536) };
    return { kind: "apiRequest", subscriber, request: new GossipValidation(messageId, verdict) };
  }

  /** Mostly an open one, else a closed or an unknown one. */
  #link(): LinkId {
    const open = [...this.watch.links];
    return open.length > 0 && !this.#chance(12)
      ? this.#pick(open)
      : linkId(this.#random.below(this.#lastLink + 3));
  }

  #subscriber(): SubscriberId {
    const open = [...this.watch.subscribers];
    return open.length > 0 && !this.#chance(12)
      ? this.#pick(open)
      : subscriberId(-this.#random.below(3 - this.#lastSubscriber));
  }

  #chance(oneIn: number): boolean {
    return this.#random.below(oneIn) === 0;
  }

  #pick<T>(choices: readonly T[]): T {
    return choices[this.#random.below(choices.length)] as T;
  }
}
