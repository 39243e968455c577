import type { DialTrouble, LinkCloseCause } from "./close-cause.ts";
import { backoffMs } from "./backoff.ts";
import type { Effects } from "./effects.ts";
import type { DialFailure } from "./input.ts";
import type { PeerAddress, Random } from "./ports.ts";

/** Backoff between tries, in ms: with its jitter it stays within 1 s to 60 s [protocol §3.7]. */
const RETRY_MS_MIN = 1_000;
const RETRY_BEFORE_JITTER_MS_MAX = 48_000;

/** An address from the configuration, tried for ever [protocol §3.7]. */
export interface Bootstrapper {
  readonly address: PeerAddress;
  /** Where its name led last: a link to that is a link to it. */
  remote: PeerAddress | undefined;
  /** Tries in a row that bought no link worth its proof. */
  failures: number;
  lastFailure: DialTrouble | "none";
  /** Not to be dialled before this, in ms of the core's clock. */
  notBefore: number;
}

/** Where to join: one log line per change of state, and no end of patience. */
export class Bootstrappers {
  readonly #effects: Effects;
  readonly #random: Random;
  readonly all: readonly Bootstrapper[];

  constructor(addresses: readonly PeerAddress[], effects: Effects, random: Random) {
    this.#effects = effects;
    this.#random = random.fork("bootstrappers");
    this.all = addresses.map((address) => ({
      address,
      remote: undefined,
      failures: 0,
      lastFailure: "none",
      notBefore: 0,
    }));
  }

  isDue(bootstrapper: Bootstrapper): boolean {
    return bootstrapper.notBefore <= this.#effects.now;
  }

  /** Failures count on: one that closes every link at once is no better than one that refuses. */
  onEstablished(bootstrapper: Bootstrapper): void {
    bootstrapper.lastFailure = "none";
  }

  onDialFailed(bootstrapper: Bootstrapper, reason: DialFailure): void {
    const isNews = bootstrapper.lastFailure !== reason;
    const retryInMs = this.#postpone(bootstrapper, reason);
    const { address } = bootstrapper;
    if (isNews) this.#effects.report({ name: "dialFailed", address, reason, retryInMs });
    else this.#effects.counters.totals.dialFailed++;
  }

  /** The link is down, and the log has said so. */
  onLinkLost(
    bootstrapper: Bootstrapper,
    proof: "worthwhile" | "wasted",
    cause: LinkCloseCause,
  ): void {
    if (proof === "worthwhile") bootstrapper.failures = 0;
    this.#postpone(bootstrapper, cause);
  }

  #postpone(bootstrapper: Bootstrapper, reason: DialTrouble): number {
    const base = backoffMs(RETRY_MS_MIN, bootstrapper.failures, RETRY_BEFORE_JITTER_MS_MAX);
    // Up to a quarter later, so that peers do not come back all at once.
    const retryInMs = base + this.#random.below(base >> 2);
    bootstrapper.failures++;
    bootstrapper.lastFailure = reason;
    bootstrapper.notBefore = this.#effects.now + retryInMs;
    return retryInMs;
  }
}
