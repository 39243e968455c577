import type { CoreLimits } from "../core/core-config.ts";
import { DURATION_BOUNDS_MS } from "../core/durations.ts";
import type { DurationCounts } from "../core/durations.ts";
import type { IpRange } from "../core/ip-address.ts";
import { formatIpAddress } from "../core/ip-address.ts";
import type { PeerAddress } from "../core/ports.ts";
import type { AddressSnapshot, CoreSnapshot } from "../core/snapshot.ts";
import { EVENT_READERS_MAX } from "../monitor/event-stream.ts";
import { judgeHealth } from "../monitor/health.ts";
import type { LifePhase } from "../monitor/health.ts";
import type { ItemJournal } from "../monitor/item-journal.ts";
import type {
  EventLoopDelay,
  GossipStatus,
  PeersStatus,
  ProofStatus,
  StoreStatus,
} from "../monitor/status.ts";
import { formatAddress } from "./address.ts";
import type { Config } from "./config.ts";
import { describeLinks } from "./overlay-words.ts";
import type { ProofProgress } from "./proof-solving.ts";
import { VERSION } from "./version.ts";

/** What a status is made of, beside the core's part. */
export interface DaemonSurroundings {
  readonly phase: LifePhase;
  readonly startedAt: number;
  readonly uptimeMs: number;
  readonly api: PeerAddress;
  readonly p2p: PeerAddress;
  readonly monitor: PeerAddress | undefined;
  readonly dataDir: string;
  readonly proof: ProofProgress | undefined;
  readonly eventLoopDelay: EventLoopDelay;
  readonly durations: Readonly<Record<"eventLoopDelay" | "proof", DurationCounts>>;
  readonly limits: CoreLimits;
  readonly journal: Pick<ItemJournal, "size" | "sizeMax">;
  readonly eventReaders: number;
}

export function statusOf(snapshot: CoreSnapshot, around: DaemonSurroundings): GossipStatus {
  const { rss, heapUsed } = process.memoryUsage();
  const { subscribers } = snapshot;
  const { durations, ...counters } = snapshot.counters;
  const shown = {
    api: formatAddress(around.api),
    p2p: formatAddress(around.p2p),
    ...linksOf(snapshot),
    subscribers,
    counters,
    proof: around.proof === undefined ? null : proofStatusOf(around.proof),
  };
  return {
    version: VERSION,
    pid: process.pid,
    startedAt: around.startedAt,
    uptimeMs: around.uptimeMs,
    health: judgeHealth({ ...shown, phase: around.phase }),
    ...shown,
    monitor: around.monitor === undefined ? null : formatAddress(around.monitor),
    dataDir: around.dataDir,
    stores: [...snapshot.stores, ...monitorStores(snapshot, around)],
    durations: { ...durations, ...around.durations },
    durationBoundsMs: DURATION_BOUNDS_MS,
    eventLoopDelay: around.eventLoopDelay,
    memory: { rssBytes: rss, heapUsedBytes: heapUsed },
  };
}

/** What is bounded beside the stores of the core, and of the queues the fullest. */
function monitorStores(
  { links, subscribers }: CoreSnapshot,
  { limits, journal, eventReaders }: DaemonSurroundings,
): StoreStatus[] {
  const most = (values: readonly number[]): number => values.reduce((a, b) => Math.max(a, b), 0);
  return [
    {
      name: "fullestLinkQueue",
      entries: most(links.map((link) => link.queueFrames)),
      entriesMax: limits.linkQueueFrames,
      bytes: most(links.map((link) => link.queueBytes)),
      bytesMax: limits.linkQueueBytes,
    },
    {
      name: "fullestModuleQueue",
      entries: most(subscribers.map((subscriber) => subscriber.waiting)),
      entriesMax: limits.subscriberQueueMessages,
      bytes: most(subscribers.map((subscriber) => subscriber.waitingBytes)),
      bytesMax: limits.subscriberQueueBytes,
    },
    { name: "journal", entries: journal.size, entriesMax: journal.sizeMax, bytes: 0, bytesMax: 0 },
    {
      name: "eventReaders",
      entries: eventReaders,
      entriesMax: EVENT_READERS_MAX,
      bytes: 0,
      bytesMax: 0,
    },
  ];
}

/** JSON has no infinity: before the first measurement there is nothing to expect. */
function proofStatusOf({ secondsLeft, ...proof }: ProofProgress): ProofStatus {
  return { ...proof, secondsLeft: Number.isFinite(secondsLeft) ? secondsLeft : null };
}

export function peersOf(
  snapshot: CoreSnapshot,
  addresses: readonly AddressSnapshot[],
): PeersStatus {
  return { ...linksOf(snapshot), addresses: addresses.map(withAddressAsText) };
}

function linksOf(snapshot: CoreSnapshot): Pick<GossipStatus, "links" | "bootstrap" | "overlay"> {
  return {
    links: snapshot.links.map((link) => ({
      ...link,
      remote: formatAddress(link.remote),
      listensAt: link.listensAt === undefined ? null : formatAddress(link.listensAt),
      delayMs: link.delayMs ?? null,
    })),
    bootstrap: {
      summary: describeLinks(snapshot),
      addresses: snapshot.bootstrap.map(withAddressAsText),
    },
    overlay: snapshot.overlay,
  };
}

const withAddressAsText = <One extends { readonly address: PeerAddress }>(
  one: One,
): Omit<One, "address"> & { readonly address: string } => ({
  ...one,
  address: formatAddress(one.address),
});

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
    journalItemsPerSecond: config.journalItemsPerSecond,
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
