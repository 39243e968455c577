import { monitorEventLoopDelay } from "node:perf_hooks";
import { Durations } from "../core/durations.ts";
import type { DurationCounts } from "../core/durations.ts";
import type { EventLoopDelay } from "../monitor/status.ts";

/** How often the event loop is looked at, in ms. A guess: fine enough to see what people would feel. */
const RESOLUTION_MS = 20;
/** How often a delay is counted, in ms. A guess: ten a second tell how it is distributed. */
const SAMPLE_MS = 100;

/** By how much the event loop is late: what everybody here waits for who waits for anything. */
export class LoopDelay {
  readonly #monitor = monitorEventLoopDelay({ resolution: RESOLUTION_MS });
  readonly #durations = new Durations();
  #timer: NodeJS.Timeout | undefined;

  start(): void {
    this.#monitor.enable();
    let lookedAt = performance.now();
    this.#timer = setInterval(() => {
      const now = performance.now();
      this.#durations.add(Math.max(0, Math.floor(now - lookedAt - SAMPLE_MS)));
      lookedAt = now;
    }, SAMPLE_MS).unref();
  }

  stop(): void {
    this.#monitor.disable();
    clearInterval(this.#timer);
  }

  get durations(): DurationCounts {
    return this.#durations.snapshot();
  }

  get summary(): EventLoopDelay {
    const monitor = this.#monitor;
    return {
      p50Ms: delayMs(monitor.percentile(50)),
      p99Ms: delayMs(monitor.percentile(99)),
      maxMs: delayMs(monitor.max),
    };
  }
}

/** Node measures, in ns, the time between two looks: what is over the intended time is delay. */
function delayMs(betweenLooksNs: number): number {
  return Math.max(0, betweenLooksNs / 1e6 - RESOLUTION_MS);
}
