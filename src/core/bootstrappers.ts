import { backoffMs } from "./backoff.ts";
import type { Effects } from "./effects.ts";
import type { DialFailure } from "./input.ts";
import type { Instant, PeerAddress, Random } from "./ports.ts";
import type { BootstrapSnapshot } from "./snapshot.ts";

/** Backoff between tries, in ms: with its jitter it stays within 1 s to 60 s [protocol §3.7]. */
const RETRY_MS_MIN = 1_000;
const RETRY_BEFORE_JITTER_MS_MAX = 48_000;

/** An address from the configuration, tried for ever [protocol §3.7]. */
export interface Bootstrapper {
  readonly address: PeerAddress;
  /** Where its name led last: a link to that is a link to it. */
  remote: PeerAddress | undefined;
  failures: number;
  lastFailure: DialFailure | "linkClosed" | "none";
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

  onEstablished(bootstrapper: Bootstrapper): void {
    bootstrapper.failures = 0;
    bootstrapper.lastFailure = "none";
  }

  onFailed(bootstrapper: Bootstrapper, reason: DialFailure | "linkClosed"): void {
    const base = backoffMs(RETRY_MS_MIN, bootstrapper.failures, RETRY_BEFORE_JITTER_MS_MAX);
    // Up to a quarter later, so that peers do not come back all at once.
    const retryInMs = base + this.#random.below(base >> 2);
    const isNews = bootstrapper.lastFailure !== reason;
    bootstrapper.failures++;
    bootstrapper.lastFailure = reason;
    bootstrapper.notBefore = this.#effects.now + retryInMs;
    if (reason === "linkClosed") return;
    const { address } = bootstrapper;
    if (isNews) this.#effects.report({ name: "dialFailed", address, reason, retryInMs });
    else this.#effects.counters.add("dialFailed");
  }

  snapshot(
    now: Instant,
    stateOf: (bootstrapper: Bootstrapper) => BootstrapSnapshot["state"],
  ): BootstrapSnapshot[] {
    return this.all.map((bootstrapper) => {
      const { address, failures, lastFailure, notBefore } = bootstrapper;
      const state = stateOf(bootstrapper);
      const retryInMs = state === "waiting" ? Math.max(0, notBefore - now) : 0;
      return { address, state, failures, lastFailure, retryInMs };
    });
  }
}
