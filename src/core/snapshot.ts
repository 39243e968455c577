import type { DialTrouble } from "./close-cause.ts";
import type { CounterSnapshot } from "./counters.ts";
import type { LinkDirection, LinkPhase } from "./event.ts";
import type { LinkId, PeerAddress, SubscriberId } from "./ports.ts";

export interface LinkSnapshot {
  readonly link: LinkId;
  readonly direction: LinkDirection;
  readonly remote: PeerAddress;
  readonly phase: LinkPhase;
  /** Whether it speaks the extension; `unknown` while it may still say so [protocol §6.2]. */
  readonly peer: "unknown" | "base" | "extended";
  /** Where it can be dialled, as far as we know. */
  readonly listensAt: PeerAddress | undefined;
  /** Of the last answered ping, in ms. */
  readonly delayMs: number | undefined;
  readonly openForMs: number;
  readonly reading: "open" | "held";
  /** What its socket has not taken yet. */
  readonly queueBytes: number;
  readonly queueFrames: number;
  readonly itemsIn: number;
  readonly itemsOut: number;
  readonly framesDropped: number;
}

export interface SubscriberSnapshot {
  readonly subscriber: SubscriberId;
  readonly dataTypes: readonly number[];
  readonly openForMs: number;
  readonly reading: "open" | "held";
  /** Observers are notified, but not waited for [protocol §4.3]. */
  readonly role: "validator" | "observer";
  readonly pacing: "windowed" | "oneAtATime";
  /** Written, unanswered notifications it may have at once [protocol §2.5]. */
  readonly window: number;
  /** Written and not answered. */
  readonly outstanding: number;
  /** Not written yet. */
  readonly waiting: number;
  readonly waitingBytes: number;
  readonly notificationsDropped: number;
  /** Answers that counted. */
  readonly verdicts: number;
  /** How long these took on average, in ms; 0 while there are none. */
  readonly verdictMeanMs: number;
}

/** One bounded store against its bounds. A bound of 0 means there is none of that kind. */
export interface StoreSnapshot {
  readonly name: StoreName;
  readonly entries: number;
  readonly entriesMax: number;
  readonly bytes: number;
  readonly bytesMax: number;
}

export type StoreName =
  | "links"
  | "halfOpenLinks"
  | "subscribers"
  | "pendingItems"
  | "seenKeys"
  | "knowledgeBase"
  | "ownItems"
  | "linkContents"
  | "reforwardedItems"
  | "newAddresses"
  | "triedAddresses";

export interface BootstrapSnapshot {
  readonly address: PeerAddress;
  readonly state: "dialing" | "linked" | "waiting";
  /** Tries in a row that bought no link worth its proof. */
  readonly failures: number;
  readonly lastFailure: DialTrouble | "none";
  readonly retryInMs: number;
}

/** Links of our own choice against how many we want, and why there are too few [protocol §7.1]. */
export interface OverlaySnapshot {
  readonly extensions: "on" | "off";
  /** Established links that we dialled to keep. */
  readonly outboundLinks: number;
  /** How many are wanted; without extensions, one to each bootstrapper. */
  readonly outboundLinksTarget: number;
  readonly shortage: Shortage;
}

/** What keeps a node from more links of its own; durations in ms. */
export type Shortage =
  | { readonly kind: "none" }
  /** Proofs of work are computed, wait for the solver, or wait for OK. */
  | { readonly kind: "proving"; readonly proofs: number }
  /** Connections are being opened, or INIT has not come yet. */
  | { readonly kind: "dialing"; readonly dials: number }
  /** Every proof that may be spent was spent [protocol §7.3]. */
  | { readonly kind: "proofBudget"; readonly retryInMs: number }
  /** Waits to hear of addresses from more than one place (threat T4). */
  | { readonly kind: "sources"; readonly retryInMs: number }
  /** All addresses without a link failed lately; the first may be dialled again then. */
  | { readonly kind: "backoff"; readonly addresses: number; readonly retryInMs: number }
  /** No address is known that we have no link to. */
  | { readonly kind: "nobodyElse" };

/** One address of the book, and how it stands with us [protocol §7.2]. */
export interface AddressSnapshot {
  readonly address: PeerAddress;
  /** `tried`: we have read an INIT from it. */
  readonly table: "new" | "tried";
  /** `waiting`: it failed, and is left alone for `retryInMs`. `ready`: it may be dialled. */
  readonly state: "linked" | "dialing" | "waiting" | "ready";
  /** Dials in a row that nobody answered. */
  readonly failures: number;
  /** Proofs in a row that bought no lasting link. */
  readonly proofsWasted: number;
  readonly lastFailure: DialTrouble | "none";
  readonly retryInMs: number;
}

/** Copied values, never live maps. */
export interface CoreSnapshot {
  readonly links: readonly LinkSnapshot[];
  readonly subscribers: readonly SubscriberSnapshot[];
  readonly stores: readonly StoreSnapshot[];
  readonly bootstrap: readonly BootstrapSnapshot[];
  readonly overlay: OverlaySnapshot;
  readonly counters: CounterSnapshot;
}
