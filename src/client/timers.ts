export type CancelTimer = () => void;

/** The client's only source of time, so that tests decide when a delay is over. */
export interface Timers {
  after(delayMs: number, action: () => void): CancelTimer;
}

export const systemTimers: Timers = {
  after(delayMs, action) {
    const timer = setTimeout(action, delayMs);
    return () => clearTimeout(timer);
  },
};
