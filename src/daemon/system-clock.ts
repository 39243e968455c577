import { instant } from "../core/ports.ts";
import type { Instant } from "../core/ports.ts";

/** Where the driver takes the time from. Never goes backwards. */
export interface Clock {
  now(): Instant;
}

/** Milliseconds since the process started; wall-clock time may jump, this does not. */
export const systemClock: Clock = {
  now: () => instant(Math.floor(performance.now())),
};
