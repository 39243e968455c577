import { pino } from "pino";
import type { Timers } from "./timers.ts";

/** Where lines of the log go. */
export interface LineSink {
  write(line: string): void;
  /** Resolves when everything is written, or never will be. */
  flush(): Promise<void>;
}

/** A reader that takes nothing for long loses lines beyond this. A guess. */
const UNWRITTEN_CHARACTERS_MAX = 1_048_576;
/** The last lines get this long to leave, in ms. A guess. */
const FLUSH_PATIENCE_MS = 500;

/**
 * Standard output, written in the background: a reader that is slow or gone costs lines, but never
 * holds the daemon up.
 */
export class StdoutSink implements LineSink {
  readonly #stream = pino.destination({
    dest: 1,
    sync: false,
    maxLength: UNWRITTEN_CHARACTERS_MAX,
  });
  readonly #timers: Timers;
  #state: "written" | "writing" | "broken" = "written";
  #waiters: (() => void)[] = [];

  constructor(timers: Timers) {
    this.#timers = timers;
    this.#stream.on("drain", () => this.#settle("written"));
    this.#stream.on("error", () => this.#settle("broken"));
  }

  write(line: string): void {
    if (this.#state === "broken") return;
    this.#state = "writing";
    this.#stream.write(line);
  }

  async flush(): Promise<void> {
    if (this.#state !== "writing") return;
    await new Promise<void>((resolve) => {
      const cancel = this.#timers.after(FLUSH_PATIENCE_MS, resolve);
      this.#waiters.push(() => {
        cancel();
        resolve();
      });
    });
  }

  #settle(state: "written" | "broken"): void {
    this.#state = state;
    for (const tell of this.#waiters.splice(0)) tell();
  }
}
