import { pino } from "pino";
import type { Logger as PinoLogger } from "pino";
import pretty from "pino-pretty";
import type { Timers } from "../client/timers.ts";
import type { CoreEvent } from "../core/event.ts";
import type { LinkId, SubscriberId } from "../core/ports.ts";
import { formatAddress } from "./address.ts";
import type { LogFormat, LogLevel } from "./config-keys.ts";
import { LineLimit } from "./line-limit.ts";
import { StdoutSink } from "./line-sink.ts";
import type { LineSink } from "./line-sink.ts";
import { systemClock } from "./system-clock.ts";
import type { Clock } from "./system-clock.ts";
import { systemTimers } from "./timers.ts";

/** What the daemon itself has to say, beside the events of the core. */
export type DaemonEvent =
  /** Both sockets listen, dialling begins: from here on modules and peers are served. */
  | {
      readonly name: "listening";
      readonly api: string;
      readonly p2p: string;
      /** Empty when there is no monitor. */
      readonly monitor: string;
    }
  | { readonly name: "configWarning"; readonly message: string }
  /** The configuration was read again: these keys hold from now on, or none had changed. */
  | { readonly name: "reloaded"; readonly keys: string }
  /** It has a new value that a running node cannot take over. */
  | { readonly name: "needsRestart"; readonly key: string }
  /** One fault of a file that was read again: everything stays as it was. */
  | { readonly name: "reloadRefused"; readonly message: string }
  /** The service manager was not told that the node is ready. */
  | { readonly name: "notReported"; readonly reason: string }
  /** A daemon that died without cleaning up held the lock of this folder. */
  | { readonly name: "staleLockRemoved"; readonly dataDir: string }
  /** Once per episode. */
  | { readonly name: "acceptFailed"; readonly socket: string; readonly reason: string }
  /** `status` and its sisters will not find this daemon. */
  | { readonly name: "controlUnavailable"; readonly path: string; readonly reason: string }
  /** The address book could not be read: it was set aside under this name, and a new one begins. */
  | { readonly name: "bookDamaged"; readonly setAside: string; readonly reason: string }
  | { readonly name: "bookNotSaved"; readonly path: string; readonly reason: string }
  | { readonly name: "proofWorkerLost"; readonly cause: string }
  /** A proof of work that takes long: how far it is, and how much longer is to be expected. */
  | {
      readonly name: "proofProgress";
      readonly link: LinkId;
      readonly afterMs: number;
      readonly hashes: number;
      readonly hashesPerSecond: number;
      readonly expectedMs: number;
    }
  /** A proof of work took more than half of what acceptors wait, or was in vain after it. */
  | {
      readonly name: "proofSlow";
      readonly link: LinkId;
      readonly tookMs: number;
      readonly powTimeoutMs: number;
    }
  /** How many lines of one event were left out in the last seconds. */
  | { readonly name: "linesOmitted"; readonly of: string; readonly lines: number }
  | { readonly name: "stopping" }
  | { readonly name: "stopped" }
  /** A bug of ours: the daemon ends. */
  | { readonly name: "fatal"; readonly error: string; readonly at: string };

/** Takes what there is to log. Never payload, challenges, nonces or keys: no event holds any. */
export interface Log {
  report(event: CoreEvent): void;
  say(event: DaemonEvent): void;
  /** A node that logs here has ended. Resolves when what it logged has left, or never will. */
  close(): Promise<void>;
}

export const SILENT_LOG: Log = {
  report: () => undefined,
  say: () => undefined,
  close: () => Promise.resolve(),
};

/** Long enough for what assertions say. */
const ERROR_CHARACTERS_MAX = 200;

/** One line for a bug: what it says, and where it came from. */
export function describeBug(error: unknown): { readonly error: string; readonly at: string } {
  if (!(error instanceof Error)) return { error: "something that is no Error was thrown", at: "" };
  const firstFrame = error.stack?.split("\n").find((line) => /^\s+at /.test(line)) ?? "";
  return {
    error: `${error.name}: ${error.message}`.slice(0, ERROR_CHARACTERS_MAX),
    at: firstFrame.trim(),
  };
}

export interface LoggerOptions {
  readonly level: LogLevel;
  readonly format: LogFormat;
  readonly sink: LineSink;
  readonly clock?: Clock;
  readonly timers?: Timers;
  readonly colors?: "on" | "off";
}

type Level = "fatal" | "error" | "warn" | "info" | "debug";
type Fields = Record<string, string | number>;

/** One line per event, with the name of the event and its fields; as text or as JSON. */
export class Logger implements Log {
  readonly #pino: PinoLogger;
  readonly #limit: LineLimit;
  /** Who subscribed to anything: of others, neither coming nor going is worth a line. At most as many
   *  as there are API connections. */
  readonly #subscribed = new Set<SubscriberId>();
  readonly #sink: LineSink;

  constructor(options: LoggerOptions) {
    const { level, format, sink, clock = systemClock, timers = systemTimers } = options;
    this.#pino = pino(
      {
        level,
        base: null,
        timestamp: pino.stdTimeFunctions.isoTime,
        formatters: { level: (label) => ({ level: label }) },
      },
      format === "json" ? sink : textSink(sink, options.colors ?? "off"),
    );
    this.#limit = new LineLimit(clock, timers, (of, lines) => {
      this.#write("warn", "linesOmitted", { of, lines });
    });
    this.#sink = sink;
  }

  /** The log of a daemon in the foreground. */
  static toStdout(options: Pick<LoggerOptions, "level" | "format">): Logger {
    const colors = process.stdout.isTTY ? "on" : "off";
    return new Logger({ ...options, sink: new StdoutSink(systemTimers), colors });
  }

  report(event: CoreEvent): void {
    if (event.name === "subscribed") this.#subscribed.add(event.subscriber);
    const level = this.#levelOf(event);
    if (event.name === "subscriberClosed") this.#subscribed.delete(event.subscriber);
    if (!this.#pino.isLevelEnabled(level)) return;
    // Whoever asks for debug lines gets all of them.
    if (level !== "debug" && this.#limit.admit(event.name) === "omit") return;
    this.#write(level, event.name, fieldsOf(event));
  }

  say(event: DaemonEvent): void {
    this.#write(DAEMON_LEVELS[event.name], event.name, fieldsOf(event));
  }

  /** From here on. */
  setLevel(level: LogLevel): void {
    this.#pino.level = level;
  }

  async close(): Promise<void> {
    this.#limit.endWindows();
    await this.#sink.flush();
  }

  #write(level: Level, event: string, fields: Fields): void {
    this.#pino[level]({ event, ...fields });
  }

  #levelOf(event: CoreEvent): Level {
    switch (event.name) {
      case "linkClosed":
        // Strangers come and go as they like; but bytes that are no protocol get their line [§1.3].
        return event.direction === "outbound" ||
          event.phase === "established" ||
          event.detail !== ""
          ? "info"
          : "debug";
      case "subscriberClosed":
        if (event.cause !== "remoteClosed" && event.cause !== "shutdown") return "warn";
        return this.#subscribed.has(event.subscriber) ? "info" : "debug";
      default:
        return CORE_LEVELS[event.name];
    }
  }
}

const CORE_LEVELS: Readonly<
  Record<Exclude<CoreEvent["name"], "linkClosed" | "subscriberClosed">, Level>
> = {
  linkEstablished: "info",
  linkExtended: "debug",
  dialFailed: "warn",
  selfDialed: "info",
  // A module that only announces comes and goes with every item.
  subscriberOpened: "debug",
  subscribed: "info",
  announcementTooLarge: "warn",
  oneAtATime: "info",
  observerBegan: "info",
  observerEnded: "info",
  subscriberLagging: "warn",
  subscriberRecovered: "warn",
  linkLagging: "warn",
  linkRecovered: "warn",
  readingPaused: "info",
  readingResumed: "info",
};

const DAEMON_LEVELS: Readonly<Record<DaemonEvent["name"], Level>> = {
  listening: "info",
  configWarning: "warn",
  reloaded: "info",
  needsRestart: "warn",
  reloadRefused: "error",
  notReported: "error",
  staleLockRemoved: "warn",
  acceptFailed: "error",
  controlUnavailable: "warn",
  bookDamaged: "warn",
  bookNotSaved: "error",
  proofWorkerLost: "warn",
  proofProgress: "info",
  proofSlow: "warn",
  linesOmitted: "warn",
  stopping: "info",
  stopped: "info",
  fatal: "fatal",
};

/** The fields of an event as a line has them: addresses as `host:port`, nothing that is empty. */
function fieldsOf(event: CoreEvent | DaemonEvent): Fields {
  const fields: Fields = {};
  for (const [name, value] of Object.entries(event) as [string, FieldValue][]) {
    if (name === "name" || value === "") continue;
    fields[name] = typeof value === "object" ? formatAddress(value) : value;
  }
  return fields;
}

type FieldValue = string | number | { readonly host: string; readonly port: number };

/** Lines for people: time, level, event, then `field=value`. */
function textSink(sink: LineSink, colors: "on" | "off"): Pick<LineSink, "write"> {
  const render = pretty.prettyFactory({
    colorize: colors === "on",
    translateTime: "SYS:yyyy-mm-dd HH:MM:ss.l",
    hideObject: true,
    messageFormat: (line) => textOf(line),
  });
  return { write: (line) => sink.write(render(line)) };
}

function textOf(line: Record<string, unknown>): string {
  const words = Object.entries(line)
    .filter(([name]) => name !== "event" && name !== "level" && name !== "time")
    .map(([name, value]) => `${name}=${wordOf(value)}`);
  return [String(line["event"]), ...words].join(" ");
}

/** Quoted when it would not be read as one word. */
function wordOf(value: unknown): string {
  const text = String(value);
  return /^[^\s"=\p{C}]+$/u.test(text) ? text : JSON.stringify(text);
}
