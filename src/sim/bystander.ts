import type { SavedBook } from "../core/saved-book.ts";
import type { Core } from "../core/core.ts";
import type { Input } from "../core/input.ts";
import { isMarked, markerOf } from "../core/marker.ts";
import { OutgoingFrame } from "../core/outgoing-frame.ts";
import type { Output } from "../core/output.ts";
import type { DialId, Digest, Instant, LinkId, PeerAddress, Random } from "../core/ports.ts";
import type { AddressSnapshot, CoreSnapshot } from "../core/snapshot.ts";
import type { PeerMessage } from "../wire/decode.ts";
import { Hello } from "../wire/p2p/hello.ts";
import { CHALLENGE_BYTES, P2PInit } from "../wire/p2p/p2p-init.ts";
import { P2POk } from "../wire/p2p/p2p-ok.ts";
import { P2PVerify } from "../wire/p2p/p2p-verify.ts";
import { Peers } from "../wire/p2p/peers.ts";
import type { PeerRecord } from "../wire/p2p/peers.ts";
import { Ping } from "../wire/p2p/ping.ts";
import { EMPTY_SNAPSHOT } from "./empty-snapshot.ts";

export interface BystanderPorts {
  readonly random: Random;
  readonly digest: Digest;
  readonly listenPort: number;
  /** What it answers to a request for addresses. */
  readonly records: () => readonly PeerRecord[];
  /** Whom it dials by itself. */
  readonly visits?: Visits;
}

/** Dials of somebody who wants to be known, until the link is lost and then again. */
export interface Visits {
  readonly host: PeerAddress;
  readonly fromMs: number;
  /** Mean time from one dial to the next. */
  readonly everyMs: number;
}

/** One link, in either direction. */
interface Guest {
  readonly direction: "inbound" | "outbound";
  readonly remote: PeerAddress;
  challenge: Uint8Array;
  readonly frames: OutgoingFrame[];
  socket: "free" | "busy";
}

/**
 * A peer that accepts and answers, without a core: no items passed on, no book, and no dials but visits.
 * It costs nothing while nobody is linked to it. Stands for nodes of which only that matters which others
 * see of them: those that are about to fail, or the many addresses of one attacker.
 */
export class Bystander implements Core {
  readonly #ports: BystanderPorts;
  readonly #guests = new Map<LinkId, Guest>();
  #lastDial = 0;
  #nextVisitAt = Infinity;
  /** What it does about a visit: its solver ends what was begun, even when the link is lost meanwhile. */
  #visit: "none" | "dialing" | "solving" = "none";

  constructor(ports: BystanderPorts) {
    this.#ports = ports;
  }

  step(input: Input, now: Instant, outbox: Output[]): void {
    switch (input.kind) {
      case "listening":
        this.#planVisit(now, this.#ports.visits?.fromMs ?? 0, outbox);
        return;
      case "wakeup":
        this.#visitIfDue(now, outbox);
        return;
      case "flush":
        this.#flush(outbox);
        return;
      default:
        this.#onLink(input, outbox);
    }
  }

  expects(): boolean {
    return true;
  }

  savedBook(): SavedBook {
    return { secret: "", entries: [], anchors: [] };
  }

  addresses(): AddressSnapshot[] {
    return [];
  }

  snapshot(): CoreSnapshot {
    return EMPTY_SNAPSHOT;
  }

  #onLink(input: Input, outbox: Output[]): void {
    switch (input.kind) {
      case "linkAccepted":
        this.#greetGuest(this.#open(input.link, "inbound", input.remote));
        return;
      case "linkDialed":
        this.#visit = "none";
        this.#open(input.link, "outbound", input.remote);
        return;
      case "dialFailed":
        this.#visit = "none";
        return;
      case "proofFound":
        this.#visit = "none";
        this.#guests.get(input.link)?.frames.push(new OutgoingFrame(new P2PVerify(input.nonce)));
        return;
      case "linkLost":
      case "linkDrained":
      case "peerMessage": {
        const guest = this.#guests.get(input.link);
        if (guest !== undefined) this.#onGuest(guest, input, outbox);
        return;
      }
      default:
        return;
    }
  }

  #planVisit(now: Instant, afterMs: number, outbox: Output[]): void {
    const { visits, random } = this.#ports;
    if (visits === undefined) return;
    // Evenly from now to twice the mean, so that many visitors come one after the other.
    this.#nextVisitAt = now + afterMs + 1 + random.below(2 * visits.everyMs);
    outbox.push({ kind: "wakeAt", at: this.#nextVisitAt as Instant });
  }

  #visitIfDue(now: Instant, outbox: Output[]): void {
    const { visits } = this.#ports;
    if (visits === undefined || now < this.#nextVisitAt) return;
    this.#planVisit(now, 0, outbox);
    if (this.#guests.size > 0 || this.#visit === "solving") return;
    // Where a host has lost power nobody ever says that the last one failed.
    if (this.#visit === "dialing") {
      outbox.push({ kind: "cancelDial", dial: this.#lastDial as DialId });
    }
    this.#visit = "dialing";
    outbox.push({ kind: "dial", dial: ++this.#lastDial as DialId, address: visits.host });
  }

  #open(link: LinkId, direction: Guest["direction"], remote: PeerAddress): Guest {
    const challenge = this.#ports.random.bytes(CHALLENGE_BYTES);
    const guest: Guest = { direction, remote, challenge, frames: [], socket: "free" };
    this.#guests.set(link, guest);
    return guest;
  }

  #greetGuest({ frames, challenge }: Guest): void {
    frames.push(new OutgoingFrame(new P2PInit(challenge)));
  }

  #onGuest(
    guest: Guest,
    input: Input & { readonly kind: "linkLost" | "linkDrained" | "peerMessage" },
    outbox: Output[],
  ): void {
    switch (input.kind) {
      case "linkLost":
        this.#guests.delete(input.link);
        return;
      case "linkDrained":
        guest.socket = "free";
        return;
      case "peerMessage":
        this.#onMessage(input.link, guest, input.message, outbox);
        return;
    }
  }

  #onMessage(link: LinkId, guest: Guest, message: PeerMessage, outbox: Output[]): void {
    const { frames } = guest;
    switch (message.kind) {
      case "p2pInit":
        this.#solve(link, guest, message.challenge, outbox);
        return;
      case "p2pVerify":
        frames.push(new OutgoingFrame(new P2POk()));
        reportEstablished(link, guest, outbox);
        if (isMarked(guest.challenge, message.nonce, this.#ports.digest)) this.#sayHello(guest);
        return;
      case "p2pOk":
        reportEstablished(link, guest, outbox);
        return;
      case "hello":
        if (guest.direction === "outbound") this.#sayHello(guest);
        return;
      case "ping":
        if (message.role !== "ask") return;
        frames.push(new OutgoingFrame(new Ping("answer", message.token.slice())));
        return;
      case "peers":
        if (message.role !== "get") return;
        frames.push(new OutgoingFrame(new Peers("list", [...this.#ports.records()])));
        return;
      default:
        return;
    }
  }

  #solve(link: LinkId, guest: Guest, challenge: Uint8Array, outbox: Output[]): void {
    guest.challenge = challenge.slice();
    this.#visit = "solving";
    const nonceHigh = markerOf(guest.challenge, this.#ports.digest);
    outbox.push({
      kind: "solveProof",
      link,
      challenge: guest.challenge,
      difficultyBits: 0,
      nonceHigh,
    });
  }

  #sayHello({ frames, challenge }: Guest): void {
    const { listenPort } = this.#ports;
    const hello = new Hello({
      inbound: "accepted",
      peerExchange: "offered",
      listenPort,
      challenge,
    });
    frames.push(new OutgoingFrame(hello));
  }

  #flush(outbox: Output[]): void {
    for (const [link, guest] of this.#guests) {
      if (guest.frames.length === 0 || guest.socket === "busy") continue;
      guest.socket = "busy";
      outbox.push({ kind: "write", link, frames: guest.frames.splice(0) });
    }
  }
}

function reportEstablished(link: LinkId, { direction, remote }: Guest, outbox: Output[]): void {
  outbox.push({ kind: "report", event: { name: "linkEstablished", link, direction, remote } });
}
