import { Counters } from "../../../src/core/counters.ts";
import { linkId, subscriberId } from "../../../src/core/ports.ts";
import type { GossipStatus, LinkStatus } from "../../../src/monitor/status.ts";

type Subscriber = GossipStatus["subscribers"][number];

const NONE = { counts: [], sumMs: 0 };

/** A status as a node serves it, with what the test is about. */
export function aStatus(parts: Partial<GossipStatus> = {}): GossipStatus {
  return {
    version: "0.1.0",
    pid: 100,
    startedAt: 1_000_000,
    uptimeMs: 10_000,
    health: { health: "ok", readiness: "ready", sentence: "Connected. 1 link.", reasons: [] },
    api: "127.0.0.1:7001",
    p2p: "127.0.0.1:6001",
    monitor: "127.0.0.1:7801",
    dataDir: "gossip",
    links: [],
    subscribers: [],
    stores: [],
    bootstrap: { summary: "1 link", addresses: [] },
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
    eventLoopDelay: { p50Ms: 0, p99Ms: 1, maxMs: 2 },
    memory: { rssBytes: 1, heapUsedBytes: 1 },
    ...parts,
  };
}

export function aLink(link: number, parts: Partial<LinkStatus> = {}): LinkStatus {
  return {
    link: linkId(link),
    direction: "inbound",
    remote: `10.0.0.${link}:6001`,
    phase: "established",
    peer: "extended",
    listensAt: null,
    delayMs: 10,
    openForMs: 1_000,
    reading: "open",
    queueBytes: 0,
    queueFrames: 0,
    itemsIn: 0,
    itemsOut: 0,
    framesDropped: 0,
    ...parts,
  };
}

export function aSubscriber(subscriber: number, parts: Partial<Subscriber> = {}): Subscriber {
  return {
    subscriber: subscriberId(subscriber),
    dataTypes: [1337],
    openForMs: 1_000,
    reading: "open",
    role: "validator",
    pacing: "windowed",
    window: 16,
    outstanding: 0,
    waiting: 0,
    waitingBytes: 0,
    notificationsDropped: 0,
    verdicts: 0,
    verdictMeanMs: 0,
    ...parts,
  };
}
