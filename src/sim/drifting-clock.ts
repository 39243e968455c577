import { instant } from "../core/ports.ts";
import type { Instant } from "../core/ports.ts";

const MILLION = 1_000_000;

/** A node's own idea of time: another origin, and so many millionths too fast or too slow. */
export class DriftingClock {
  readonly #originMs: number;
  readonly #driftPpm: number;

  constructor(originMs: number, driftPpm: number) {
    this.#originMs = originMs;
    this.#driftPpm = driftPpm;
  }

  /** What the clock shows at this time of the simulation. Exact up to about 10^9 ms. */
  read(now: number): Instant {
    if (this.#driftPpm === 0) return instant(this.#originMs + now);
    return instant(this.#originMs + Math.floor((now * (MILLION + this.#driftPpm)) / MILLION));
  }

  /** The first time of the simulation at which the clock shows `at` or more. */
  whenShowing(at: Instant): number {
    const shown = at - this.#originMs;
    if (this.#driftPpm === 0) return shown;
    let now = Math.floor((shown * MILLION) / (MILLION + this.#driftPpm));
    while (this.read(now) < at) now++;
    return now;
  }
}
