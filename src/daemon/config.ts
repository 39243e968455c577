import { existsSync, readFileSync } from "node:fs";
import { availableParallelism, homedir } from "node:os";
import { dirname, isAbsolute, join, resolve } from "node:path";
import { DEFAULT_CORE_CONFIG, DEFAULT_LIMITS } from "../core/core-config.ts";
import type { CoreConfig, CoreLimits } from "../core/core-config.ts";
import type { PeerAddress } from "../core/ports.ts";
import type { VectorUse } from "../pow/index.ts";
import { formatAddress, isLoopbackHost, isServedBy, isWildcardHost } from "./address.ts";
import { FIXED_DEFAULTS } from "./config-keys.ts";
import type { ConfigDraft, ConfigFields, LogFormat, LogLevel } from "./config-keys.ts";
import { ConfigReading } from "./config-reading.ts";
import { ConfigError, ConfigFileError } from "./gossip-error.ts";
import type { ConfigRemark } from "./gossip-error.ts";
import { parseIni } from "./ini.ts";
import { changeOf, withReloadable } from "./reload.ts";
import type { ConfigChange } from "./reload.ts";

/** What the configuration asks of the machine; tests give their own. */
export interface Surroundings {
  readonly env: Readonly<Record<string, string | undefined>>;
  /** Undefined for a user without a home directory. */
  readonly home: string | undefined;
  /** Processor cores. */
  readonly cores: number;
  fileExists(path: string): boolean;
}

export interface IniSource extends Partial<Surroundings> {
  /** The name that messages give. */
  readonly file: string;
  /** Where relative paths start; the folder of `file` unless told. */
  readonly baseDir?: string;
}

/**
 * The configuration of a daemon: addresses, files and log, and the core's part. Immutable. It exists only
 * without faults: whoever makes one gets it, or a ConfigError with all faults at once.
 */
export class Config {
  /** As named by the operator. Undefined for a configuration made by a program. */
  readonly file: string | undefined;
  /** Port 0 is any free port. */
  readonly p2pAddress: PeerAddress;
  /** Port 0 is any free port. */
  readonly apiAddress: PeerAddress;
  /** Absolute path of the peer's PEM key; the file need not exist. */
  readonly hostkey: string | undefined;
  /** Absolute. With port 0 the default is the same for every daemon: give each its own. */
  readonly dataDir: string;
  /** What peers are told instead of the p2p address. */
  readonly advertiseAddress: PeerAddress | undefined;
  readonly logLevel: LogLevel;
  readonly logFormat: LogFormat;
  /** Undefined: nothing is served over HTTP. */
  readonly monitorAddress: PeerAddress | undefined;
  readonly journalItems: number;
  readonly journalItemsPerSecond: number;
  readonly powWorkers: number;
  readonly powVectors: VectorUse;
  readonly core: CoreConfig;
  /** In the order of the lines. */
  readonly warnings: readonly ConfigRemark[];
  readonly #fields: ConfigFields;

  private constructor(
    file: string | undefined,
    fields: ConfigFields,
    warnings: readonly ConfigRemark[],
  ) {
    this.file = file;
    this.#fields = fields;
    this.p2pAddress = fields.p2pAddress;
    this.apiAddress = fields.apiAddress;
    this.hostkey = fields.hostkey;
    this.dataDir = fields.dataDir;
    this.advertiseAddress = fields.advertiseAddress;
    this.logLevel = fields.logLevel;
    this.logFormat = fields.logFormat;
    this.monitorAddress = fields.monitorAddress;
    this.journalItems = fields.journalItems;
    this.journalItemsPerSecond = fields.journalItemsPerSecond;
    this.powWorkers = fields.powWorkers;
    this.powVectors = fields.powVectors;
    this.core = corePart(fields);
    this.warnings = warnings;
    deepFreeze(this);
  }

  /** Throws ConfigFileError or ConfigError. */
  static fromFile(file: string, surroundings: Partial<Surroundings> = {}): Config {
    return Config.fromIni(readText(file), { ...surroundings, file });
  }

  /** Throws nothing but ConfigError, whatever the text. */
  static fromIni(text: string, source: IniSource): Config {
    const around = { ...surroundingsHere(), ...source };
    const baseDir = source.baseDir ?? dirname(resolve(source.file));
    const reading = new ConfigReading(source.file, { baseDir, home: around.home });
    reading.takeDocument(parseIni(text));
    return Config.#finish(source.file, reading, around);
  }

  /**
   * The built-in defaults with differences, for embedding and for tests. Paths must be absolute.
   * Throws ConfigError for values that a file could not hold either.
   */
  static defaults(
    overrides: Partial<ConfigFields> = {},
    surroundings: Partial<Surroundings> = {},
  ): Config {
    const around = { ...surroundingsHere(), ...surroundings };
    const reading = new ConfigReading(undefined, { baseDir: "/", home: around.home });
    reading.takeOverrides(overrides);
    return Config.#finish(undefined, reading, around);
  }

  /** What holds when a node that runs with this one is given another: the rest waits for a restart. */
  reloadedWith(next: Config): ConfigChange & { readonly config: Config } {
    const fields = withReloadable(this.#fields, next.#fields);
    const config = new Config(this.file, fields, next.warnings);
    return { config, ...changeOf(this.#fields, next.#fields) };
  }

  static #finish(file: string | undefined, reading: ConfigReading, around: Surroundings): Config {
    const fields = completeFields(reading.draft, around);
    checkRelations(fields, reading);
    warnAboutSurroundings(fields, reading, around);
    const { faults, warnings } = reading;
    if (faults.length > 0) throw new ConfigError(faults, warnings);
    return new Config(file, fields, warnings);
  }
}

const surroundingsHere = (): Surroundings => ({
  env: process.env,
  home: homeOfThisUser(),
  cores: availableParallelism(),
  fileExists: existsSync,
});

/** In a container the user may have none, and then `homedir` throws. */
function homeOfThisUser(): string | undefined {
  try {
    return homedir();
  } catch {
    return undefined;
  }
}

const UNREADABLE_REASONS: Readonly<Record<string, string>> = {
  ENOENT: "there is no such file",
  ENOTDIR: "there is no such file",
  EACCES: "this user may not read it",
  EISDIR: "it is a folder",
};

function readText(file: string): string {
  let content: Buffer;
  try {
    content = readFileSync(file);
  } catch (cause) {
    const { code = "", message } = cause as NodeJS.ErrnoException;
    throw new ConfigFileError(file, UNREADABLE_REASONS[code] ?? message, { cause });
  }
  // Without this, a file saved as "Unicode" on Windows would be a fault on every line.
  if (["\xff\xfe", "\xfe\xff"].includes(content.toString("latin1", 0, 2))) {
    throw new ConfigFileError(file, "it is UTF-16 text; save it as UTF-8");
  }
  return content.toString("utf8");
}

/** Puts the defaults where nothing was set. */
function completeFields(draft: ConfigDraft, around: Surroundings): ConfigFields {
  const fields = { ...FIXED_DEFAULTS, ...draft };
  const { pendingItems, pendingBytes } = fields;
  return {
    ...fields,
    dataDir: draft.dataDir ?? defaultDataDir(fields.p2pAddress, around),
    outboundLinksTarget:
      draft.outboundLinksTarget ?? Math.min(DEFAULT_CORE_CONFIG.outboundLinksTarget, fields.degree),
    powWorkers: draft.powWorkers ?? Math.max(1, Math.min(around.cores, 4)),
    pendingItemsPerLink:
      draft.pendingItemsPerLink ?? Math.min(DEFAULT_LIMITS.pendingItemsPerLink, pendingItems),
    pendingBytesPerLink:
      draft.pendingBytesPerLink ?? Math.min(DEFAULT_LIMITS.pendingBytesPerLink, pendingBytes),
  };
}

/** Empty when there is no place for it [protocol §5.2]. */
function defaultDataDir(p2pAddress: PeerAddress, { env, home }: Surroundings): string {
  const told = env["XDG_STATE_HOME"] ?? "";
  // A relative path there is to be ignored (XDG Base Directory Specification).
  const stateHome = isAbsolute(told) ? told : home && join(home, ".local", "state");
  if (!stateHome) return "";
  const { host, port } = p2pAddress;
  const hostName = host.includes(":") ? `ip6-${host.replace(/[^\w.]/g, "-")}` : host;
  return join(stateHome, "voidgossip", `${hostName}_${port}`);
}

/** `control.sock` is in there, and a Unix socket's path has at most 103 bytes (macOS; Linux: 107). */
const DATA_DIR_BYTES_MAX = 103 - "/control.sock".length;

/** What must hold between fields, each of them being in its own range. */
function checkRelations(fields: ConfigFields, reading: ConfigReading): void {
  const { dataDir, pendingItems, pendingBytes } = fields;
  if (fields.pendingItemsPerLink > pendingItems) {
    const names = ["pendingItemsPerLink", "pendingItems"] as const;
    reading.relationFault(names, `at most pending_items, which is ${pendingItems}`);
  }
  if (fields.pendingBytesPerLink > pendingBytes) {
    const names = ["pendingBytesPerLink", "pendingBytes"] as const;
    reading.relationFault(names, `at most pending_bytes, which is ${pendingBytes} bytes`);
  }
  checkPorts(fields, reading);
  const wildcards = withoutOwn(fields).filter(({ host }) => isWildcardHost(host));
  if (wildcards.length > 0) {
    const text = wildcards.map(formatAddress).join(", ");
    reading.relationFault(["bootstrappers"], `${text} is a place to listen, not one to dial`);
  }
  if (dataDir === "") {
    reading.relationFault(["dataDir"], "needed, because this user has no home directory");
  } else if (Buffer.byteLength(dataDir) > DATA_DIR_BYTES_MAX) {
    const text = `${dataDir} is longer than ${DATA_DIR_BYTES_MAX} bytes (its control socket would not fit)`;
    reading.relationFault(["dataDir"], text);
  }
}

function checkPorts(fields: ConfigFields, reading: ConfigReading): void {
  const listeners = [
    ["api_address", "apiAddress"],
    ["p2p_address", "p2pAddress"],
    ["monitor_address", "monitorAddress"],
  ] as const;
  for (const [at, [name, field]] of listeners.entries()) {
    for (const [otherName, otherField] of listeners.slice(at + 1)) {
      const [address, other] = [fields[field], fields[otherField]];
      if (address === undefined || other === undefined || !collide(address, other)) continue;
      reading.relationFault([field, otherField], `${name} and ${otherName} need different ports`);
    }
  }
}

function collide(a: PeerAddress, b: PeerAddress): boolean {
  if (a.port !== b.port || a.port === 0) return false;
  return a.host === b.host || isWildcardHost(a.host) || isWildcardHost(b.host);
}

/** Our own address among the bootstrappers means that we are one [protocol §3.7]. */
const withoutOwn = (fields: ConfigFields): readonly PeerAddress[] =>
  fields.bootstrappers.filter((address) => !isServedBy(address, fields.p2pAddress));

function warnAboutSurroundings(
  { apiAddress, monitorAddress, hostkey }: ConfigFields,
  reading: ConfigReading,
  around: Surroundings,
): void {
  if (!isLoopbackHost(apiAddress.host)) {
    const text = "not a loopback address: whoever reaches it can act as a module of this host";
    reading.warn(reading.placeOf("apiAddress"), text); // [protocol §2.7]
  }
  if (monitorAddress !== undefined && !isLoopbackHost(monitorAddress.host)) {
    const text = "not a loopback address: whoever reaches it sees what this node does";
    reading.warn(reading.placeOf("monitorAddress"), text);
  }
  if (hostkey !== undefined && !around.fileExists(hostkey)) {
    const text = `there is no file ${hostkey} (not needed until links are encrypted)`;
    reading.warn({ ...reading.placeOf("hostkey"), value: undefined }, text);
  }
}

function corePart(fields: ConfigFields): CoreConfig {
  const limits: CoreLimits = {
    subscriberQueueBytes: fields.subscriberQueueBytes,
    subscriberQueueMessages: fields.subscriberQueueMessages,
    linkQueueBytes: fields.linkQueueBytes,
    linkQueueFrames: fields.linkQueueFrames,
    linkFramesPerSecond: fields.linkFramesPerSecond,
    linkBytesPerSecond: fields.linkBytesPerSecond,
    pendingItems: fields.pendingItems,
    pendingBytes: fields.pendingBytes,
    pendingItemsPerLink: fields.pendingItemsPerLink,
    pendingBytesPerLink: fields.pendingBytesPerLink,
    knowledgeBytes: fields.knowledgeBytes,
  };
  return {
    difficultyBits: fields.difficultyBits,
    powTimeoutMs: fields.powTimeoutMs,
    validationTimeoutMs: fields.validationTimeoutMs,
    validationPolicy: fields.validationPolicy,
    announceRule: fields.announceRule,
    cacheSize: fields.cacheSize,
    degree: fields.degree,
    extensions: fields.extensions,
    outboundLinksTarget: fields.outboundLinksTarget,
    inboundLinksMax: fields.inboundLinksMax,
    subscribersMax: fields.subscribersMax,
    localRanges: fields.localRanges,
    bootstrappers: withoutOwn(fields),
    limits,
  };
}

function deepFreeze(value: object): void {
  if (Object.isFrozen(value)) return;
  Object.freeze(value);
  for (const part of Object.values(value)) {
    if (typeof part === "object" && part !== null) deepFreeze(part as object);
  }
}
