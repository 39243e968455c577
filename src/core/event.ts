import type { LinkCloseCause, SubscriberCloseCause } from "./close-cause.ts";
import type { DialFailure } from "./input.ts";
import type { LinkId, PeerAddress, SubscriberId } from "./ports.ts";

export type LinkDirection = "inbound" | "outbound";

/**
 * Changes of state worth one line in a log. Every name is also the name of a counter, so that the log
 * can be counted. No event holds payload, keys or anything else that came from a user.
 */
export type CoreEvent =
  | {
      readonly name: "linkEstablished";
      readonly link: LinkId;
      readonly direction: LinkDirection;
      readonly remote: PeerAddress;
    }
  | {
      readonly name: "linkClosed";
      readonly link: LinkId;
      readonly direction: LinkDirection;
      readonly remote: PeerAddress;
      readonly phase: LinkPhase;
      readonly cause: LinkCloseCause;
      /** What exactly was wrong on the wire, or empty. */
      readonly detail: string;
    }
  /** The first failure after a success or after the start; further ones are only counted. */
  | {
      readonly name: "dialFailed";
      readonly address: PeerAddress;
      readonly reason: DialFailure;
      readonly retryInMs: number;
    }
  /** Both have said HELLO: the peer speaks the extension [protocol §6]. */
  | { readonly name: "linkExtended"; readonly link: LinkId; readonly listenPort: number }
  | { readonly name: "selfDialed"; readonly address: PeerAddress }
  | { readonly name: "subscriberOpened"; readonly subscriber: SubscriberId }
  | {
      readonly name: "subscriberClosed";
      readonly subscriber: SubscriberId;
      readonly cause: SubscriberCloseCause;
      readonly detail: string;
    }
  | {
      readonly name: "subscribed";
      readonly subscriber: SubscriberId;
      readonly dataType: number;
    }
  /** Legal on the API, too large for the peer frame [protocol §2.1]. */
  | {
      readonly name: "announcementTooLarge";
      readonly subscriber: SubscriberId;
      readonly dataBytes: number;
      readonly dataBytesMax: number;
    }
  /** The client loses notifications that arrive together, so it gets one at a time [protocol §2.5]. */
  | { readonly name: "oneAtATime"; readonly subscriber: SubscriberId }
  /** The client is no longer waited for, or is waited for again [protocol §4.3]. */
  | { readonly name: "observerBegan"; readonly subscriber: SubscriberId }
  | { readonly name: "observerEnded"; readonly subscriber: SubscriberId }
  /** A queue overflowed; the end of the episode says how much was lost [protocol §2.6, §4.11]. */
  | { readonly name: "subscriberLagging"; readonly subscriber: SubscriberId }
  | {
      readonly name: "subscriberRecovered";
      readonly subscriber: SubscriberId;
      readonly dropped: number;
    }
  | { readonly name: "linkLagging"; readonly link: LinkId }
  | { readonly name: "linkRecovered"; readonly link: LinkId; readonly dropped: number }
  /** Reading from peers and modules pauses and goes on [protocol §4.8, §4.11]. */
  | { readonly name: "readingPaused"; readonly reason: "sendPressure" | "seenCacheFull" }
  | { readonly name: "readingResumed"; readonly reason: "sendPressure" | "seenCacheFull" };

export type CoreEventName = CoreEvent["name"];

/** Where in its life a link was. */
export type LinkPhase =
  "awaitingInit" | "awaitingSolver" | "solving" | "awaitingOk" | "awaitingVerify" | "established";
