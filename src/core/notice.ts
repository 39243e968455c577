import type { Verdict } from "../wire/api/gossip-validation.ts";
import type { TraceChoice } from "./item-tracing.ts";
import type { Instant, LinkId, SubscriberId } from "./ports.ts";
import type { ItemOutcome } from "./trace.ts";

/**
 * An item put before the subscribers of its type, until the last of them has answered or its deadline
 * passes [protocol §4.3].
 */
export interface Ask {
  /** The item's number in the seen cache. */
  readonly item: number;
  readonly dataType: number;
  readonly messageId: number;
  readonly askedAt: Instant;
  readonly trace: TraceChoice;
  notices: readonly Notice[];
  /** How many of the notices have not ended. */
  openNotices: number;
  verdict: VerdictState;
}

export type VerdictState =
  /** The item waits: it spreads or not, depending on the answers. */
  | PendingVerdict
  /** It is decided, and waits for its turn, because much was decided at once [protocol §4.3]. */
  | DecidedVerdict
  /** Nothing depends on the answers (any more): announced here, or decided. */
  | { readonly kind: "none" };

export interface PendingVerdict {
  readonly kind: "pending";
  /** The link whose share of the pending store is charged; none while there was no room [§4.10]. */
  source: LinkId | undefined;
  /** Every link that brought a copy. */
  readonly senders: Sender[];
  /** The TTL of the best copy so far [protocol §4.6]. */
  ttl: number;
  /** Undefined while the best copy that found room has TTL 1: it goes no further [§4.10]. */
  payload: Uint8Array | undefined;
  /** Validators that have neither answered nor abstained. */
  waitingFor: number;
  /** Observers that have not answered. */
  observing: number;
  accepts: number;
  rejects: number;
}

export interface DecidedVerdict {
  readonly kind: "decided";
  readonly outcome: ItemOutcome;
  /** Copies may still improve it. */
  readonly pending: PendingVerdict;
}

/** A link that brought a copy of an item, and what its node has handled itself. */
export interface Sender {
  readonly link: LinkId;
  /** Hops left of the best copy that the node at its other end had, as far as its own copies tell. */
  hopsLeft: number;
}

/** One notification to one subscriber. */
export interface Notice {
  readonly ask: Ask;
  readonly subscriber: SubscriberId;
  /** Observers are not waited for. Changes when a client turns into one. */
  role: "validator" | "observer";
  state: NoticeState;
}

export type NoticeState =
  | { readonly kind: "waiting"; readonly payload: Uint8Array }
  | {
      readonly kind: "written";
      readonly messageId: number;
      readonly at: Instant;
      /** The window at the time: above 1 it may have left together with its predecessor. */
      readonly window: number;
      /** A lost one does not fill the window any more, but its answer would still count. */
      readonly fate: "expected" | "lost";
    }
  | { readonly kind: "ended" };

/** How the part a subscriber plays in one ask came to its end. */
export type NoticeEnd = Verdict | "abstain";
