import { charsetOf, paint } from "./line.ts";
import type { Ink } from "./line.ts";
import { styleFor } from "../style.ts";
import { screenOf } from "./screen-text.ts";
import type { Pace } from "./screen-text.ts";
import { recordOf, summaryOf } from "./summary-text.ts";
import { Terminal } from "./terminal.ts";
import type { Key, TerminalInput, TerminalOutput } from "./terminal.ts";
import type { NodeView } from "./view.ts";

type Environment = Readonly<Record<string, string | undefined>>;

export interface LineOutput {
  readonly isTTY?: boolean;
  write(text: string): unknown;
}

/** Where views of a node are shown. */
export interface Display {
  show(view: NodeView, pace: Pace): void;
  /**
   * Gives the terminal back as it was; what was shown last may be left in the shell. May be called at any
   * time and any number of times.
   */
  close(last: "left" | "gone"): void;
}

/** A line for each view, for files, pipes and terminals that cannot do more. */
export class LineDisplay implements Display {
  readonly #output: LineOutput;
  readonly #ink: Ink;
  readonly #format: "text" | "json";

  constructor(output: LineOutput, env: Environment, format: "text" | "json") {
    this.#output = output;
    this.#ink = inkOf(output, env);
    this.#format = format;
  }

  show(view: NodeView): void {
    const text =
      this.#format === "json"
        ? JSON.stringify(recordOf(view))
        : paint(summaryOf(view), Infinity, this.#ink);
    this.#output.write(`${text}\n`);
  }

  close(): void {
    // There is nothing to give back.
  }
}

/** The whole terminal, drawn again in place. */
export class ScreenDisplay implements Display {
  readonly #terminal: Terminal;
  readonly #ink: Ink;
  #shown: { readonly view: NodeView; readonly pace: Pace } | undefined;

  constructor(
    output: TerminalOutput & LineOutput,
    input: TerminalInput,
    env: Environment,
    onKey: (key: Key) => void,
  ) {
    this.#ink = inkOf(output, env);
    this.#terminal = new Terminal(output, input, { onKey, onResize: () => this.redraw() });
  }

  /** Takes the screen, if it is not ours. */
  show(view: NodeView, pace: Pace): void {
    this.#shown = { view, pace };
    this.#terminal.enter();
    this.redraw();
  }

  redraw(): void {
    this.#terminal.draw(this.#lines());
  }

  close(last: "left" | "gone"): void {
    const lines = last === "left" ? this.#lines() : [];
    this.#terminal.leave(lines);
  }

  #lines(): string[] {
    if (this.#shown === undefined) return [];
    const { view, pace } = this.#shown;
    const { size } = this.#terminal;
    return screenOf(view, size, pace).map((line) => paint(line, size.columns, this.#ink));
  }
}

const inkOf = (output: LineOutput, env: Environment): Ink => ({
  style: styleFor(output, env),
  charset: charsetOf(env),
});
