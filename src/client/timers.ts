/** Ends a timer before its time. Harmless when it has fired already. */
export type CancelTimer = () => void;

/** The only source of delays, so that tests decide when one is over. */
export interface Timers {
  after(delayMs: number, action: () => void): CancelTimer;
}

export const systemTimers: Timers = {
  after(delayMs, action) {
    const timer = setTimeout(action, delayMs);
    return () => clearTimeout(timer);
  },
};
