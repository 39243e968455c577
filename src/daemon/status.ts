import type { IpRange } from "../core/ip-address.ts";
import { formatIpAddress } from "../core/ip-address.ts";
import type { PeerAddress } from "../core/ports.ts";
import type { BootstrapSnapshot, CoreSnapshot } from "../core/snapshot.ts";
import { judgeHealth } from "../monitor/health.ts";
import type { LifePhase } from "../monitor/health.ts";
import type { EventLoopDelay, GossipStatus, ProofStatus } from "../monitor/status.ts";
import { formatAddress } from "./address.ts";
import type { Config } from "./config.ts";
import type { ProofProgress } from "./proof-solving.ts";
import { VERSION } from "./version.ts";

/** What a status is made of, beside the core's part. */
export interface DaemonSurroundings {
  readonly phase: LifePhase;
  readonly uptimeMs: number;
  readonly api: PeerAddress;
  readonly p2p: PeerAddress;
  readonly monitor: PeerAddress | undefined;
  readonly dataDir: string;
  readonly proof: ProofProgress | undefined;
  readonly eventLoopDelay: EventLoopDelay;
}

export function statusOf(snapshot: CoreSnapshot, around: DaemonSurroundings): GossipStatus {
  const { rss, heapUsed } = process.memoryUsage();
  const { subscribers, stores, counters } = snapshot;
  const shown = {
    api: formatAddress(around.api),
    p2p: formatAddress(around.p2p),
    links: snapshot.links.map((link) => ({
      ...link,
      remote: formatAddress(link.remote),
      delayMs: link.delayMs ?? null,
    })),
    subscribers,
    counters,
    bootstrap: {
      summary: describeBootstrap(snapshot),
      addresses: snapshot.bootstrap.map((one) => ({ ...one, address: formatAddress(one.address) })),
    },
    proof: around.proof === undefined ? null : proofStatusOf(around.proof),
  };
  return {
    version: VERSION,
    pid: process.pid,
    uptimeMs: around.uptimeMs,
    health: judgeHealth({ ...shown, phase: around.phase }),
    ...shown,
    monitor: around.monitor === undefined ? null : formatAddress(around.monitor),
    dataDir: around.dataDir,
    stores,
    eventLoopDelay: around.eventLoopDelay,
    memory: { rssBytes: rss, heapUsedBytes: heapUsed },
  };
}

/** JSON has no infinity: before the first measurement there is nothing to expect. */
function proofStatusOf({ secondsLeft, ...proof }: ProofProgress): ProofStatus {
  return { ...proof, secondsLeft: Number.isFinite(secondsLeft) ? secondsLeft : null };
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
    monitorAddress:
      config.monitorAddress === undefined ? null : formatAddress(config.monitorAddress),
    journalItems: config.journalItems,
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
