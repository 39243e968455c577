import type { CounterSnapshot } from "./counters.ts";
import type { LinkDirection, LinkPhase } from "./event.ts";
import type { DialFailure } from "./input.ts";
import type { LinkId, PeerAddress, SubscriberId } from "./ports.ts";

export interface LinkSnapshot {
  readonly link: LinkId;
  readonly direction: LinkDirection;
  readonly remote: PeerAddress;
  readonly phase: LinkPhase;
  /** Whether it speaks the extension; `unknown` while it may still say so [protocol §6.2]. */
  readonly peer: "unknown" | "base" | "extended";
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
  /** Failures in a row. */
  readonly failures: number;
  readonly lastFailure: DialFailure | "linkClosed" | "none";
  readonly retryInMs: number;
}

/** Copied values, never live maps. */
export interface CoreSnapshot {
  readonly links: readonly LinkSnapshot[];
  readonly subscribers: readonly SubscriberSnapshot[];
  readonly stores: readonly StoreSnapshot[];
  readonly bootstrap: readonly BootstrapSnapshot[];
  readonly counters: CounterSnapshot;
}
