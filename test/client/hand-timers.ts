import type { CancelTimer, Timers } from "../../src/client/timers.ts";

interface HandTimer {
  readonly delayMs: number;
  readonly action: () => void;
}

/** Time stands still; a test says which delay is over. */
export class HandTimers implements Timers {
  readonly #armed = new Set<HandTimer>();
  readonly #watchers = new Set<() => void>();

  /** Delays that are running, in the order they began. */
  get delaysMs(): number[] {
    return Array.from(this.#armed, (timer) => timer.delayMs);
  }

  after(delayMs: number, action: () => void): CancelTimer {
    const timer: HandTimer = { delayMs, action };
    this.#armed.add(timer);
    for (const watcher of [...this.#watchers]) watcher();
    return () => {
      this.#armed.delete(timer);
    };
  }

  /** Ends the oldest delay of this length. */
  fire(delayMs: number): void {
    const timer = [...this.#armed].find((candidate) => candidate.delayMs === delayMs);
    if (timer === undefined) {
      throw new Error(`no delay of ${delayMs} ms is running: ${this.delaysMs.join(", ")}`);
    }
    this.#armed.delete(timer);
    timer.action();
  }

  /** Waits until a delay of this length is running. */
  async running(delayMs: number): Promise<void> {
    await new Promise<void>((resolve) => {
      const look = (): void => {
        if (!this.delaysMs.includes(delayMs)) return;
        this.#watchers.delete(look);
        resolve();
      };
      this.#watchers.add(look);
      look();
    });
  }
}
