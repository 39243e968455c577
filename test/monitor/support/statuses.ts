import { Counters } from "../../../src/core/counters.ts";
import { linkId, subscriberId } from "../../../src/core/ports.ts";
import type { SubscriberSnapshot } from "../../../src/core/snapshot.ts";
import { judgeHealth } from "../../../src/monitor/health.ts";
import type { GossipStatus, LinkStatus } from "../../../src/monitor/status.ts";

export const aLink = (differences: Partial<LinkStatus> = {}): LinkStatus => ({
  link: linkId(1),
  direction: "outbound",
  remote: "10.0.0.1:6001",
  phase: "established",
  peer: "base",
  listensAt: null,
  delayMs: null,
  openForMs: 65_000,
  reading: "open",
  queueBytes: 2_048,
  queueFrames: 2,
  itemsIn: 1_234,
  itemsOut: 5,
  framesDropped: 0,
  ...differences,
});

export const aModule = (differences: Partial<SubscriberSnapshot> = {}): SubscriberSnapshot => ({
  subscriber: subscriberId(1),
  dataTypes: [1337],
  openForMs: 1_000,
  reading: "open",
  role: "validator",
  pacing: "windowed",
  window: 8,
  outstanding: 1,
  waiting: 0,
  waitingBytes: 0,
  notificationsDropped: 0,
  verdicts: 0,
  verdictMeanMs: 0,
  ...differences,
});

export type Facts = Omit<GossipStatus, "health">;

/** A node that is connected and has a module; its health follows from the facts. */
export function aStatus(differences: Partial<Facts> = {}): GossipStatus {
  const facts = { ...FACTS, ...differences };
  return { ...facts, health: judgeHealth({ ...facts, phase: "running" }) };
}

export const A_BOOTSTRAPPER: GossipStatus["bootstrap"]["addresses"][number] = {
  address: "10.0.0.1:6001",
  state: "linked",
  failures: 0,
  lastFailure: "none",
  retryInMs: 0,
};

const NONE = { counts: [], sumMs: 0 };

const FACTS: Facts = {
  version: "1.2.3",
  pid: 4711,
  startedAt: 1_000_000,
  uptimeMs: 3_600_000,
  api: "127.0.0.1:7001",
  p2p: "127.0.0.1:6001",
  monitor: null,
  dataDir: "/var/lib/gossip",
  links: [aLink()],
  subscribers: [aModule()],
  stores: [],
  bootstrap: { summary: "1 link: bootstrapper 10.0.0.1:6001 linked", addresses: [A_BOOTSTRAPPER] },
  overlay: {
    extensions: "on",
    outboundLinks: 1,
    outboundLinksTarget: 8,
    shortage: { kind: "nobodyElse" },
  },
  counters: new Counters().snapshot(),
  durations: { ...new Counters().snapshot().durations, eventLoopDelay: NONE, proof: NONE },
  durationBoundsMs: [],
  proof: null,
  eventLoopDelay: { p50Ms: 0, p99Ms: 1.25, maxMs: 3 },
  memory: { rssBytes: 64 * 2 ** 20, heapUsedBytes: 2 ** 20 },
};
