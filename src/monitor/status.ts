import type { CounterSnapshot, DurationName } from "../core/counters.ts";
import type { DurationCounts } from "../core/durations.ts";
import type {
  AddressSnapshot,
  BootstrapSnapshot,
  LinkSnapshot,
  OverlaySnapshot,
  StoreSnapshot,
  SubscriberSnapshot,
} from "../core/snapshot.ts";

/**
 * What `/status` serves: the state of a daemon, ready for JSON. Addresses are `host:port`, durations are
 * in ms. Its schema is docs/status.schema.json.
 */
export interface GossipStatus {
  readonly version: string;
  readonly pid: number;
  /** On the clock on the wall, in ms since 1970. */
  readonly startedAt: number;
  readonly uptimeMs: number;
  readonly health: Health;
  /** Where it really listens. */
  readonly api: string;
  readonly p2p: string;
  /** Null when no monitor is configured. */
  readonly monitor: string | null;
  readonly dataDir: string;
  readonly links: readonly LinkStatus[];
  readonly subscribers: readonly SubscriberSnapshot[];
  /** Each bounded store against its bounds; a bound of 0 means there is none of that kind. */
  readonly stores: readonly StoreStatus[];
  readonly bootstrap: {
    /** One sentence for people. */
    readonly summary: string;
    readonly addresses: readonly BootstrapStatus[];
  };
  /** Links of our own choice, and why there are too few. */
  readonly overlay: OverlaySnapshot;
  readonly counters: Omit<CounterSnapshot, "durations">;
  /** In classes whose upper ends are `durationBoundsMs`, and one more for what is longer. */
  readonly durations: Readonly<Record<MeasuredName, DurationCounts>>;
  readonly durationBoundsMs: readonly number[];
  /** The puzzle that is being solved; null when there is none. */
  readonly proof: ProofStatus | null;
  readonly eventLoopDelay: EventLoopDelay;
  readonly memory: { readonly rssBytes: number; readonly heapUsedBytes: number };
}

/** What `/peers` serves: who a node is linked to, and whom it would dial. */
export interface PeersStatus extends Pick<GossipStatus, "links" | "bootstrap" | "overlay"> {
  /** The whole address book. */
  readonly addresses: readonly AddressStatus[];
}

/** How a node is doing, in words. */
export interface Health {
  /** Not `ok`: it does not work, and only a restart would help. */
  readonly health: "ok" | "failing";
  /** `ready`: modules are served, and what they say reaches somebody. */
  readonly readiness: "ready" | "notReady";
  /** Whether it works, in one sentence. */
  readonly sentence: string;
  /** What keeps it from working, or from working better; empty when nothing does. */
  readonly reasons: readonly string[];
}

export type LinkStatus = Omit<LinkSnapshot, "remote" | "listensAt" | "delayMs"> & {
  readonly remote: string;
  /** Where it can be dialled; null when that is not known. */
  readonly listensAt: string | null;
  /** Of the last answered ping, in ms; null before the first one, and on links that know no ping. */
  readonly delayMs: number | null;
};

export interface StoreStatus extends Omit<StoreSnapshot, "name"> {
  readonly name: StoreSnapshot["name"] | MonitorStoreName;
}

/** Bounded stores beside those of the core. */
export type MonitorStoreName =
  /** What the fullest of all links has not taken, and the fullest of all modules. */
  | "fullestLinkQueue"
  | "fullestModuleQueue"
  /** Items that can be explained. */
  | "journal"
  /** Those who watch the events. */
  | "eventReaders";

export type MeasuredName =
  | DurationName
  /** By how much a timer was late. */
  | "eventLoopDelay"
  /** From the puzzle to its solution. */
  | "proof";

export type BootstrapStatus = Omit<BootstrapSnapshot, "address"> & { readonly address: string };
export type AddressStatus = Omit<AddressSnapshot, "address"> & { readonly address: string };

export interface ProofStatus {
  readonly link: number;
  readonly difficultyBits: number;
  readonly hashes: number;
  readonly hashesPerSecond: number;
  /** On average; null before the speed has been measured. */
  readonly secondsLeft: number | null;
}

/** By how much the event loop was late, since the start, in ms. */
export interface EventLoopDelay {
  readonly p50Ms: number;
  readonly p99Ms: number;
  readonly maxMs: number;
}
