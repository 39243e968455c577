/**
 * Operating errors: what an operator can put right. They leave the daemon's edge as exceptions with
 * a stable `code`, an exit code and a message of one line for people. A remote's fault is never one of
 * these (it closes one connection), and neither is a bug of ours (an assertion ends the process).
 */

/** How the process ends; scripts and service managers may rely on the numbers. */
export const ExitCode = {
  ok: 0,
  /** The command ran, and its answer is no: a doctor that found a fault, for example. */
  negative: 1,
  /** The command line was not understood. */
  usage: 2,
  /** Faults in the configuration, or a configuration file that cannot be read. */
  config: 3,
  /** An address is taken or cannot be bound. */
  listen: 4,
  /** `data_dir` is locked by another daemon or cannot be used. */
  dataDir: 5,
  /** A client command found no daemon. */
  unreachable: 6,
  /** A bug of ours (EX_SOFTWARE of BSD's sysexits). */
  internal: 70,
} as const;
export type ExitCode = (typeof ExitCode)[keyof typeof ExitCode];

export type GossipErrorCode =
  "configFaults" | "configFile" | "addressInUse" | "listen" | "dataDirLocked" | "dataDirUnusable";

export abstract class GossipError extends Error {
  abstract readonly code: GossipErrorCode;
  abstract readonly exitCode: ExitCode;

  override get name(): string {
    return this.constructor.name;
  }
}

/** Something about the configuration that an operator should know, with its place. */
export interface ConfigRemark {
  /** As the file was named by the operator. Undefined for values given by a program. */
  readonly file: string | undefined;
  /** Counted from 1. Undefined when it concerns no single line. */
  readonly line: number | undefined;
  readonly key: string | undefined;
  /** One complete line: `file:line: key = value: what is allowed`. */
  readonly message: string;
}

/**
 * The configuration has faults: all of them, in the order of the lines.
 * State afterwards: nothing was opened, started or written.
 */
export class ConfigError extends GossipError {
  readonly code = "configFaults";
  readonly exitCode: ExitCode = ExitCode.config;
  readonly faults: readonly ConfigRemark[];
  readonly warnings: readonly ConfigRemark[];

  constructor(faults: readonly ConfigRemark[], warnings: readonly ConfigRemark[] = []) {
    const more = faults.length > 1 ? ` (and ${faults.length - 1} more)` : "";
    super(`${faults[0]?.message ?? "faulty configuration"}${more}`);
    this.faults = faults;
    this.warnings = warnings;
  }
}

/**
 * The configuration file cannot be read.
 * State afterwards: nothing was opened, started or written.
 */
export class ConfigFileError extends GossipError {
  readonly code = "configFile";
  readonly exitCode: ExitCode = ExitCode.config;
  readonly file: string;

  constructor(file: string, reason: string, options?: ErrorOptions) {
    super(`cannot read the configuration ${file}: ${reason}`, options);
    this.file = file;
  }
}

/** A listening socket of the daemon, named by the configuration key that says where it listens. */
export type ListeningSocket = "api_address" | "p2p_address" | "monitor_address" | "control.sock";

/**
 * A socket cannot listen where it should.
 * State afterwards: every socket this start had opened is closed again; nothing was sent to anybody.
 */
export class ListenError extends GossipError {
  readonly code: "listen" | "addressInUse" = "listen";
  readonly exitCode: ExitCode = ExitCode.listen;
  readonly socket: ListeningSocket;
  /** `host:port`, or the path of a Unix socket. */
  readonly address: string;

  constructor(socket: ListeningSocket, address: string, reason: string, options?: ErrorOptions) {
    super(`cannot listen on ${address} (${socket}): ${reason}`, options);
    this.socket = socket;
    this.address = address;
  }
}

/**
 * Another process listens there already.
 * State afterwards: as after every ListenError.
 */
export class AddressInUseError extends ListenError {
  override readonly code = "addressInUse";

  constructor(socket: ListeningSocket, address: string, options?: ErrorOptions) {
    super(socket, address, "another process listens there already", options);
  }
}

const LISTEN_REASONS: Readonly<Record<string, string>> = {
  EACCES: "not permitted (ports below 1024 often need privileges)",
  EADDRNOTAVAIL: "no network interface of this machine has this address",
  EAFNOSUPPORT: "this machine does not speak this address family",
  ENOTFOUND: "there is no such host name",
  EAI_AGAIN: "the host name cannot be resolved at the moment",
};

/** The error for what `server.listen` reported. */
export function listenError(
  socket: ListeningSocket,
  address: string,
  cause: NodeJS.ErrnoException,
): ListenError {
  if (cause.code === "EADDRINUSE") return new AddressInUseError(socket, address, { cause });
  const reason = LISTEN_REASONS[cause.code ?? ""] ?? cause.code ?? cause.message;
  return new ListenError(socket, address, reason, { cause });
}

/**
 * A running daemon holds the lock of `data_dir`.
 * State afterwards: the folder is as it was; no socket was opened.
 */
export class DataDirLockedError extends GossipError {
  readonly code = "dataDirLocked";
  readonly exitCode: ExitCode = ExitCode.dataDir;
  readonly dataDir: string;

  constructor(dataDir: string, holder: string, options?: ErrorOptions) {
    super(`another daemon uses ${dataDir} (${holder}): give this one its own data_dir`, options);
    this.dataDir = dataDir;
  }
}

/**
 * `data_dir` cannot be created, read or written.
 * State afterwards: what could be created stays; no socket was opened.
 */
export class DataDirUnusableError extends GossipError {
  readonly code = "dataDirUnusable";
  readonly exitCode: ExitCode = ExitCode.dataDir;
  readonly dataDir: string;

  constructor(dataDir: string, reason: string, options?: ErrorOptions) {
    super(`cannot use ${dataDir} (data_dir): ${reason}`, options);
    this.dataDir = dataDir;
  }
}
