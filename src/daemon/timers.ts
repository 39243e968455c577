import type { Timers as Delays } from "../client/timers.ts";

export type { CancelTimer } from "../client/timers.ts";

/** Everything that passes time, so that whoever tests passes it by hand. */
export interface Timers extends Delays {
  /** When everything that has arrived for this turn of the event loop was read. */
  atEndOfTurn(callback: () => void): void;
}

/** Longer delays than this overflow a native timer, which then fires at once. */
const DELAY_MS_MAX = 2 ** 31 - 1;

export const systemTimers: Timers = {
  after: (delayMs, callback) => {
    const timer = setTimeout(callback, Math.min(delayMs, DELAY_MS_MAX));
    return () => clearTimeout(timer);
  },
  atEndOfTurn: (callback) => {
    setImmediate(callback);
  },
};
