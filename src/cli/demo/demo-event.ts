import type { DropReason, ItemOutcome, RefusalReason } from "../../core/trace.ts";
import type { Verdict } from "../../wire/api/gossip-validation.ts";

/** What happens before anything is announced, as it happens. */
export type SetupEvent =
  | {
      readonly kind: "listening";
      readonly node: number;
      readonly p2p: string;
      readonly api: string;
    }
  | {
      readonly kind: "solving";
      readonly node: number;
      /** Whose puzzle it is; undefined when that link has gone meanwhile. */
      readonly target: number | undefined;
      readonly hashes: number;
      readonly hashesPerSecond: number;
      /** Expected, and always the same: a search does not remember its failures. */
      readonly secondsLeft: number;
    }
  | {
      readonly kind: "linked";
      readonly node: number;
      readonly target: number | undefined;
      /** Since the node started, or since it had its previous link. */
      readonly afterMs: number;
    }
  /** The node tries again by itself. */
  | { readonly kind: "linkFailed"; readonly node: number; readonly cause: string }
  | { readonly kind: "subscribed"; readonly node: number }
  | { readonly kind: "moduleLost"; readonly node: number; readonly reason: string };

/** What happens to the item at one node; `atMs` is on the clock of the process. */
export type TravelEvent = { readonly node: number; readonly atMs: number } & (
  | { readonly kind: "announced" }
  /** The node has read the announcement of its module. */
  | { readonly kind: "taken" }
  | { readonly kind: "arrived"; readonly hops: number; readonly ttl: number }
  | { readonly kind: "notified"; readonly bytes: number }
  | { readonly kind: "judged"; readonly verdict: Verdict }
  | { readonly kind: "settled"; readonly outcome: ItemOutcome }
  | { readonly kind: "forwarded"; readonly links: number; readonly ttl: number }
  | { readonly kind: "dropped"; readonly reason: DropReason | RefusalReason; readonly ttl: number }
);
