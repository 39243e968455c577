import { spawn } from "node:child_process";
import type { ChildProcessByStdio } from "node:child_process";
import type { Readable, Writable } from "node:stream";
import { mainPath } from "../../blackbox/support/daemon.ts";
import { within } from "../../blackbox/support/patience.ts";
import type { Scope } from "../../blackbox/support/patience.ts";

export interface CliExit {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
  readonly stdout: string;
  readonly stderr: string;
}

export interface CliOptions {
  /** Everything on standard input; nothing unless given. */
  readonly input?: string | Uint8Array;
  readonly env?: NodeJS.ProcessEnv;
  /** Another program than the built command line. */
  readonly script?: string;
  readonly cwd?: string;
  /** Another Node than the one that runs the tests. */
  readonly node?: string;
}

type Child = ChildProcessByStdio<Writable, Readable, Readable>;
type Stream = "stdout" | "stderr";

/** The built command line as a process of its own. */
export class Cli {
  readonly exit: Promise<CliExit>;
  readonly #child: Child;
  readonly #said = { stdout: "", stderr: "" };
  #onSaid: () => void = () => undefined;

  private constructor(args: readonly string[], options: CliOptions) {
    const { node = process.execPath, script = mainPath, input = "", env = {}, cwd } = options;
    this.#child = spawn(node, [script, ...args], {
      stdio: ["pipe", "pipe", "pipe"],
      env: { PATH: process.env["PATH"], HOME: "/nowhere", ...env },
      cwd,
    });
    // It may refuse its arguments without ever reading.
    this.#child.stdin.on("error", () => undefined);
    this.#child.stdin.end(input);
    this.exit = new Promise((resolve) => {
      for (const stream of ["stdout", "stderr"] as const) this.#listen(stream);
      this.#child.on("close", (code, signal) => {
        resolve({ code, signal, ...this.#said });
        this.#onSaid();
      });
    });
  }

  static start(scope: Scope, args: readonly string[], options: CliOptions = {}): Cli {
    const cli = new Cli(args, options);
    scope.after(async () => {
      cli.#child.kill("SIGKILL");
      await cli.exit;
    });
    return cli;
  }

  /** For commands that end by themselves. */
  static run(scope: Scope, args: readonly string[], options: CliOptions = {}): Promise<CliExit> {
    return within(Cli.start(scope, args, options).exit, `the end of ${args.join(" ")}`);
  }

  /** Resolves as soon as a stream holds this. */
  async says(stream: Stream, pattern: RegExp): Promise<string> {
    const found = new Promise<string>((resolve, reject) => {
      const look = (): void => {
        const match = pattern.exec(this.#said[stream]);
        if (match !== null) resolve(match[0]);
        else if (this.#child.exitCode !== null || this.#child.signalCode !== null) {
          reject(new Error(`it ended without ${String(pattern)}: ${JSON.stringify(this.#said)}`));
        }
      };
      this.#onSaid = look;
      look();
    });
    return within(found, `${String(pattern)} on ${stream}`);
  }

  kill(signal: NodeJS.Signals): void {
    this.#child.kill(signal);
  }

  #listen(stream: Stream): void {
    this.#child[stream].setEncoding("utf8").on("data", (text: string) => {
      this.#said[stream] += text;
      this.#onSaid();
    });
  }
}
