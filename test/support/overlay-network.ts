import { DEFAULT_CORE_CONFIG } from "../../src/core/core-config.ts";
import type { CoreConfig } from "../../src/core/core-config.ts";
import type { SavedBook } from "../../src/core/saved-book.ts";
import { GossipCore } from "../../src/core/gossip-core.ts";
import type { Input } from "../../src/core/input.ts";
import type { Output } from "../../src/core/output.ts";
import { instant, linkId, subscriberId } from "../../src/core/ports.ts";
import type { Instant, LinkId, PeerAddress } from "../../src/core/ports.ts";
import { GossipAnnounce } from "../../src/wire/api/gossip-announce.ts";
import { GossipNotify } from "../../src/wire/api/gossip-notify.ts";
import { GossipValidation } from "../../src/wire/api/gossip-validation.ts";
import { SeededRandom, sha256 } from "./core-harness.ts";

/** One way through the network, in ms. */
const LATENCY_MS = 5;
/** What a puzzle takes, in ms. */
const PROOF_MS = 50;

interface Event {
  readonly at: number;
  readonly sequence: number;
  readonly run: () => void;
}

/** One end of a connection: which node, and which of its links. */
interface End {
  readonly node: NetworkNode;
  readonly link: LinkId;
  peer: End | undefined;
}

/** A few real cores with perfect TCP between them; repeatable, because it has one clock and one seed. */
export class OverlayNetwork {
  readonly nodes: NetworkNode[] = [];
  now: Instant = instant(1_000);
  #events: Event[] = [];
  #sequence = 0;
  #nextPort = 40_000;

  /** The port a dialler connects from; no two are equal. */
  freshPort(): number {
    return this.#nextPort++;
  }

  add(
    config: Partial<CoreConfig> & { readonly address: PeerAddress; readonly book?: SavedBook },
  ): NetworkNode {
    const node = new NetworkNode(this, config, this.nodes.length + 1);
    this.nodes.push(node);
    return node;
  }

  /** The living node that listens there. */
  listener(address: PeerAddress): NetworkNode | undefined {
    return this.nodes.find(
      (node) =>
        node.isAlive && node.address.host === address.host && node.address.port === address.port,
    );
  }

  after(milliseconds: number, run: () => void): void {
    const event = { at: this.now + milliseconds, sequence: this.#sequence++, run };
    let place = this.#events.length;
    while (place > 0 && isAfter(this.#events[place - 1], event)) place--;
    this.#events.splice(place, 0, event);
  }

  advance(milliseconds: number): void {
    const end = this.now + milliseconds;
    for (let next = this.#events[0]; next !== undefined && next.at <= end; next = this.#events[0]) {
      this.#events.shift();
      this.now = instant(next.at);
      next.run();
    }
    this.now = instant(end);
  }
}

function isAfter(a: Event | undefined, b: Event): boolean {
  return a !== undefined && (a.at > b.at || (a.at === b.at && a.sequence > b.sequence));
}

export class NetworkNode {
  readonly address: PeerAddress;
  readonly core: GossipCore;
  /** Everything written, for checks of what was ever sent to whom. */
  readonly sent: { readonly to: PeerAddress; readonly kind: string }[] = [];
  readonly closed: string[] = [];
  readonly heard: string[] = [];
  isAlive = true;
  readonly #network: OverlayNetwork;
  readonly #ends = new Map<LinkId, End>();
  readonly #cancelled = new Set<number>();
  readonly #inbox: Input[] = [];
  #isDraining = false;
  #nextLink = 1;

  constructor(
    network: OverlayNetwork,
    config: Partial<CoreConfig> & { readonly address: PeerAddress; readonly book?: SavedBook },
    seed: number,
  ) {
    const { address, book, ...core } = config;
    this.#network = network;
    this.address = address;
    this.core = new GossipCore(
      {
        ...DEFAULT_CORE_CONFIG,
        difficultyBits: 0,
        ...core,
      },
      {
        random: new SeededRandom(seed * 7_919),
        digest: sha256,
        tracing: "off",
        now: network.now,
      },
    );
    this.submit({ kind: "listening", listener: { port: address.port, scope: "loopback" } });
    if (book !== undefined) this.submit({ kind: "bookRestored", book });
    network.after(0, () => {
      this.submit({ kind: "wakeup" });
    });
    const module = subscriberId(1);
    this.submit({ kind: "subscriberOpened", subscriber: module });
  }

  subscribe(dataType: number): void {
    this.submit({
      kind: "apiRequest",
      subscriber: subscriberId(1),
      request: new GossipNotify(dataType),
    });
  }

  announce(dataType: number, text: string): void {
    const request = new GossipAnnounce(0, dataType, new TextEncoder().encode(text));
    this.submit({ kind: "apiRequest", subscriber: subscriberId(1), request });
  }

  /** The process is gone: its sockets are closed by its host. */
  kill(): void {
    this.isAlive = false;
    for (const link of [...this.#ends.keys()]) this.#hangUp(link);
  }

  links(direction?: "inbound" | "outbound"): number {
    return this.core
      .snapshot(this.#network.now)
      .links.filter((link) => link.phase === "established")
      .filter((link) => direction === undefined || link.direction === direction).length;
  }

  submit(input: Input): void {
    if (!this.isAlive) return;
    this.#inbox.push(input);
    if (this.#isDraining) return;
    this.#isDraining = true;
    for (let next = this.#inbox.shift(); next !== undefined; next = this.#inbox.shift()) {
      this.#step(next);
      if (this.#inbox.length === 0 && next.kind !== "flush") this.#inbox.push({ kind: "flush" });
    }
    this.#isDraining = false;
  }

  #step(input: Input): void {
    const outbox: Output[] = [];
    this.core.step(input, this.#network.now, outbox);
    for (const output of outbox) this.#perform(output);
  }

  #perform(output: Output): void {
    switch (output.kind) {
      case "write":
        this.#write(output.link, output.frames);
        return;
      case "dial":
        this.#dial(output.dial, output.address);
        return;
      case "cancelDial":
        this.#cancelled.add(output.dial);
        return;
      case "closeLink":
        this.closed.push(output.cause);
        this.#hangUp(output.link);
        return;
      case "solveProof":
        this.#solve(output.link, output.nonceHigh ?? 0);
        return;
      case "wakeAt":
        this.#network.after(Math.max(0, output.at - this.#network.now), () => {
          this.submit({ kind: "wakeup" });
        });
        return;
      case "notify":
        for (const notification of output.notifications) {
          this.heard.push(new TextDecoder().decode(notification.data));
          const request = new GossipValidation(notification.messageId, "accept");
          this.#inbox.push({ kind: "apiRequest", subscriber: output.subscriber, request });
        }
        this.#inbox.push({ kind: "subscriberDrained", subscriber: output.subscriber });
        return;
      default:
        return;
    }
  }

  #write(link: LinkId, frames: Extract<Output, { kind: "write" }>["frames"]): void {
    const end = this.#ends.get(link);
    for (const { message } of frames) {
      if (end?.peer !== undefined)
        this.sent.push({ to: end.peer.node.address, kind: message.kind });
      this.#network.after(LATENCY_MS, () => {
        const peer = end?.peer;
        if (peer !== undefined && peer.node.#ends.get(peer.link) === peer) {
          peer.node.submit({ kind: "peerMessage", link: peer.link, message });
        }
      });
    }
    this.#network.after(0, () => {
      this.submit({ kind: "linkDrained", link });
    });
  }

  #dial(dial: Extract<Output, { kind: "dial" }>["dial"], address: PeerAddress): void {
    this.#network.after(LATENCY_MS, () => {
      if (this.#cancelled.delete(dial) || !this.isAlive) return;
      const other = this.#network.listener(address);
      if (other === undefined) {
        this.submit({ kind: "dialFailed", dial, reason: "refused" });
        return;
      }
      const mine: End = { node: this, link: linkId(this.#nextLink++), peer: undefined };
      const theirs: End = { node: other, link: linkId(other.#nextLink++), peer: mine };
      mine.peer = theirs;
      this.#ends.set(mine.link, mine);
      other.#ends.set(theirs.link, theirs);
      const remote = { host: this.address.host, port: this.#network.freshPort() };
      this.submit({ kind: "linkDialed", link: mine.link, dial, remote: address });
      other.submit({ kind: "linkAccepted", link: theirs.link, remote });
    });
  }

  #solve(link: LinkId, nonceHigh: number): void {
    this.#network.after(PROOF_MS, () => {
      const nonce = new Uint8Array(8);
      new DataView(nonce.buffer).setUint32(0, nonceHigh);
      this.submit({ kind: "proofFound", link, nonce });
    });
  }

  #hangUp(link: LinkId): void {
    const end = this.#ends.get(link);
    this.#ends.delete(link);
    const peer = end?.peer;
    if (peer === undefined) return;
    this.#network.after(LATENCY_MS, () => {
      if (!peer.node.#ends.delete(peer.link)) return;
      peer.node.submit({ kind: "linkLost", link: peer.link });
    });
  }
}
