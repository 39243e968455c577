import type { Timers } from "../client/timers.ts";

/** The same for everything that passes time, so that whoever tests passes it by hand. */
export type { CancelTimer, Timers } from "../client/timers.ts";

/** Longer delays than this overflow a native timer, which then fires at once. */
const DELAY_MS_MAX = 2 ** 31 - 1;

export const systemTimers: Timers = {
  after: (delayMs, callback) => {
    const timer = setTimeout(callback, Math.min(delayMs, DELAY_MS_MAX));
    return () => clearTimeout(timer);
  },
};
