import type { Duplex } from "node:stream";
import type { Backoff } from "./backoff.ts";
import type { Dial } from "./dial.ts";
import { ConnectError, GossipClientError } from "./errors.ts";
import type { CancelTimer, Timers } from "./timers.ts";

/** What happens when an attempt fails or a connection ends. */
export type RetryPolicy =
  | { readonly kind: "never" }
  | {
      readonly kind: "backoff";
      readonly backoff: Backoff;
      /** Whether the very first attempt is repeated too. */
      readonly firstAttempt: "fail" | "retry";
      /** A connection that lived this long makes the next delay a short one again. */
      readonly stableAfterMs: number;
    };

export interface ConnectorHandlers {
  onStream(stream: Duplex): void;
  onRetry(reason: GossipClientError, delayMs: number): void;
  /** Nothing more will be tried. */
  onGiveUp(reason: GossipClientError): void;
}

type ConnectorState =
  | { readonly kind: "dialing"; readonly attempt: AbortController }
  | { readonly kind: "waiting"; readonly cancel: CancelTimer }
  | { readonly kind: "open"; readonly cancelStability: CancelTimer }
  | { readonly kind: "stopped" };

/** Gets a stream, and another one each time the last is lost, as often as the policy allows. */
export class Connector {
  readonly #dial: Dial;
  readonly #policy: RetryPolicy;
  readonly #timers: Timers;
  readonly #handlers: ConnectorHandlers;
  #state: ConnectorState = { kind: "stopped" };
  #hasConnected = false;

  constructor(dial: Dial, policy: RetryPolicy, timers: Timers, handlers: ConnectorHandlers) {
    this.#dial = dial;
    this.#policy = policy;
    this.#timers = timers;
    this.#handlers = handlers;
  }

  /** Dials at once. An attempt that is under way goes on. */
  dialNow(): void {
    if (this.#state.kind === "dialing") return;
    this.stop();
    const attempt = new AbortController();
    this.#state = { kind: "dialing", attempt };
    this.#dial(attempt.signal).then(
      (stream) => {
        if (attempt.signal.aborted) stream.destroy();
        else this.#onStream(stream);
      },
      (error: unknown) => {
        if (!attempt.signal.aborted) this.#onDialFailed(error);
      },
    );
  }

  /** The stream handed out last is gone. Without effect when another one is already being dialled. */
  onStreamLost(reason: GossipClientError): void {
    if (this.#state.kind !== "open") return;
    this.stop();
    this.#retryOrGiveUp(reason);
  }

  stop(): void {
    const state = this.#state;
    this.#state = { kind: "stopped" };
    switch (state.kind) {
      case "dialing":
        state.attempt.abort();
        return;
      case "waiting":
        state.cancel();
        return;
      case "open":
        state.cancelStability();
        return;
      case "stopped":
        return;
    }
  }

  #onStream(stream: Duplex): void {
    this.#hasConnected = true;
    this.#state = { kind: "open", cancelStability: this.#watchStability() };
    this.#handlers.onStream(stream);
  }

  /** Only a lasting connection counts as success: a server that accepts and hangs up is no reason to hurry. */
  #watchStability(): CancelTimer {
    const policy = this.#policy;
    if (policy.kind === "never") return noTimer;
    return this.#timers.after(policy.stableAfterMs, () => policy.backoff.reset());
  }

  #onDialFailed(error: unknown): void {
    this.#state = { kind: "stopped" };
    this.#retryOrGiveUp(
      error instanceof GossipClientError
        ? error
        : new ConnectError("cannot connect to the gossip module", { cause: error }),
    );
  }

  #retryOrGiveUp(reason: GossipClientError): void {
    const policy = this.#policy;
    if (policy.kind === "never" || (policy.firstAttempt === "fail" && !this.#hasConnected)) {
      this.#handlers.onGiveUp(reason);
      return;
    }
    const delayMs = policy.backoff.nextDelayMs();
    this.#state = {
      kind: "waiting",
      cancel: this.#timers.after(delayMs, () => this.dialNow()),
    };
    this.#handlers.onRetry(reason, delayMs);
  }
}

function noTimer(): void {
  return;
}
