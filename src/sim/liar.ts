import type { SavedBook } from "../core/saved-book.ts";
import type { Core } from "../core/core.ts";
import type { Input } from "../core/input.ts";
import { OutgoingFrame } from "../core/outgoing-frame.ts";
import type { Output } from "../core/output.ts";
import type { Instant, LinkId } from "../core/ports.ts";
import type { AddressSnapshot, CoreSnapshot } from "../core/snapshot.ts";
import type { MessageType } from "../wire/message-type.ts";
import { Peers } from "../wire/p2p/peers.ts";
import type { PeerRecord } from "../wire/p2p/peers.ts";

/** What a liar does to a frame of the core inside it; undefined swallows the frame. */
export type Lie = (frame: OutgoingFrame) => OutgoingFrame | undefined;

/**
 * A node that keeps the protocol's every rule towards its links, with the daemon's own core inside, and
 * lies in what it sends: links, pings and proofs are real.
 */
export class Liar implements Core {
  readonly #core: Core;
  readonly #lie: Lie;
  readonly #outbox: Output[] = [];

  constructor(core: Core, lie: Lie) {
    this.#core = core;
    this.#lie = lie;
  }

  step(input: Input, now: Instant, outbox: Output[]): void {
    this.#core.step(input, now, this.#outbox);
    for (const output of this.#outbox) outbox.push(this.#turned(output));
    this.#outbox.length = 0;
  }

  expects(link: LinkId, type: MessageType): boolean {
    return this.#core.expects(link, type);
  }

  savedBook(): SavedBook {
    return this.#core.savedBook();
  }

  addresses(now: Instant): AddressSnapshot[] {
    return this.#core.addresses(now);
  }

  snapshot(now: Instant): CoreSnapshot {
    return this.#core.snapshot(now);
  }

  #turned(output: Output): Output {
    if (output.kind !== "write") return output;
    const frames = output.frames.flatMap((frame) => this.#lie(frame) ?? []);
    return { kind: "write", link: output.link, frames };
  }
}

/** Passes nothing on (a silent dropper). */
export const dropItems: Lie = (frame) => (frame.lane === "payload" ? undefined : frame);

/** Passes nothing on, and answers requests for addresses with these instead of what it knows. */
export const lieAboutPeers =
  (records: () => readonly PeerRecord[]): Lie =>
  (frame) => {
    if (frame.lane === "payload") return undefined;
    const { message } = frame;
    const isList = message.kind === "peers" && message.role === "list";
    return isList ? new OutgoingFrame(new Peers("list", [...records()])) : frame;
  };
