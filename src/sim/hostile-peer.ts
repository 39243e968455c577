import type { SavedBook } from "../core/saved-book.ts";
import type { Core } from "../core/core.ts";
import { forwardedTtl } from "../core/hops.ts";
import type { Input } from "../core/input.ts";
import { OutgoingFrame } from "../core/outgoing-frame.ts";
import type { Output } from "../core/output.ts";
import type { LinkId } from "../core/ports.ts";
import type { AddressSnapshot, CoreSnapshot } from "../core/snapshot.ts";
import { P2PAnnounce } from "../wire/p2p/p2p-announce.ts";
import { EMPTY_SNAPSHOT } from "./empty-snapshot.ts";
import { markOf } from "./item-mark.ts";
import type { NodeRole } from "./plan.ts";

/** How a scripted peer treats an item it has read: what it sends on, or undefined for nothing. */
type Treatment = (message: P2PAnnounce) => P2PAnnounce | undefined;

/**
 * A peer that speaks the protocol and follows a script of its own instead of the core's rules. Only at
 * home on wired links, where no handshake is asked of it. Sends to all links but the one it heard from.
 */
class HostilePeer implements Core {
  readonly #treat: Treatment;
  /** Frames waiting for each link; its socket gets one write at a time. */
  readonly #waiting = new Map<LinkId, OutgoingFrame[]>();
  readonly #busy = new Set<LinkId>();

  constructor(treat: Treatment) {
    this.#treat = treat;
  }

  step(input: Input, _now: number, outbox: Output[]): void {
    switch (input.kind) {
      case "linkAccepted": {
        this.#waiting.set(input.link, []);
        const { link, remote } = input;
        outbox.push({
          kind: "report",
          event: { name: "linkEstablished", link, direction: "inbound", remote },
        });
        return;
      }
      case "linkLost":
        this.#waiting.delete(input.link);
        this.#busy.delete(input.link);
        return;
      case "linkDrained":
        this.#busy.delete(input.link);
        return;
      case "peerMessage":
        if (input.message.kind === "p2pAnnounce") this.#onItem(input.link, input.message);
        return;
      case "flush":
        this.#flush(outbox);
        return;
      default:
        return;
    }
  }

  expects(): boolean {
    return true;
  }

  savedBook(): SavedBook {
    return { secret: "", entries: [], anchors: [] };
  }

  snapshot(): CoreSnapshot {
    return EMPTY_SNAPSHOT;
  }

  addresses(): AddressSnapshot[] {
    return [];
  }

  #onItem(from: LinkId, message: P2PAnnounce): void {
    const answer = this.#treat(message);
    if (answer === undefined) return;
    const frame = new OutgoingFrame(answer);
    for (const [link, frames] of this.#waiting) {
      if (link !== from) frames.push(frame);
    }
  }

  #flush(outbox: Output[]): void {
    for (const [link, frames] of this.#waiting) {
      if (frames.length === 0 || this.#busy.has(link)) continue;
      this.#busy.add(link);
      outbox.push({ kind: "write", link, frames: frames.splice(0) });
    }
  }
}

export function makeHostilePeer(role: NodeRole & ("ttlPoisoner" | "idOnlyRelay")): Core {
  switch (role) {
    case "ttlPoisoner":
      return new HostilePeer(oncePer(markKey, (message) => copyWithTtl(message, 1)));
    case "idOnlyRelay":
      return new HostilePeer(oncePer(messageIdOf, forwardedCopy));
  }
}

const markKey = (message: P2PAnnounce): number => markOf(message.data);

const messageIdOf = (message: P2PAnnounce): number => message.messageId;

function forwardedCopy(message: P2PAnnounce): P2PAnnounce | undefined {
  const ttl = forwardedTtl(message.ttl);
  return ttl === undefined ? undefined : copyWithTtl(message, ttl);
}

const copyWithTtl = (message: P2PAnnounce, ttl: number): P2PAnnounce =>
  new P2PAnnounce(message.messageId, message.dataType, ttl, message.data);

function oncePer(key: (message: P2PAnnounce) => number, treat: Treatment): Treatment {
  const seen = new Set<number>();
  return (message) => {
    if (seen.has(key(message))) return undefined;
    seen.add(key(message));
    return treat(message);
  };
}
