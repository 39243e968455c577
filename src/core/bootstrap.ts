import type { CoreConfig } from "./core-config.ts";
import { Deadline } from "./deadline-queue.ts";
import type { Effects } from "./effects.ts";
import type { DialFailure } from "./input.ts";
import type { DialId, Instant, LinkId, PeerAddress, Random } from "./ports.ts";
import type { BootstrapSnapshot } from "./snapshot.ts";

/** A dial that has not come through after this is given up, in ms [protocol §3.5]. */
const CONNECT_TIMEOUT_MS = 3_000;
/** Backoff between tries, in ms: with its jitter it stays within 1 s to 60 s [protocol §3.7]. */
const RETRY_MS_MIN = 1_000;
const RETRY_BEFORE_JITTER_MS_MAX = 48_000;
/** An address that turned out to be our own is left out for this long, in ms [protocol §3.6]. */
const SELF_DIAL_PAUSE_MS = 3_600_000;

type TargetState =
  | { readonly kind: "waiting" }
  | { readonly kind: "dialing"; readonly dial: DialId }
  | { readonly kind: "linked"; readonly link: LinkId };

class Target {
  readonly address: PeerAddress;
  readonly retry: Deadline;
  readonly timeout: Deadline;
  state: TargetState = { kind: "waiting" };
  failures = 0;
  lastFailure: DialFailure | "linkClosed" | "none" = "none";

  constructor(
    address: PeerAddress,
    onRetry: (target: Target) => void,
    onTimeout: (target: Target) => void,
  ) {
    this.address = address;
    this.retry = new Deadline(() => {
      onRetry(this);
    });
    this.timeout = new Deadline(() => {
      onTimeout(this);
    });
  }
}

/**
 * Keeps a link to every bootstrapper: for ever, with exponential backoff and jitter, and one log line
 * per change of state [protocol §3.7].
 */
export class Bootstrap {
  readonly #effects: Effects;
  readonly #random: Random;
  readonly #targets: readonly Target[];
  #nextDial = 1;

  constructor(config: CoreConfig, effects: Effects, random: Random) {
    this.#effects = effects;
    this.#random = random.fork("bootstrap");
    this.#targets = config.bootstrappers.map(
      (address) =>
        new Target(
          address,
          (target) => {
            this.#dial(target);
          },
          (target) => {
            this.#onTimeout(target);
          },
        ),
    );
    for (const target of this.#targets) effects.setIn(target.retry, 0);
  }

  /** Whether this dial is still wanted; if so, its target is linked from now on. */
  onDialed(dial: DialId, link: LinkId): "wanted" | "unwanted" {
    const target = this.#dialing(dial);
    if (target === undefined) return "unwanted";
    this.#effects.deadlines.clear(target.timeout);
    target.state = { kind: "linked", link };
    return "wanted";
  }

  onDialFailed(dial: DialId, reason: DialFailure): void {
    const target = this.#dialing(dial);
    if (target !== undefined) this.#onFailure(target, reason);
  }

  /** The handshake came through: the next trouble starts with a short wait again. */
  onEstablished(link: LinkId): void {
    const target = this.#linked(link);
    if (target === undefined) return;
    target.failures = 0;
    target.lastFailure = "none";
  }

  onLinkClosed(link: LinkId): void {
    const target = this.#linked(link);
    if (target !== undefined) this.#onFailure(target, "linkClosed");
  }

  /** The link leads to ourselves: its address is left out for a while. */
  onSelfDial(link: LinkId): void {
    const target = this.#linked(link);
    if (target === undefined) return;
    target.state = { kind: "waiting" };
    this.#effects.report({ name: "selfDialed", address: target.address });
    this.#effects.setIn(target.retry, SELF_DIAL_PAUSE_MS);
  }

  snapshot(now: Instant): BootstrapSnapshot[] {
    return this.#targets.map((target) => ({
      address: target.address,
      state: target.state.kind,
      failures: target.failures,
      lastFailure: target.lastFailure,
      retryInMs: target.retry.isSet ? Math.max(0, target.retry.at - now) : 0,
    }));
  }

  #dial(target: Target): void {
    const dial = this.#nextDial++ as DialId;
    target.state = { kind: "dialing", dial };
    this.#effects.counters.add("dialsStarted");
    this.#effects.setIn(target.timeout, CONNECT_TIMEOUT_MS);
    this.#effects.emit({ kind: "dial", dial, address: target.address });
  }

  #onTimeout(target: Target): void {
    if (target.state.kind !== "dialing") return;
    this.#effects.emit({ kind: "cancelDial", dial: target.state.dial });
    this.#onFailure(target, "timedOut");
  }

  #onFailure(target: Target, reason: DialFailure | "linkClosed"): void {
    this.#effects.deadlines.clear(target.timeout);
    target.state = { kind: "waiting" };
    const retryInMs = this.#backoff(target.failures);
    const isNews = target.lastFailure !== reason;
    target.failures++;
    target.lastFailure = reason;
    this.#effects.setIn(target.retry, retryInMs);
    if (reason === "linkClosed") return;
    if (isNews) {
      this.#effects.report({ name: "dialFailed", address: target.address, reason, retryInMs });
    } else {
      this.#effects.counters.add("dialFailed");
    }
  }

  /** 1 s doubling to 48 s, and up to a quarter more, so that peers do not come back all at once. */
  #backoff(failures: number): number {
    const base = Math.min(RETRY_MS_MIN * 2 ** Math.min(failures, 6), RETRY_BEFORE_JITTER_MS_MAX);
    return base + this.#random.below(base / 4);
  }

  #dialing(dial: DialId): Target | undefined {
    return this.#targets.find(({ state }) => state.kind === "dialing" && state.dial === dial);
  }

  #linked(link: LinkId): Target | undefined {
    return this.#targets.find(({ state }) => state.kind === "linked" && state.link === link);
  }
}
