import { present } from "../core/assert.ts";
import type { OutgoingFrame } from "../core/outgoing-frame.ts";
import type { LinkId } from "../core/ports.ts";
import type { Linking } from "./plan.ts";

/** What one write put on the wire, or the end of the stream after the last one. */
export interface Chunk {
  readonly frames: readonly OutgoingFrame[];
  readonly bytes: number;
  readonly arrivesAt: number;
  readonly isEnd: boolean;
}

/**
 * `up`: bytes flow. `frozen`: they wait, as behind a broken route. `dead`: they vanish; at least one
 * end will be told that its link is lost.
 */
export type LinkCondition = "up" | "frozen" | "dead";

const NOTHING: readonly never[] = [];

/** One end of a connection, with the direction that begins at it. */
export class LinkEnd {
  /** Unique in the whole run. */
  readonly ordinal: number;
  readonly node: number;
  readonly id: LinkId;
  readonly link: SimLink;
  phase: "open" | "closed" = "open";
  /** Whether this end's core has reported the link as established. */
  isEstablished = false;
  /** Whether this end's core holds back reading. */
  isHeld = false;
  /** Outgoing: sent and not arrived, in order. */
  inFlight: Chunk[] | readonly never[] = NOTHING;
  isArrivalScheduled = false;
  /** Outgoing: sent and not read by the other end. */
  unreadBytes = 0;
  /** Outgoing: the last write waits until the other end has read more. */
  isBlocked = false;
  /** Outgoing: when the wire is free again, in microseconds, because bandwidth is finer than the clock. */
  freeAtUs = 0;
  lastArrivesAt = 0;
  /** Incoming: arrived and not read, in order, and how far the first of them has been read. */
  arrived: Chunk[] | readonly never[] = NOTHING;
  position = 0;
  isReadScheduled = false;

  constructor(ordinal: number, node: number, id: LinkId, link: SimLink) {
    this.ordinal = ordinal;
    this.node = node;
    this.id = id;
    this.link = link;
  }

  get other(): LinkEnd {
    return this.link.dialler === this ? this.link.acceptor : this.link.dialler;
  }
}

/** One TCP connection between two nodes. */
export class SimLink {
  /** Its number in the plan's links, or -1 for one that a core dialled beyond those. */
  readonly plan: number;
  readonly linking: Linking;
  readonly latencyMs: number;
  condition: LinkCondition = "up";
  /** How often it has frozen. */
  freezes = 0;
  #dialler: LinkEnd | undefined;
  #acceptor: LinkEnd | undefined;

  constructor(plan: number, linking: Linking, latencyMs: number) {
    this.plan = plan;
    this.linking = linking;
    this.latencyMs = latencyMs;
  }

  get dialler(): LinkEnd {
    return present(this.#dialler, "the dialler's end");
  }

  get acceptor(): LinkEnd {
    return present(this.#acceptor, "the acceptor's end");
  }

  connect(dialler: LinkEnd, acceptor: LinkEnd): void {
    this.#dialler = dialler;
    this.#acceptor = acceptor;
  }

  get isClosed(): boolean {
    return this.dialler.phase === "closed" && this.acceptor.phase === "closed";
  }

  /** Whether one end has closed it already. */
  get isBroken(): boolean {
    return this.dialler.phase === "closed" || this.acceptor.phase === "closed";
  }

  /** Whether both cores count on it and bytes flow. */
  get isCarrying(): boolean {
    return this.condition === "up" && this.dialler.isEstablished && this.acceptor.isEstablished;
  }
}

/** Appends to a list that is shared and empty until it is used: most ends are idle most of the time. */
export function appended(chunks: Chunk[] | readonly never[], chunk: Chunk): Chunk[] {
  if (chunks === NOTHING) return [chunk];
  const list = chunks as Chunk[];
  list.push(chunk);
  return list;
}

/** Removes the first chunk; an empty list becomes the shared one again. */
export function withoutFirst(chunks: Chunk[] | readonly never[]): Chunk[] | readonly never[] {
  if (chunks.length <= 1) return NOTHING;
  const list = chunks as Chunk[];
  list.shift();
  return list;
}

export const noChunks = (): readonly never[] => NOTHING;
