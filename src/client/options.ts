import { Backoff } from "./backoff.ts";
import type { BacklogBounds } from "./announce-backlog.ts";
import { DEFAULT_BACKLOG_BOUNDS } from "./announce-backlog.ts";
import type { RetryPolicy } from "./connector.ts";
import { InvalidArgumentError } from "./errors.ts";
import type { FrameSpacing } from "./session.ts";
import type { SubscriptionBounds } from "./subscription.ts";
import { systemTimers } from "./timers.ts";
import type { Timers } from "./timers.ts";

/** What every client can be given, whatever it speaks over. */
export interface ClientOptions {
  /**
   * For servers that take each read for one message: frames go out one by one, with a pause of 50 ms
   * after each. Default false.
   */
  readonly cautious?: boolean;
  /** Per iterator: unread notifications beyond this drop the oldest. Default 16,384. */
  readonly bufferedCountMax?: number;
  /** Per iterator: unread bytes of data beyond this drop the oldest. At least 65,527, default 8 MiB. */
  readonly bufferedBytesMax?: number;
  /** Announcements that wait for the socket or a reconnect, in bytes. At least 65,535, default 16 MiB. */
  readonly backlogBytesMax?: number;
  /** The source of time; for tests. */
  readonly timers?: Timers;
}

export interface ReconnectOptions {
  /** The first delay. Default 1,000 ms. */
  readonly delayMinMs?: number;
  /** Delays double up to this. Default 30,000 ms. */
  readonly delayMaxMs?: number;
  /** Whether `connect` waits for a server that is not there yet ("retry") or rejects ("fail", default). */
  readonly firstAttempt?: "fail" | "retry";
  /** Uniform in [0, 1): half of each delay is random. For tests; default `Math.random`. */
  readonly random?: () => number;
}

export interface ConnectOptions extends ClientOptions {
  /** Default 127.0.0.1. A name, an IPv4 or an IPv6 address (without brackets). */
  readonly host?: string;
  /** Default 7001. */
  readonly port?: number;
  /** What to do when the connection is lost; `false`: the client ends. Default: reconnect for ever. */
  readonly reconnect?: false | ReconnectOptions;
  /** How long one attempt may take. Default 3,000 ms. */
  readonly connectTimeoutMs?: number;
  /** Ends the wait for the first connection; without effect afterwards. */
  readonly signal?: AbortSignal;
}

export interface SubscribeOptions {
  /** Ends the iterator, without an error, as leaving the loop does. */
  readonly signal?: AbortSignal;
}

export interface AnnounceOptions {
  /** How many hops the item travels, 0 to 255; 0, the default, means no limit. */
  readonly ttl?: number;
  /** Takes the announcement back while it still waits; the promise rejects with the signal's reason. */
  readonly signal?: AbortSignal;
}

export interface ClientSettings {
  readonly spacing: FrameSpacing;
  readonly subscriptionBounds: SubscriptionBounds;
  readonly backlogBounds: BacklogBounds;
  readonly timers: Timers;
}

/** As patient as the daemon is when it dials [protocol §3.5]. */
const CONNECT_TIMEOUT_MS = 3_000;
/** A guess: no message is acknowledged, so only time can tell that the last one was read. */
const CAUTIOUS_GAP_MS = 50;
/**
 * The most notifications our daemon leaves unanswered at a module [protocol §2.5], and twice what one read
 * of 64 KiB can hold: whoever keeps up loses nothing because many came at once.
 */
const BUFFERED_COUNT_MAX = 16_384;
/** 128 of the largest items. */
const BUFFERED_BYTES_MAX = 8 * 1024 * 1024;
/** One item of the largest size must always fit [protocol §1.4]. */
const BUFFERED_BYTES_MIN = 65_527;
const BACKLOG_BYTES_MIN = 65_535;
const RECONNECT_DELAY_MIN_MS = 1_000;
const RECONNECT_DELAY_MAX_MS = 30_000;
/** What Node's timers can hold. */
const DELAY_CEILING_MS = 2 ** 31 - 1;

/** @throws InvalidArgumentError */
export function settingsOf(options: ClientOptions): ClientSettings {
  return {
    spacing:
      options.cautious === true ? { kind: "apart", gapMs: CAUTIOUS_GAP_MS } : { kind: "together" },
    subscriptionBounds: {
      bufferedCountMax: atLeast(
        1,
        options.bufferedCountMax,
        BUFFERED_COUNT_MAX,
        "bufferedCountMax",
      ),
      bufferedBytesMax: atLeast(
        BUFFERED_BYTES_MIN,
        options.bufferedBytesMax,
        BUFFERED_BYTES_MAX,
        "bufferedBytesMax",
      ),
    },
    backlogBounds: {
      ...DEFAULT_BACKLOG_BOUNDS,
      bytesMax: atLeast(
        BACKLOG_BYTES_MIN,
        options.backlogBytesMax,
        DEFAULT_BACKLOG_BOUNDS.bytesMax,
        "backlogBytesMax",
      ),
    },
    timers: options.timers ?? systemTimers,
  };
}

/** @throws InvalidArgumentError */
export function retryPolicyOf(reconnect: false | ReconnectOptions | undefined): RetryPolicy {
  if (reconnect === false) return { kind: "never" };
  const { delayMinMs, delayMaxMs, firstAttempt = "fail", random = Math.random } = reconnect ?? {};
  const minMs = delayOf(delayMinMs, RECONNECT_DELAY_MIN_MS, "delayMinMs");
  const maxMs = delayOf(delayMaxMs, Math.max(minMs, RECONNECT_DELAY_MAX_MS), "delayMaxMs");
  if (maxMs < minMs) {
    throw new InvalidArgumentError(`delayMaxMs (${maxMs}) must not be below delayMinMs (${minMs})`);
  }
  return {
    kind: "backoff",
    backoff: new Backoff(minMs, maxMs, random),
    firstAttempt,
    stableAfterMs: maxMs,
  };
}

/** @throws InvalidArgumentError */
export function connectTimeoutOf(connectTimeoutMs: number | undefined): number {
  return delayOf(connectTimeoutMs, CONNECT_TIMEOUT_MS, "connectTimeoutMs");
}

function delayOf(given: number | undefined, otherwise: number, name: string): number {
  const delayMs = given ?? otherwise;
  if (!(delayMs >= 1 && delayMs <= DELAY_CEILING_MS)) {
    throw new InvalidArgumentError(`${name} must be 1 to ${DELAY_CEILING_MS}, got ${delayMs}`);
  }
  return delayMs;
}

function atLeast(min: number, given: number | undefined, otherwise: number, name: string): number {
  const value = given ?? otherwise;
  if (!Number.isInteger(value) || value < min) {
    throw new InvalidArgumentError(
      `${name} must be a whole number of at least ${min}, got ${value}`,
    );
  }
  return value;
}
