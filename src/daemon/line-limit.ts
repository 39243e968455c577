import type { CancelTimer, Timers } from "../client/timers.ts";
import type { Instant } from "../core/ports.ts";
import type { Clock } from "./system-clock.ts";

/** Lines of one event name that a window lets through. A guess: enough to see what is going on. */
export const LINES_PER_WINDOW = 20;
/** Length of a window in ms. A guess; together 120 lines a minute and name at the very most. */
export const WINDOW_MS = 10_000;

interface Window {
  readonly startedAt: Instant;
  lines: number;
  omitted: number;
  cancel: CancelTimer | undefined;
}

/**
 * Keeps whoever can cause events from filling the log: per event name, what goes beyond the limit of a
 * window is counted instead, and the number is told when the window ends.
 */
export class LineLimit {
  readonly #clock: Clock;
  readonly #timers: Timers;
  readonly #onOmitted: (name: string, lines: number) => void;
  /** One per event name, of which there is a fixed number. */
  readonly #windowByName = new Map<string, Window>();

  constructor(clock: Clock, timers: Timers, onOmitted: (name: string, lines: number) => void) {
    this.#clock = clock;
    this.#timers = timers;
    this.#onOmitted = onOmitted;
  }

  admit(name: string): "write" | "omit" {
    const window = this.#windowOf(name);
    if (window.lines < LINES_PER_WINDOW) {
      window.lines++;
      return "write";
    }
    window.omitted++;
    if (window.omitted === 1) {
      const leftMs = window.startedAt + WINDOW_MS - this.#clock.now();
      window.cancel = this.#timers.after(leftMs, () => this.#end(name, window));
    }
    return "omit";
  }

  /** Ends all windows before their time and tells what was omitted in them. */
  endWindows(): void {
    for (const [name, window] of this.#windowByName) this.#end(name, window);
  }

  #windowOf(name: string): Window {
    const now = this.#clock.now();
    const current = this.#windowByName.get(name);
    if (current !== undefined && now - current.startedAt < WINDOW_MS) return current;
    if (current !== undefined) this.#end(name, current);
    const window: Window = { startedAt: now, lines: 0, omitted: 0, cancel: undefined };
    this.#windowByName.set(name, window);
    return window;
  }

  #end(name: string, window: Window): void {
    this.#windowByName.delete(name);
    window.cancel?.();
    if (window.omitted > 0) this.#onOmitted(name, window.omitted);
  }
}
