import type { IpRange } from "../core/ip-address.ts";
import { formatIpAddress } from "../core/ip-address.ts";
import type { PeerAddress } from "../core/ports.ts";
import type {
  BootstrapSnapshot,
  CoreSnapshot,
  LinkSnapshot,
  StoreSnapshot,
  SubscriberSnapshot,
} from "../core/snapshot.ts";
import type { CounterSnapshot } from "../core/counters.ts";
import { formatAddress } from "./address.ts";
import type { Config } from "./config.ts";
import type { ProofProgress } from "./proof-solving.ts";
import { VERSION } from "./version.ts";

/** The state of a daemon, ready for JSON: addresses are `host:port`, durations are in ms. */
export interface GossipStatus {
  readonly version: string;
  readonly pid: number;
  readonly uptimeMs: number;
  /** Where it really listens. */
  readonly api: string;
  readonly p2p: string;
  readonly dataDir: string;
  readonly links: readonly LinkStatus[];
  readonly subscribers: readonly SubscriberSnapshot[];
  /** Each bounded store against its bounds; a bound of 0 means there is none of that kind. */
  readonly stores: readonly StoreSnapshot[];
  readonly bootstrap: {
    /** One sentence for people. */
    readonly summary: string;
    readonly addresses: readonly BootstrapStatus[];
  };
  readonly counters: CounterSnapshot;
  /** The puzzle that is being solved; null when there is none. */
  readonly proof: ProofProgress | null;
  readonly eventLoopDelay: EventLoopDelay;
  readonly memory: { readonly rssBytes: number; readonly heapUsedBytes: number };
}

export type LinkStatus = Omit<LinkSnapshot, "remote"> & { readonly remote: string };
export type BootstrapStatus = Omit<BootstrapSnapshot, "address"> & { readonly address: string };

/** By how much the event loop was late, since the start, in ms. */
export interface EventLoopDelay {
  readonly p50Ms: number;
  readonly p99Ms: number;
  readonly maxMs: number;
}

/** What a status is made of, beside the core's part. */
export interface DaemonSurroundings {
  readonly uptimeMs: number;
  readonly api: PeerAddress;
  readonly p2p: PeerAddress;
  readonly dataDir: string;
  readonly proof: ProofProgress | undefined;
  readonly eventLoopDelay: EventLoopDelay;
}

export function statusOf(snapshot: CoreSnapshot, around: DaemonSurroundings): GossipStatus {
  const { rss, heapUsed } = process.memoryUsage();
  return {
    version: VERSION,
    pid: process.pid,
    uptimeMs: around.uptimeMs,
    api: formatAddress(around.api),
    p2p: formatAddress(around.p2p),
    dataDir: around.dataDir,
    links: snapshot.links.map((link) => ({ ...link, remote: formatAddress(link.remote) })),
    subscribers: snapshot.subscribers,
    stores: snapshot.stores,
    bootstrap: {
      summary: describeBootstrap(snapshot),
      addresses: snapshot.bootstrap.map((one) => ({ ...one, address: formatAddress(one.address) })),
    },
    counters: snapshot.counters,
    proof: around.proof ?? null,
    eventLoopDelay: around.eventLoopDelay,
    memory: { rssBytes: rss, heapUsedBytes: heapUsed },
  };
}

/** For example `0 links: bootstrapper 10.0.0.1:6001 refused 12 times, next try in 31 s`. */
export function describeBootstrap(snapshot: CoreSnapshot): string {
  const established = snapshot.links.filter((link) => link.phase === "established").length;
  const links = established === 1 ? "1 link" : `${established} links`;
  if (snapshot.bootstrap.length === 0) {
    return `${links}: no bootstrapper is configured, others come to us`;
  }
  return `${links}: ${snapshot.bootstrap.map(describeAddress).join("; ")}`;
}

function describeAddress(one: BootstrapSnapshot): string {
  const subject = `bootstrapper ${formatAddress(one.address)}`;
  const times = one.failures === 1 ? "once" : `${one.failures} times`;
  const history = one.failures === 0 ? "" : ` ${FAILURE_WORDS[one.lastFailure]} ${times},`;
  switch (one.state) {
    case "linked":
      return `${subject} linked`;
    case "dialing":
      return `${subject}${history} trying now`;
    case "waiting":
      return `${subject}${history} next try in ${Math.ceil(one.retryInMs / 1_000)} s`;
  }
}

const FAILURE_WORDS: Readonly<Record<BootstrapSnapshot["lastFailure"], string>> = {
  refused: "refused",
  timedOut: "did not answer",
  unreachable: "was unreachable",
  unknownHost: "was not found by its name",
  linkClosed: "closed the link",
  none: "failed",
};

/** The configuration in effect, ready for JSON. Paths of keys, never keys. */
export function effectiveConfig(config: Config): Readonly<Record<string, unknown>> {
  const { core } = config;
  return {
    file: config.file ?? null,
    p2pAddress: formatAddress(config.p2pAddress),
    apiAddress: formatAddress(config.apiAddress),
    hostkey: config.hostkey ?? null,
    dataDir: config.dataDir,
    advertiseAddress:
      config.advertiseAddress === undefined ? null : formatAddress(config.advertiseAddress),
    logLevel: config.logLevel,
    logFormat: config.logFormat,
    powWorkers: config.powWorkers,
    powVectors: config.powVectors,
    ...core,
    bootstrappers: core.bootstrappers.map(formatAddress),
    localRanges: core.localRanges.map(formatRange),
    warnings: config.warnings.map(({ message }) => message),
  };
}

const formatRange = ({ address, prefixBits }: IpRange): string =>
  `${formatIpAddress(address)}/${prefixBits}`;
