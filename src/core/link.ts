import type { LinkDirection } from "./event.ts";
import { Fifo } from "./fifo.ts";
import { FrameClock } from "./frame-clock.ts";
import { LinkDeadlines } from "./link-deadlines.ts";
import type { LinkDeadlineHandlers } from "./link-deadlines.ts";
import type { OutgoingFrame } from "./outgoing-frame.ts";
import type { Instant, LinkId, PeerAddress } from "./ports.ts";
import type { ReadBudget } from "./read-budget.ts";
import { ReadGate } from "./read-gate.ts";
import type { SendQueue } from "./send-queue.ts";
import type { TokenBucket } from "./token-bucket.ts";

/** Whether the nonce of VERIFY says that the dialler speaks the extension [protocol §6.2]. */
export type Marking = "marked" | "unmarked";

/** Where a link is in its life. Challenges are kept only while somebody may still refer to them. */
export type LinkState =
  /** Dialler: the acceptor speaks first. */
  | { readonly phase: "awaitingInit" }
  /** Dialler: another proof is being computed. */
  | { readonly phase: "awaitingSolver"; readonly challenge: Uint8Array }
  | { readonly phase: "solving"; readonly challenge: Uint8Array; readonly marking: Marking }
  | { readonly phase: "awaitingOk"; readonly marking: Marking }
  /** Acceptor: INIT is out. */
  | { readonly phase: "awaitingVerify"; readonly challenge: Uint8Array }
  | { readonly phase: "established" };

/** Whether the peer speaks the extension [protocol §6]. */
export type Negotiation =
  /** Not marked, so a base peer: nothing but 504 to 507 is ever sent to it. */
  | { readonly kind: "base" }
  /** Marked, and HELLO may come; `taken` is what the peer counts as until then. */
  | {
      readonly kind: "open";
      readonly ownHello: "sent" | "unsent";
      readonly taken: "unknown" | "base";
    }
  | { readonly kind: "extended"; readonly extension: LinkExtension };

/** Of all links that are not negotiated (yet). */
const BASE: Negotiation = { kind: "base" };

/** What two of ours know of each other on one link. */
export interface LinkExtension {
  readonly listenPort: number;
  readonly inbound: "accepted" | "none";
  readonly peerExchange: "offered" | "refused";
  /** Answers to pings [protocol §6.4]. */
  readonly pingAnswers: TokenBucket;
  /** Answers to requests for addresses [protocol §6.5]. */
  readonly peersAnswers: TokenBucket;
  /** The ask that is out. */
  pingToken: Uint8Array | undefined;
  pingAskedAt: Instant;
  /** Of the last answered ask. */
  delayMs: number | undefined;
  /** Requests for addresses sent, and those of them not answered yet. */
  getsSent: number;
  getsOpen: number;
}

/** One TCP connection to a peer, as all parts of the core know it. */
export class Link {
  readonly id: LinkId;
  readonly direction: LinkDirection;
  readonly remote: PeerAddress;
  /** Which host, subnet and group of hosts it counts for [protocol §3.5, §7.1]. */
  readonly hostKey: string;
  readonly subnetKey: string;
  readonly groupKey: string;
  readonly openedAt: Instant;
  /** When the handshake was over; solving counts for nothing. Until then, when it was opened. */
  establishedAt: Instant;
  readonly queue: SendQueue;
  readonly budget: ReadBudget;
  readonly gate: ReadGate = new ReadGate();
  readonly deadlines: LinkDeadlines<Link>;
  readonly frameClock: FrameClock;
  state: LinkState;
  negotiation: Negotiation = BASE;
  /** The challenge of this link in hexadecimal, once it is known [protocol §3.6, §6.3]. */
  challenge: string | undefined;
  /** When anything was last read from it, and written to it [protocol §6.4]. */
  heardAt: Instant;
  sentAt: Instant;
  /** While reading is held back: since when, or when that was last accounted for [protocol §6.4]. */
  heldAt: Instant;
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
  /** Items that came over this link first. */
  newItemsIn = 0;
  itemsOut = 0;

  constructor(fields: LinkFields) {
    this.id = fields.id;
    this.direction = fields.direction;
    this.remote = fields.remote;
    this.hostKey = fields.hostKey;
    this.subnetKey = fields.subnetKey;
    this.groupKey = fields.groupKey;
    this.openedAt = fields.openedAt;
    this.establishedAt = fields.openedAt;
    this.queue = fields.queue;
    this.budget = fields.budget;
    this.deadlines = new LinkDeadlines<Link>(fields.deadlineHandlers, this);
    this.frameClock = new FrameClock(this.deadlines);
    this.state = fields.state;
    this.progressedAt = fields.openedAt;
    this.heardAt = fields.openedAt;
    this.sentAt = fields.openedAt;
    this.heldAt = fields.openedAt;
  }

  get isEstablished(): boolean {
    return this.state.phase === "established";
  }

  get extension(): LinkExtension | undefined {
    return this.negotiation.kind === "extended" ? this.negotiation.extension : undefined;
  }
}

/** Whom bounds on links count a link for. */
export type LinkOrigin = Pick<Link, "hostKey" | "subnetKey" | "groupKey">;

export interface LinkFields extends LinkOrigin {
  readonly id: LinkId;
  readonly direction: LinkDirection;
  readonly remote: PeerAddress;
  readonly openedAt: Instant;
  readonly queue: SendQueue;
  readonly budget: ReadBudget;
  readonly deadlineHandlers: LinkDeadlineHandlers<Link>;
  readonly state: LinkState;
}

/** What parts of the core may do with links without knowing one another. */
export interface LinkPort {
  /** Puts a frame on its way; it leaves with the next flush. */
  send(link: Link, frame: OutgoingFrame): void;
  /** The same for a payload and all of them; `links` is one array as long as they are the same ones. */
  sendToAll(links: readonly Link[], frame: OutgoingFrame): void;
  /** Whether one more frame leaves half of the link's queue free [protocol §4.9]. */
  hasRoomInHalf(link: Link, frameBytes: number): boolean;
  get(id: LinkId): Link | undefined;
  established(): readonly Link[];
}
