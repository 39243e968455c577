/** Ends a timer before its time. Harmless when it has fired already. */
export type CancelTimer = () => void;

/** Native timers, so that tests can pass time by hand. */
export interface Timers {
  after(delayMs: number, callback: () => void): CancelTimer;
}

/** Longer delays than this overflow a native timer, which then fires at once. */
const DELAY_MS_MAX = 2 ** 31 - 1;

export const systemTimers: Timers = {
  after: (delayMs, callback) => {
    const timer = setTimeout(callback, Math.min(delayMs, DELAY_MS_MAX));
    return () => clearTimeout(timer);
  },
};
