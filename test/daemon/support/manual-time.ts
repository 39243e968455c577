import { instant } from "../../../src/core/ports.ts";
import type { Instant } from "../../../src/core/ports.ts";
import type { Clock } from "../../../src/daemon/system-clock.ts";
import type { CancelTimer, Timers } from "../../../src/daemon/timers.ts";

interface PendingTimer {
  readonly at: number;
  readonly callback: () => void;
}

/** Clock and timers that move only when told to. */
export class ManualTime implements Clock, Timers {
  #now = 1_000;
  readonly #pending = new Set<PendingTimer>();
  readonly #turnEnd: (() => void)[] = [];

  now(): Instant {
    return instant(this.#now);
  }

  after(delayMs: number, callback: () => void): CancelTimer {
    const timer = { at: this.#now + delayMs, callback };
    this.#pending.add(timer);
    return () => this.#pending.delete(timer);
  }

  atEndOfTurn(callback: () => void): void {
    this.#turnEnd.push(callback);
  }

  endTurn(): void {
    for (const callback of this.#turnEnd.splice(0)) callback();
  }

  get pendingTimers(): number {
    return this.#pending.size;
  }

  advance(milliseconds: number): void {
    const end = this.#now + milliseconds;
    for (;;) {
      const due = [...this.#pending].filter(({ at }) => at <= end).sort((a, b) => a.at - b.at)[0];
      if (due === undefined) break;
      this.#pending.delete(due);
      this.#now = Math.max(this.#now, due.at);
      due.callback();
    }
    this.#now = end;
  }
}
