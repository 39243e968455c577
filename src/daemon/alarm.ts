import type { CancelTimer, Timers } from "../client/timers.ts";
import type { Instant } from "../core/ports.ts";
import type { Clock } from "./system-clock.ts";

interface Armed {
  readonly at: Instant;
  readonly cancel: CancelTimer;
}

/**
 * The one native timer of a node. Deadlines move far more often than they pass, so a later one leaves
 * an earlier native timer alone: that one then finds nothing due and is set again.
 */
export class Alarm {
  readonly #clock: Clock;
  readonly #timers: Timers;
  readonly #onDue: () => void;
  #wanted: Instant | undefined;
  #armed: Armed | undefined;

  constructor(clock: Clock, timers: Timers, onDue: () => void) {
    this.#clock = clock;
    this.#timers = timers;
    this.#onDue = onDue;
  }

  /** Replaces the time that was wanted before. */
  set(at: Instant): void {
    this.#wanted = at;
    if (this.#armed !== undefined && this.#armed.at <= at) return;
    this.#arm(at);
  }

  clear(): void {
    this.#wanted = undefined;
    this.#armed?.cancel();
    this.#armed = undefined;
  }

  #arm(at: Instant): void {
    this.#armed?.cancel();
    // At least 1 ms, which is what a native timer makes of 0 anyway.
    const delayMs = Math.max(1, at - this.#clock.now());
    this.#armed = { at, cancel: this.#timers.after(delayMs, () => this.#onFired()) };
  }

  #onFired(): void {
    this.#armed = undefined;
    const wanted = this.#wanted;
    if (wanted === undefined) return;
    // A native timer may also fire a fraction of a millisecond before our clock says so.
    if (wanted > this.#clock.now()) {
      this.#arm(wanted);
      return;
    }
    this.#wanted = undefined;
    this.#onDue();
  }
}
