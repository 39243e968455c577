import type { ScreenSize } from "./screen-text.ts";

/** What we need of `process.stdout` where it is a terminal. */
export interface TerminalOutput {
  readonly columns?: number;
  readonly rows?: number;
  write(text: string): unknown;
  on(event: "resize", listener: () => void): unknown;
  off(event: "resize", listener: () => void): unknown;
}

/** What we need of `process.stdin`; without `setRawMode` it is no terminal, and no key is heard. */
export interface TerminalInput {
  setRawMode?(mode: boolean): unknown;
  on(event: "data", listener: (bytes: Uint8Array) => void): unknown;
  on(event: "error", listener: () => void): unknown;
  off(event: "data", listener: (bytes: Uint8Array) => void): unknown;
  resume(): unknown;
  pause(): unknown;
}

export type Key = "quit" | "pause" | "suspend";

export interface TerminalListener {
  onKey(key: Key): void;
  onResize(): void;
}

/** For terminals that do not say, or say 0 as some pseudo terminals do: that of the VT100. */
const COLUMNS_DEFAULT = 80;
const ROWS_DEFAULT = 24;

/** Another screen than that of the shell; no cursor; lines that are too long stop at the edge (xterm). */
const ENTER = "\u001b[?1049h\u001b[?25l\u001b[?7l";
const LEAVE = "\u001b[?7h\u001b[?25h\u001b[?1049l";
const TO_BEGIN = "\u001b[H";
const CLEAR_TO_LINE_END = "\u001b[K";
const CLEAR_TO_SCREEN_END = "\u001b[J";

/** In raw mode the terminal makes no signals of Ctrl-C, Ctrl-D and Ctrl-Z. */
const KEYS: Readonly<Record<string, Key>> = {
  q: "quit",
  Q: "quit",
  "\u0003": "quit",
  "\u0004": "quit",
  p: "pause",
  P: "pause",
  " ": "pause",
  "\u001a": "suspend",
};

/** A terminal whose whole screen we have for a while, and give back as it was. */
export class Terminal {
  readonly #output: TerminalOutput;
  readonly #input: TerminalInput;
  readonly #listener: TerminalListener;
  #screen: "ours" | "shell's" = "shell's";

  constructor(output: TerminalOutput, input: TerminalInput, listener: TerminalListener) {
    this.#output = output;
    this.#input = input;
    // Of a terminal that is gone: who draws on it will notice.
    input.on("error", () => undefined);
    this.#listener = listener;
  }

  /** One column stays free: what is cleared after a full line would take its last character along. */
  get size(): ScreenSize {
    const { columns = 0, rows = 0 } = this.#output;
    return { columns: Math.max(1, (columns || COLUMNS_DEFAULT) - 1), rows: rows || ROWS_DEFAULT };
  }

  /** Takes the screen, if it is not ours yet. */
  enter(): void {
    if (this.#screen === "ours") return;
    this.#screen = "ours";
    this.#output.write(ENTER);
    this.#output.on("resize", this.#onResize);
    if (this.#input.setRawMode === undefined) return;
    this.#input.setRawMode(true);
    this.#input.on("data", this.#onData);
    this.#input.resume();
  }

  /** Gives everything back, and leaves some lines in the shell. Does so once only. */
  leave(lines: readonly string[]): void {
    if (this.#screen === "shell's") return;
    this.#screen = "shell's";
    this.#output.off("resize", this.#onResize);
    this.#output.write(LEAVE + lines.map((line) => `${line}\n`).join(""));
    if (this.#input.setRawMode === undefined) return;
    this.#input.off("data", this.#onData);
    this.#input.pause();
    this.#input.setRawMode(false);
  }

  /** Replaces what is there, in one write and without clearing first, so that nothing flickers. */
  draw(lines: readonly string[]): void {
    if (this.#screen === "shell's") return;
    const text = lines.map((line) => `${line}${CLEAR_TO_LINE_END}`).join("\r\n");
    this.#output.write(`${TO_BEGIN}${text}${CLEAR_TO_SCREEN_END}`);
  }

  readonly #onResize = (): void => this.#listener.onResize();

  /** Keys with an escape sequence, such as arrows, come in one piece and mean nothing here. */
  readonly #onData = (bytes: Uint8Array): void => {
    const typed = Buffer.from(bytes).toString("latin1");
    if (typed.startsWith("\u001b")) return;
    for (const character of typed) {
      const key = KEYS[character];
      if (key !== undefined) this.#listener.onKey(key);
    }
  };
}
