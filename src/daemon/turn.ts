import type { Instant } from "../core/ports.ts";
import type { Clock } from "./system-clock.ts";
import type { Timers } from "./timers.ts";

/**
 * How long a turn of the event loop may go on before whatever can wait does, in ms. A full read of the
 * smallest items takes about as long.
 */
export const TURN_MS = 10;

/**
 * For how long this turn of the event loop has been going on. One stream can keep it busy for long: the
 * system gives up to 32 full reads of one socket in one turn, and a write that is taken at once leads
 * to the next one at once.
 */
export class Turn {
  readonly #clock: Clock;
  readonly #timers: Timers;
  /** When somebody first asked. */
  #beganAt: Instant | undefined;

  constructor(clock: Clock, timers: Timers) {
    this.#clock = clock;
    this.#timers = timers;
  }

  /** Whether others should get their turn before more is done. */
  isLong(): boolean {
    const now = this.#clock.now();
    if (this.#beganAt !== undefined) return now - this.#beganAt >= TURN_MS;
    this.#beganAt = now;
    this.#timers.atEndOfTurn(() => {
      this.#beganAt = undefined;
    });
    return false;
  }
}
