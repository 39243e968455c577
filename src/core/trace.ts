import type { Verdict } from "../wire/api/gossip-validation.ts";
import type { LinkDirection } from "./event.ts";
import type { LinkId, PeerAddress, SubscriberId } from "./ports.ts";

/** Why a copy of a remembered item changed nothing, or is not held. */
export type DropReason = "duplicate" | "reforwardRefused" | "notHeld" | "noRoom";

/** Why an item is not even remembered. */
export type RefusalReason = "unsubscribed" | "repeatedContent";

/** Why an accepted item is sent to nobody. */
export type StopReason =
  /** It had come with TTL 1 [protocol §4.5]. */
  | "lastHop"
  /** Nobody is linked but those that sent it to us. */
  | "noOtherLink";

/**
 * One decision about one traced item, or a link that nobody has heard of yet, while tracing is on: the
 * simulator's checkers, the demo and the explanation of an item live on these.
 *
 * `item` is the item's number in this node's seen cache: never reused, without meaning elsewhere.
 * `key` is the whole 20-byte key in hexadecimal, the same in every node.
 */
export type TraceEvent =
  | {
      readonly kind: "linkOpened";
      readonly link: LinkId;
      readonly direction: LinkDirection;
      readonly remote: PeerAddress;
    }
  | {
      readonly kind: "itemAnnounced";
      readonly item: number;
      readonly key: string;
      readonly dataType: number;
      readonly ttl: number;
      /** Of its data. */
      readonly bytes: number;
      readonly subscriber: SubscriberId;
    }
  | {
      readonly kind: "itemArrived";
      readonly item: number;
      readonly key: string;
      readonly dataType: number;
      readonly ttl: number;
      readonly bytes: number;
      readonly link: LinkId;
    }
  | {
      readonly kind: "itemDropped";
      readonly item: number;
      readonly link: LinkId;
      readonly ttl: number;
      readonly reason: DropReason;
    }
  | {
      readonly kind: "itemRefused";
      readonly key: string;
      readonly dataType: number;
      readonly ttl: number;
      readonly bytes: number;
      readonly link: LinkId;
      readonly reason: RefusalReason;
    }
  | {
      readonly kind: "itemNotified";
      readonly item: number;
      readonly subscriber: SubscriberId;
      readonly role: "validator" | "observer";
      readonly messageId: number;
    }
  /** The queue of this subscriber is full: it is not asked [protocol §2.6]. */
  | {
      readonly kind: "itemNotNotified";
      readonly item: number;
      readonly subscriber: SubscriberId;
    }
  | {
      readonly kind: "itemJudged";
      readonly item: number;
      readonly subscriber: SubscriberId;
      readonly verdict: Verdict;
      /** From the notification to the answer. */
      readonly afterMs: number;
    }
  | {
      readonly kind: "itemSettled";
      readonly item: number;
      readonly outcome: ItemOutcome;
      /** From the arrival to the decision. */
      readonly afterMs: number;
    }
  | { readonly kind: "itemStopped"; readonly item: number; readonly reason: StopReason }
  /** From now on the item has another number: its key was renewed [protocol §4.8]. */
  | { readonly kind: "itemRenewed"; readonly item: number; readonly renewed: number }
  | {
      readonly kind: "itemForwarded";
      readonly item: number;
      readonly links: readonly LinkId[];
      /** Left out because they have sent us a copy that was no worse [protocol §4.7]. */
      readonly holders: readonly LinkId[];
      /** How many more links there are than `degree` allows [protocol §4.7]. */
      readonly beyondDegree: number;
      /** As it goes out on the wire. */
      readonly ttl: number;
      readonly occasion: "announced" | "accepted" | "improved" | "offered";
    };

/** What the verdicts came to [protocol §4.3]. */
export type ItemOutcome = "accepted" | "rejected" | "expired";
