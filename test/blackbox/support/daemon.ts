import { spawn } from "node:child_process";
import type { ChildProcess } from "node:child_process";
import { chownSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { get } from "node:http";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";

import { patienceMs, within } from "./patience.ts";
import type { Scope } from "./patience.ts";
import type { SocketAddress } from "./raw-socket.ts";
import { readStatus } from "./status.ts";
import type { Status } from "./status.ts";

export const mainPath: string = fileURLToPath(new URL("../../../src/cli/main.js", import.meta.url));

/** Keys of section `[gossip]`. */
export type Settings = Readonly<Record<string, string | number>>;

/** What every test wants unless it says otherwise: any free port, no work, one JSON line per event. */
export const testSettings: Settings = {
  p2p_address: "127.0.0.1:0",
  api_address: "127.0.0.1:0",
  pow_difficulty: 0,
  log_format: "json",
  log_level: "debug",
};

/** Loopback addresses act as different hosts [protocol §3.5]. */
export const everyAddressCounts: Settings = { local_ranges: "" };

export type LogLine = Readonly<Record<string, unknown>>;

export interface Exit {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
  readonly stdout: string;
  readonly stderr: string;
}

export interface RunOptions {
  /** The text of the configuration file, instead of `settings`. */
  readonly configText?: string;
  /** Files beside the configuration file. */
  readonly files?: Readonly<Record<string, string>>;
  readonly cwd?: string;
  /** As a user whom the rights of files mean something to: not root, even if the test is. */
  readonly user?: "ordinary";
  /** Before the name of the file; `run -c` unless given. */
  readonly command?: readonly string[];
  /** The whole command line, without any file. */
  readonly commandLine?: readonly string[];
}

export interface EventOptions {
  /** Line of the log from which on the event counts. */
  readonly from?: number;
  readonly limitMs?: number;
}

interface Waiter {
  readonly matches: (line: LogLine) => boolean;
  readonly take: (line: LogLine) => void;
  readonly fail: (reason: Error) => void;
}

export function iniText(settings: Settings): string {
  const lines = Object.entries(settings).map(([key, value]) => `${key} = ${value}`);
  return ["[gossip]", ...lines, ""].join("\n");
}

const nobody = 65_534;

/** Who else may own the folder of a daemon, if we may give it away. */
function ordinaryUser(folder: string): { uid?: number; gid?: number } {
  if (process.getuid?.() !== 0) {
    return {};
  }
  chownSync(folder, nobody, nobody);
  return { uid: nobody, gid: nobody };
}

const alive = new Set<ChildProcess>();
process.on("exit", () => {
  for (const child of alive) {
    child.kill("SIGKILL");
  }
});

/** The built daemon as a process of its own. */
export class Daemon {
  /** Its path is short, because a Unix socket in it has at most 107 bytes to spend. */
  readonly folder: string;
  readonly exit: Promise<Exit>;
  readonly #child: ChildProcess;
  readonly #log: LogLine[] = [];
  readonly #waiters = new Set<Waiter>();
  readonly dataDir: string;
  #exclusive: Promise<void> = Promise.resolve();
  #stdout = "";
  #stderr = "";
  #listening: { readonly api: SocketAddress; readonly p2p: SocketAddress } | undefined;

  private constructor(scope: Scope, settings: Settings, options: RunOptions) {
    this.folder = mkdtempSync(join(tmpdir(), "vg-"));
    const all = { ...testSettings, data_dir: "d", ...settings };
    this.dataDir = resolve(this.folder, all.data_dir);
    const file = join(this.folder, "gossip.ini");
    writeFileSync(file, options.configText ?? iniText(all));
    for (const [name, text] of Object.entries(options.files ?? {})) {
      writeFileSync(join(this.folder, name), text);
    }
    const commandLine = options.commandLine ?? [...(options.command ?? ["run", "-c"]), file];
    this.#child = spawn(process.execPath, [mainPath, ...commandLine], {
      cwd: options.cwd ?? this.folder,
      env: { PATH: process.env["PATH"], HOME: this.folder },
      stdio: ["ignore", "pipe", "pipe"],
      ...(options.user === "ordinary" ? ordinaryUser(this.folder) : {}),
    });
    alive.add(this.#child);
    this.exit = this.#watch();
    scope.after(async () => {
      this.#child.kill("SIGKILL");
      await this.exit;
      rmSync(this.folder, { recursive: true, force: true });
    });
  }

  /** Resolves as soon as both sockets listen. */
  static async start(
    scope: Scope,
    settings: Settings = {},
    options: RunOptions = {},
  ): Promise<Daemon> {
    const daemon = new Daemon(scope, settings, options);
    const line = await daemon.event("listening");
    daemon.#listening = { api: authority(line["api"]), p2p: authority(line["p2p"]) };
    return daemon;
  }

  /** For runs that are expected to end by themselves. */
  static async runToExit(
    scope: Scope,
    settings: Settings = {},
    options: RunOptions = {},
  ): Promise<Exit> {
    return within(new Daemon(scope, settings, options).exit, "the daemon to give up");
  }

  async #watch(): Promise<Exit> {
    const { stdout, stderr } = this.#child;
    if (stdout === null || stderr === null) {
      throw new Error("the daemon was started without pipes");
    }
    createInterface({ input: stdout }).on("line", (line) => {
      this.#onLine(line);
    });
    stderr.on("data", (piece: Buffer) => {
      this.#stderr += piece.toString();
    });
    return new Promise((resolve) => {
      this.#child.on("close", (code, signal) => {
        alive.delete(this.#child);
        const said = `${this.#stdout}${this.#stderr}`.slice(-2_000);
        const reason = new Error(`the daemon ended (code ${code ?? signal ?? ""}):\n${said}`);
        this.#waiters.forEach(({ fail }) => {
          fail(reason);
        });
        resolve({ code, signal, stdout: this.#stdout, stderr: this.#stderr });
      });
    });
  }

  #onLine(line: string): void {
    this.#stdout += `${line}\n`;
    if (!line.startsWith("{")) {
      return;
    }
    const entry = JSON.parse(line) as LogLine;
    this.#log.push(entry);
    for (const waiter of this.#waiters) {
      if (waiter.matches(entry)) {
        this.#waiters.delete(waiter);
        waiter.take(entry);
      }
    }
  }

  get api(): SocketAddress {
    return this.#open.api;
  }

  get p2p(): SocketAddress {
    return this.#open.p2p;
  }

  get #open(): { readonly api: SocketAddress; readonly p2p: SocketAddress } {
    if (this.#listening === undefined) {
      throw new Error("the daemon does not listen");
    }
    return this.#listening;
  }

  get controlSocket(): string {
    return join(this.dataDir, "control.sock");
  }

  /** Where the monitor is, if `monitor_address` is set. */
  get monitorUrl(): string {
    const [line] = this.events("listening");
    return `http://${String(line?.["monitor"])}`;
  }

  get p2pAuthority(): string {
    return `${this.p2p.host}:${this.p2p.port}`;
  }

  /** Everything it has printed. */
  get said(): string {
    return `${this.#stdout}${this.#stderr}`;
  }

  events(name: string): readonly LogLine[] {
    return this.#log.filter((line) => line["event"] === name);
  }

  /** The first event of this name with these fields, from line `from` of the log on. */
  async event(name: string, fields: LogLine = {}, options: EventOptions = {}): Promise<LogLine> {
    const { from = 0, limitMs = patienceMs } = options;
    const matches = (line: LogLine): boolean =>
      line["event"] === name && Object.entries(fields).every(([key, value]) => line[key] === value);
    const seen = this.#log.slice(from).find(matches);
    if (seen !== undefined) {
      return seen;
    }
    const arrival = new Promise<LogLine>((take, fail) => {
      this.#waiters.add({ matches, take, fail });
    });
    try {
      return await within(arrival, `event ${name} ${JSON.stringify(fields)}`, limitMs);
    } catch (reason) {
      throw new Error(`${String(reason)}\nlast lines:\n${this.said.slice(-1_500)}`);
    }
  }

  /** Resolves when this many events of one name are in the log. */
  async eventCount(name: string, count: number): Promise<void> {
    let seen = 0;
    for (let from = 0; seen < count; seen += 1) {
      const line = await this.event(name, {}, { from });
      from = this.#log.indexOf(line, from) + 1;
    }
  }

  /**
   * What was sent before is read before anything that is sent afterwards: the daemon answers this
   * in a later turn of its loop than the one in which those bytes were there to be read.
   */
  async turn(): Promise<void> {
    await this.status();
  }

  /** Runs one after the other what tells its effect from a counter. */
  async exclusively(task: () => Promise<void>): Promise<void> {
    const previous = this.#exclusive;
    const own = previous.then(task);
    // Whoever comes next starts whatever became of this one.
    this.#exclusive = own.catch(() => undefined);
    await own;
  }

  /** A page of the control socket. */
  async ask(path: string): Promise<unknown> {
    const body = new Promise<string>((resolve, reject) => {
      get({ socketPath: this.controlSocket, path, agent: false }, (response) => {
        response.setEncoding("utf8");
        let text = "";
        response.on("data", (piece: string) => {
          text += piece;
        });
        response.on("end", () => {
          resolve(text);
        });
      }).on("error", reject);
    });
    return JSON.parse(await within(body, "the control socket"));
  }

  async status(): Promise<Status> {
    return readStatus(await this.ask("/status"));
  }

  /** Asks for the state until it is as wanted: for changes that leave no event and no frame. */
  async statusUntil(
    what: string,
    isWanted: (status: Status) => boolean,
    limitMs: number = patienceMs,
  ): Promise<Status> {
    let last = "";
    const ask = async (): Promise<Status> => {
      for (;;) {
        const status = await this.status();
        last = status.health;
        if (isWanted(status)) {
          return status;
        }
      }
    };
    try {
      return await within(ask(), what, limitMs);
    } catch (reason) {
      throw new Error(`${String(reason)}: ${last}\nlast lines:\n${this.said.slice(-1_500)}`);
    }
  }

  /** Memory it holds now, in bytes (`VmRSS` of Linux). */
  memoryBytes(): number {
    return this.#memoryBytes("VmRSS");
  }

  /** Most memory it ever held, in bytes (`VmHWM` of Linux). */
  peakMemoryBytes(): number {
    return this.#memoryBytes("VmHWM");
  }

  #memoryBytes(field: string): number {
    const text = readFileSync(`/proc/${this.#pid}/status`, "utf8");
    const match = new RegExp(`^${field}:\\s+(\\d+) kB$`, "m").exec(text);
    return Number(match?.[1]) * 1_024;
  }

  /** Processor time of all its threads, in hundredths of a second. */
  processorTicks(): number {
    const text = readFileSync(`/proc/${this.#pid}/stat`, "utf8");
    // After the name in parentheses the 12th and 13th fields are utime and stime.
    const fields = text.slice(text.lastIndexOf(")") + 2).split(" ");
    return Number(fields[11]) + Number(fields[12]);
  }

  get #pid(): number {
    const { pid } = this.#child;
    if (pid === undefined) {
      throw new Error("the daemon did not start");
    }
    return pid;
  }

  signal(name: NodeJS.Signals): void {
    this.#child.kill(name);
  }

  async terminate(): Promise<Exit> {
    this.signal("SIGTERM");
    return within(this.exit, "the daemon to end after SIGTERM");
  }
}

function authority(value: unknown): SocketAddress {
  const match = /^\[?([^\]]+)\]?:(\d+)$/.exec(typeof value === "string" ? value : "");
  if (match?.[1] === undefined) {
    throw new Error(`no host:port: ${JSON.stringify(value)}`);
  }
  return { host: match[1], port: Number(match[2]) };
}
