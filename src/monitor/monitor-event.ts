import type { LinkCloseCause, SubscriberCloseCause } from "../core/close-cause.ts";
import type { LinkDirection } from "../core/event.ts";
import type { DropReason, RefusalReason, StopReason } from "../core/trace.ts";
import type { Verdict } from "../wire/api/gossip-validation.ts";

/**
 * What `/events` serves, as server-sent events: `event: <name>`, then one line of JSON as `data:`. Links
 * and subscribers have the same numbers as in `/status`. No event holds payload.
 */
export type MonitorEvent =
  | { readonly name: "link"; readonly data: LinkEvent }
  | { readonly name: "subscriber"; readonly data: SubscriberEvent }
  | { readonly name: "item"; readonly data: ItemEvent }
  | { readonly name: "lost"; readonly data: LostEvents };

/** What all events about something have. */
interface Timed {
  /** Wall-clock time in ms since 1970. */
  readonly at: number;
}

export interface LinkEvent extends Timed {
  readonly link: number;
  /** `established`: OK was sent or received; `extended`: both have said HELLO. */
  readonly change: "opened" | "established" | "extended" | "closed";
  /** Missing when the link is extended: it was established before. */
  readonly direction?: LinkDirection;
  /** `host:port`; missing like `direction`. */
  readonly remote?: string;
  /** Only of closed links. */
  readonly cause?: LinkCloseCause;
}

export interface SubscriberEvent extends Timed {
  readonly subscriber: number;
  /** `observer`: it is no longer waited for; `validator`: it is again. */
  readonly change:
    "opened" | "subscribed" | "closed" | "observer" | "validator" | "oneAtATime" | "lagging";
  readonly dataType?: number;
  readonly cause?: SubscriberCloseCause;
}

/** One step in the life of one item in this node. */
export type ItemEvent = Timed & {
  /** 40 hexadecimal digits: data type, message id, first 16 bytes of SHA-256 of the data. */
  readonly key: string;
  /** Since the item came to this node; 0 for its first step. */
  readonly afterMs: number;
} & ItemStep;

/** `bytes` are those of the data; `ttl` is that of the copy at hand. */
export type ItemStep =
  /** A module of this host said it. */
  | {
      readonly step: "announced";
      readonly dataType: number;
      readonly ttl: number;
      readonly bytes: number;
      readonly subscriber: number;
    }
  /** The first copy came from a peer. */
  | {
      readonly step: "arrived";
      readonly dataType: number;
      readonly ttl: number;
      readonly bytes: number;
      readonly link: number;
    }
  | { readonly step: "duplicate"; readonly link: number; readonly ttl: number }
  /** Put before a module; an observer is not waited for. */
  | {
      readonly step: "asked";
      readonly subscriber: number;
      readonly role: "validator" | "observer";
    }
  /** `tookMs`: from the notification to the answer. */
  | {
      readonly step: "verdict";
      readonly subscriber: number;
      readonly verdict: Verdict;
      readonly tookMs: number;
    }
  | { readonly step: "accepted" }
  | { readonly step: "rejected" }
  /** No verdict came in time. */
  | { readonly step: "expired" }
  | {
      readonly step: "forwarded";
      readonly links: readonly number[];
      readonly ttl: number;
      readonly occasion: "announced" | "accepted" | "improved" | "offered";
      /** Links left out because they have sent it. */
      readonly holders: readonly number[];
      /** How many links more than `degree` allows. */
      readonly beyondDegree: number;
    }
  /** Refused or ignored as it came over a link. */
  | {
      readonly step: "dropped";
      readonly reason: Exclude<DropReason, "duplicate"> | RefusalReason;
      readonly link: number;
      readonly ttl: number;
      /** Only of items that are not even remembered. */
      readonly dataType?: number;
      readonly bytes?: number;
    }
  /** Not put before a module, because its queue is full. */
  | { readonly step: "dropped"; readonly reason: "queueFull"; readonly subscriber: number }
  /** Accepted, but sent to nobody. */
  | { readonly step: "dropped"; readonly reason: StopReason };

/** So many events did not reach this reader: it reads too slowly, or there were too many to tell. */
export interface LostEvents {
  readonly count: number;
}
