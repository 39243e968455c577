import type { Deadline } from "./deadline-queue.ts";
import type { LinkDirection } from "./event.ts";
import { Fifo } from "./fifo.ts";
import { FrameClock } from "./frame-clock.ts";
import type { OutgoingFrame } from "./outgoing-frame.ts";
import type { Instant, LinkId, PeerAddress } from "./ports.ts";
import type { ReadBudget } from "./read-budget.ts";
import { ReadGate } from "./read-gate.ts";
import type { SendQueue } from "./send-queue.ts";

/** Where a link is in its life. Challenges are kept only while somebody may still refer to them. */
export type LinkState =
  /** Dialler: the acceptor speaks first. */
  | { readonly phase: "awaitingInit" }
  /** Dialler: another proof is being computed. */
  | { readonly phase: "awaitingSolver"; readonly challenge: Uint8Array }
  | { readonly phase: "solving"; readonly challenge: Uint8Array }
  | { readonly phase: "awaitingOk" }
  /** Acceptor: INIT is out. */
  | { readonly phase: "awaitingVerify"; readonly challenge: Uint8Array }
  | { readonly phase: "established" };

/** One TCP connection to a peer, as all parts of the core know it. */
export class Link {
  readonly id: LinkId;
  readonly direction: LinkDirection;
  readonly remote: PeerAddress;
  /** Which host and which group of hosts it counts for [protocol §3.5]. */
  readonly hostKey: string;
  readonly groupKey: string;
  readonly openedAt: Instant;
  readonly queue: SendQueue;
  readonly budget: ReadBudget;
  readonly gate: ReadGate = new ReadGate();
  readonly deadlines: LinkDeadlines;
  readonly frameClock: FrameClock;
  state: LinkState;
  /** When its socket last took a write, or had nothing to take. */
  progressedAt: Instant;
  /** Whether more than half of its queue is in use [protocol §4.11]. */
  isFull = false;
  /** Whether it waits for the flush at the end of this tick. */
  isGathered = false;
  /** Payload frames dropped in the current episode of overflow; 0 while there is none. */
  droppedInEpisode = 0;
  framesDropped = 0;
  /** Numbers of known items that this link may still be offered [protocol §4.9]. */
  readonly offers: Fifo<number> = new Fifo<number>();
  itemsIn = 0;
  itemsOut = 0;

  constructor(fields: LinkFields) {
    this.id = fields.id;
    this.direction = fields.direction;
    this.remote = fields.remote;
    this.hostKey = fields.hostKey;
    this.groupKey = fields.groupKey;
    this.openedAt = fields.openedAt;
    this.queue = fields.queue;
    this.budget = fields.budget;
    this.deadlines = fields.deadlines;
    this.frameClock = new FrameClock(fields.deadlines.frame);
    this.state = fields.state;
    this.progressedAt = fields.openedAt;
  }
}

export interface LinkFields {
  readonly id: LinkId;
  readonly direction: LinkDirection;
  readonly remote: PeerAddress;
  readonly hostKey: string;
  readonly groupKey: string;
  readonly openedAt: Instant;
  readonly queue: SendQueue;
  readonly budget: ReadBudget;
  readonly deadlines: LinkDeadlines;
  readonly state: LinkState;
}

/**
 * The deadlines a link can have; all are cleared when it goes down. `frame` is that of a started frame,
 * `stall` that of a write at the socket.
 */
export type LinkDeadlines = Readonly<
  Record<"handshake" | "frame" | "budget" | "pendingShare" | "stall", Deadline>
>;

/** What parts of the core may do with links without knowing one another. */
export interface LinkPort {
  /** Puts a frame on its way; it leaves with the next flush. */
  send(link: Link, frame: OutgoingFrame): void;
  get(id: LinkId): Link | undefined;
  established(): readonly Link[];
}
