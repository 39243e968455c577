import type { Verdict } from "../wire/api/gossip-validation.ts";
import type { LinkId, SubscriberId } from "./ports.ts";

/** Why an item went no further. */
export type DropReason =
  | "duplicate"
  | "reforwardRefused"
  | "unsubscribed"
  | "repeatedContent"
  | "notHeld"
  | "rejected"
  | "expired"
  | "lastHop";

/**
 * One decision about one item. Produced only when the core is built with tracing: the simulator's
 * checkers, the demo and the explanation of an item live on these.
 *
 * `item` is the item's number in this node's seen cache: never reused, without meaning elsewhere.
 * `key` is the whole 20-byte key in hexadecimal, the same in every node.
 */
export type TraceEvent =
  | {
      readonly kind: "itemAnnounced";
      readonly item: number;
      readonly key: string;
      readonly dataType: number;
      readonly ttl: number;
      readonly subscriber: SubscriberId;
    }
  | {
      readonly kind: "itemArrived";
      readonly item: number;
      readonly key: string;
      readonly dataType: number;
      readonly ttl: number;
      readonly link: LinkId;
    }
  | {
      readonly kind: "itemDropped";
      readonly key: string;
      readonly link: LinkId | undefined;
      readonly ttl: number;
      readonly reason: DropReason;
    }
  | {
      readonly kind: "itemNotified";
      readonly item: number;
      readonly subscriber: SubscriberId;
      readonly messageId: number;
    }
  | {
      readonly kind: "itemJudged";
      readonly item: number;
      readonly subscriber: SubscriberId;
      readonly verdict: Verdict;
    }
  | { readonly kind: "itemSettled"; readonly item: number; readonly outcome: ItemOutcome }
  | {
      readonly kind: "itemForwarded";
      readonly item: number;
      readonly links: readonly LinkId[];
      /** As it goes out on the wire. */
      readonly ttl: number;
      readonly occasion: "announced" | "accepted" | "improved" | "offered";
    };

/** What the verdicts came to [protocol §4.3]. */
export type ItemOutcome = "accepted" | "rejected" | "expired";
