import type { DaemonPlace } from "../control-client.ts";
import { LineDisplay, ScreenDisplay } from "./display.ts";
import type { Display, LineOutput } from "./display.ts";
import { NodeWatch } from "./node-watch.ts";
import { Pacer } from "./pacer.ts";
import type { Key, TerminalInput, TerminalOutput } from "./terminal.ts";
import type { NodeView } from "./view.ts";

export interface TopPlan {
  readonly place: DaemonPlace;
  readonly intervalMs: number;
  /** How many views to show before it ends; may be Infinity. */
  readonly count: number;
  /** `screen` where the output is a terminal that can be drawn on. */
  readonly format: "screen" | "json";
}

export interface Surroundings {
  readonly output: TerminalOutput & LineOutput;
  readonly input: TerminalInput;
  readonly env: Readonly<Record<string, string | undefined>>;
}

/** Watches one node, from the first look to the last. */
export class TopSession {
  readonly #plan: TopPlan;
  readonly #pacer = new Pacer();
  readonly #quitting = new AbortController();
  readonly #watch: NodeWatch;
  readonly #display: Display;
  #view: NodeView | undefined;

  constructor(plan: TopPlan, { output, input, env }: Surroundings) {
    const isScreen = plan.format === "screen" && output.isTTY === true && env["TERM"] !== "dumb";
    this.#plan = plan;
    this.#watch = new NodeWatch(plan.place, isScreen ? "items" : "counters", this.#quitting.signal);
    this.#display = isScreen
      ? new ScreenDisplay(output, input, env, (key) => this.#onKey(key))
      : new LineDisplay(output, env, plan.format === "json" ? "json" : "text");
  }

  /**
   * Resolves when so many views were shown or it was told to quit, with how things stood at the end.
   *
   * @throws CommandError when no daemon answers the first look.
   */
  async run(): Promise<"live" | "lost" | "quit"> {
    try {
      for (let shown = 0; shown < this.#plan.count; shown++) {
        if (shown > 0) await this.#pacer.wait(this.#plan.intervalMs);
        const view = this.#quitting.signal.aborted ? undefined : await this.#watch.look();
        if (view === undefined) return "quit";
        this.#view = view;
        this.#display.show(view, this.#pacer.pace);
      }
      this.#display.close("left");
      return this.#view?.contact.kind ?? "quit";
    } finally {
      this.quit();
      this.restore();
    }
  }

  /** Ends it soon, whatever it waits for. */
  quit(): void {
    this.#quitting.abort();
    this.#pacer.stop();
  }

  /** Gives the terminal back at once. */
  restore(): void {
    this.#display.close("gone");
  }

  #onKey(key: Key): void {
    switch (key) {
      case "quit":
        this.quit();
        break;
      case "pause":
        this.#pacer.toggle();
        this.#showAgain();
        break;
      case "suspend":
        this.restore();
        // As the terminal would have done: everybody in this job stops, until the shell says go on.
        process.kill(0, "SIGTSTP");
        this.#showAgain();
    }
  }

  #showAgain(): void {
    if (this.#view !== undefined) this.#display.show(this.#view, this.#pacer.pace);
  }
}
