/** A place to show lines that stay, and a few that are overwritten as long as things are under way. */
export interface Screen {
  print(...lines: readonly string[]): void;
  /** What replaces the previous such lines; nowhere but on a terminal. */
  live(lines: readonly string[]): void;
}

interface Output {
  readonly isTTY?: boolean;
  readonly columns?: number;
  write(text: string): unknown;
}

export function screenOn(
  output: Output,
  env: Readonly<Record<string, string | undefined>>,
): Screen & { readonly kind: "terminal" | "plain" } {
  const isTerminal = output.isTTY === true && env["TERM"] !== "dumb";
  return isTerminal ? new TerminalScreen(output) : new PlainScreen(output);
}

class PlainScreen implements Screen {
  readonly kind = "plain";
  readonly #output: Output;

  constructor(output: Output) {
    this.#output = output;
  }

  print(...lines: readonly string[]): void {
    for (const line of lines) this.#output.write(`${line}\n`);
  }

  live(): void {
    // A file keeps every line: whoever has progress to tell prints it now and then.
  }
}

/** A guess, for terminals that do not say. */
const COLUMNS_DEFAULT = 80;
const CLEAR_TO_END = "\u001b[J";

class TerminalScreen implements Screen {
  readonly kind = "terminal";
  readonly #output: Output;
  #live: readonly string[] = [];

  constructor(output: Output) {
    this.#output = output;
  }

  print(...lines: readonly string[]): void {
    this.#redraw(lines, this.#live);
  }

  live(lines: readonly string[]): void {
    // One column stays free: some terminals wrap as soon as the last one is written.
    const columns = (this.#output.columns ?? COLUMNS_DEFAULT) - 1;
    this.#redraw(
      [],
      lines.map((line) => line.slice(0, columns)),
    );
  }

  /** One write, so that nothing flickers. */
  #redraw(lasting: readonly string[], live: readonly string[]): void {
    const up = this.#live.length === 0 ? "" : `\u001b[${this.#live.length}A\r${CLEAR_TO_END}`;
    this.#live = live;
    this.#output.write(up + [...lasting, ...live].map((line) => `${line}\n`).join(""));
  }
}
