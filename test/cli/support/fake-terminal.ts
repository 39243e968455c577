import { EventEmitter } from "node:events";
import { within } from "../../blackbox/support/patience.ts";

/** Both ends of a terminal: what is written to it, and who types. */
export class FakeTerminal {
  readonly output: FakeOutput = new FakeOutput();
  readonly input: FakeInput = new FakeInput();

  type(keys: string): void {
    this.input.emit("data", Buffer.from(keys));
  }

  resize(columns: number, rows: number): void {
    Object.assign(this.output, { columns, rows });
    this.output.emit("resize");
  }

  /** The lines of the last picture, without colours. */
  get lines(): string[] {
    const last = this.output.written.split("\u001b[H").at(-1) ?? "";
    return last.replace(/\u001b\[[\d?;]*[a-zA-Z]/g, "").split("\r\n");
  }

  /** Resolves as soon as the last picture has this. */
  async shows(pattern: RegExp): Promise<void> {
    const shown = new Promise<void>((resolve) => {
      const look = (): void => {
        if (!pattern.test(this.lines.join("\n"))) return;
        this.output.off("written", look);
        resolve();
      };
      this.output.on("written", look);
      look();
    });
    await within(shown, `${String(pattern)} on the screen`);
  }
}

class FakeOutput extends EventEmitter {
  readonly isTTY = true;
  columns = 80;
  rows = 24;
  written = "";

  write(text: string): boolean {
    this.written += text;
    this.emit("written");
    return true;
  }
}

class FakeInput extends EventEmitter {
  mode: "raw" | "cooked" = "cooked";
  flow: "flowing" | "paused" = "paused";

  setRawMode(isRaw: boolean): this {
    this.mode = isRaw ? "raw" : "cooked";
    return this;
  }

  resume(): this {
    this.flow = "flowing";
    return this;
  }

  pause(): this {
    this.flow = "paused";
    return this;
  }
}
