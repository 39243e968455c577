import { DEFAULT_CORE_CONFIG, DEFAULT_LIMITS } from "../core/core-config.ts";
import type { CoreConfig, CoreLimits } from "../core/core-config.ts";
import { buildGraph } from "./graph.ts";
import type { Topology } from "./graph.ts";
import { NO_OVERLAY_OPTIONS } from "./plan.ts";
import type {
  Linking,
  ModuleBehaviour,
  ModulePlan,
  NetworkOptions,
  NodePlan,
  Plan,
  PlannedEvent,
} from "./plan.ts";
import { RandomStream } from "./random-stream.ts";

/** Faults and announcements of phase one begin when everybody had a chance to come up. */
const START_MS = 5_000;
/** By now every node has neighbours and has saved its address book. */
const FIRST_BOOK_MS = 30_000;
/**
 * After this, every core that lost links has dialled again: each costs a proof, and of these there is
 * one a minute when those at hand are spent [protocol §7.3].
 */
const DIALLED_RECOVERY_MS = 900_000;
/** After this, every verdict still open has expired: the longest timeout drawn is 30 s. */
const WIRED_RECOVERY_MS = 40_000;
/** The slowest module drawn takes this long; probes are so far apart that each has modules to itself. */
const VERDICT_MAX_MS = 1_500;
const PROBE_GAP_MS = 6_000;
/** A notification waits at most 1 s for its turn at a module that answers nothing [protocol §2.5]. */
const HOP_MAX_MS = 2 * VERDICT_MAX_MS + 2_000;
const DATA_TYPES = [1, 2] as const;

/**
 * A plan drawn from nothing but a seed: topology, options, modules, faults and workload, with whole
 * kinds of each switched off at times, because what is always there hides what happens without it.
 * Phase one has faults, and safety is checked at every step; then everything heals, and announcements
 * must be delivered within a bound.
 */
export function swarmPlan(seed: number): Plan {
  const random = new RandomStream(seed).fork("swarm");
  const shape = random.fork("shape");
  const count = shape.pick([2, 3, 4, 5, 6, 8, 10, 12, 16, 24]);
  const linking = shape.pick<Linking>(["wired", "dialled", "overlay"]);
  const topology: Topology = linking === "overlay" ? { kind: "none" } : drawTopology(shape, count);
  const links = buildGraph(topology, count, random.fork("graph"));
  const core = drawCore(random.fork("core"));
  const nodes = drawNodes(random.fork("nodes"), count);
  const healAt = START_MS + shape.between(5_000, 50_000);
  const probesFrom = healAt + (linking === "wired" ? WIRED_RECOVERY_MS : DIALLED_RECOVERY_MS);
  const probes = drawProbes(random.fork("probes"), count, probesFrom);
  const network = drawNetwork(random.fork("network"));
  const withinMs = 30_000 + count * (HOP_MAX_MS + network.latencyMaxMs + network.jitterMs);
  const faults = drawFaults(random.fork("faults"), count, links.length, healAt);
  const events: PlannedEvent[] = [
    ...drawAnnouncements(random.fork("announcements"), count, healAt),
    ...(linking === "overlay" ? faults.filter(isSurvivable) : faults),
    { kind: "heal", at: healAt },
    ...probes,
  ];
  return {
    name: `swarm seed ${seed}`,
    seed,
    nodes,
    links,
    linking,
    overlay: NO_OVERLAY_OPTIONS,
    network,
    proof: { difficultyBits: shape.pick([0, 16, 20]), hashesPerSecond: 4_000_000 },
    core,
    events: events.sort((a, b) => a.at - b.at),
    endMs: (probes.at(-1)?.at ?? probesFrom) + withinMs + 15_000,
    delivery: { kind: "since", fromMs: probesFrom, withinMs },
    measureFromMs: 0,
  };
}

/**
 * A bootstrapper that is gone before its first address book is on disk knows nobody and is missed by
 * nobody: the others have found other neighbours, and it waits for newcomers.
 */
const isSurvivable = (fault: PlannedEvent): boolean =>
  fault.kind !== "crash" || fault.node !== 0 || fault.at >= FIRST_BOOK_MS;

function drawTopology(random: RandomStream, nodes: number): Topology {
  const degree = random.pick([2, 3, 4]);
  const isPossible = degree < nodes && (nodes * degree) % 2 === 0;
  return random.pick<Topology>([
    { kind: "ring" },
    { kind: "line" },
    nodes <= 8 ? { kind: "complete" } : { kind: "scattered", meanDegree: 6 },
    { kind: "scattered", meanDegree: random.between(2, 5) },
    isPossible ? { kind: "regular", degree } : { kind: "line" },
  ]);
}

function drawNetwork(random: RandomStream): NetworkOptions {
  const latencyMinMs = random.pick([0, 1, 10, 100]);
  return {
    latencyMinMs,
    latencyMaxMs: latencyMinMs + random.pick([0, 20, 200]),
    jitterMs: random.pick([0, 0, 5, 100]),
    bytesPerSecond: random.chance(60) ? 0 : random.pick([20_000, 200_000, 2_000_000]),
    socketBufferBytes: random.pick([4_096, 65_536, 131_072]),
    keepaliveMs: 25_000,
  };
}

function drawCore(random: RandomStream): CoreConfig {
  return {
    ...DEFAULT_CORE_CONFIG,
    degree: random.chance(70) ? 30 : random.between(1, 6),
    outboundLinksTarget: random.between(2, 8),
    cacheSize: random.pick([1, 5, 50]),
    validationTimeoutMs: random.pick([5_000, 12_000, 30_000]),
    validationPolicy: random.pick(["all", "all", "any", "first"]),
    limits: random.chance(50) ? DEFAULT_LIMITS : drawLimits(random),
  };
}

/** Small enough to be reached; large enough for the few announcements after everything healed. */
function drawLimits(random: RandomStream): CoreLimits {
  return {
    ...DEFAULT_LIMITS,
    subscriberQueueMessages: random.pick([16, 64, 4_096]),
    subscriberQueueBytes: random.pick([20_000, 4_194_304]),
    linkQueueFrames: random.pick([16, 64, 1_024]),
    linkQueueBytes: random.pick([20_000, 1_048_576]),
    linkFramesPerSecond: random.pick([10, 200, 2_000, 0]),
    linkBytesPerSecond: random.pick([20_000, 8_388_608, 0]),
    pendingItems: random.pick([16, 16_384]),
    pendingItemsPerLink: random.pick([8, 4_096]),
    pendingBytesPerLink: random.pick([20_000, 8_388_608]),
    knowledgeBytes: random.pick([5_000, 33_554_432]),
  };
}

function drawNodes(random: RandomStream, count: number): NodePlan[] {
  const driftPpmMax = random.pick([0, 0, 200, 50_000]);
  const kinds = random.pick<readonly ModuleBehaviour["kind"][]>([
    ["accept"],
    ["accept", "accept", "accept", "reject"],
    ["accept", "accept", "accept", "silent"],
    ["accept", "accept", "reject", "silent", "crash"],
  ]);
  return Array.from({ length: count }, (_, number): NodePlan => {
    const own = random.fork(`node-${number}`);
    const modules = Array.from({ length: own.pick([0, 1, 1, 1, 1, 2, 3]) }, () =>
      drawModule(own, kinds),
    );
    const driftPpm = own.between(-driftPpmMax, driftPpmMax);
    return { number, group: own.below(4), driftPpm, role: "honest", modules };
  });
}

function drawModule(random: RandomStream, kinds: readonly ModuleBehaviour["kind"][]): ModulePlan {
  const dataTypes = random.chance(60) ? [...DATA_TYPES] : [random.pick(DATA_TYPES)];
  return { dataTypes, behaviour: drawBehaviour(random, random.pick(kinds)) };
}

function drawBehaviour(random: RandomStream, kind: ModuleBehaviour["kind"]): ModuleBehaviour {
  switch (kind) {
    case "accept":
    case "reject": {
      const maxMs = random.pick([0, 0, 20, VERDICT_MAX_MS]);
      return { kind, minMs: 0, maxMs };
    }
    case "silent":
      return { kind };
    case "crash":
      return { kind, everyNth: random.between(2, 6), backAfterMs: random.between(10, 5_000) };
  }
}

function drawAnnouncements(random: RandomStream, nodes: number, healAt: number): PlannedEvent[] {
  const events: PlannedEvent[] = [];
  const bursts = random.pick([0, 1, 3, 8]);
  for (let burst = 0; burst < bursts; burst++) {
    const at = random.between(random.chance(20) ? 0 : START_MS, healAt);
    const node = random.below(nodes);
    const size = random.pick([1, 1, 2, 20, 60]);
    for (let item = 0; item < size; item++) events.push(drawItem(random, at + item, node));
  }
  return events;
}

function drawItem(random: RandomStream, at: number, node: number): PlannedEvent {
  const ttl = random.pick([0, 0, 1, 2, 2, 3, 3, 4, 8, 255]);
  const dataBytes = random.pick([8, 8, 100, 2_000]);
  const dataType = random.pick(DATA_TYPES);
  const over = random.pick(["ownConnection", "firstModule"] as const);
  return { kind: "announce", at, node, ttl, dataType, dataBytes, over };
}

function drawProbes(random: RandomStream, nodes: number, from: number): PlannedEvent[] {
  return Array.from({ length: random.between(4, 12) }, (_, at) =>
    drawItem(random, from + at * PROBE_GAP_MS, random.below(nodes)),
  );
}

type Fault = (random: RandomStream, at: number, until: number) => PlannedEvent[];

function drawFaults(
  random: RandomStream,
  nodes: number,
  links: number,
  healAt: number,
): PlannedEvent[] {
  const kinds = faultKinds(nodes, links).filter((_, at) => random.fork(`kind-${at}`).chance(50));
  if (kinds.length === 0) return [];
  const events: PlannedEvent[] = [];
  const count = random.pick([0, 2, 6, 15]);
  for (let fault = 0; fault < count; fault++) {
    const at = random.between(START_MS, healAt);
    events.push(...random.pick(kinds)(random, at, random.between(at, healAt)));
  }
  return events;
}

function faultKinds(nodes: number, links: number): Fault[] {
  const kinds: Fault[] = [
    (random, at, until) => {
      const node = random.below(nodes);
      const manner = random.pick(["reset", "powerLoss"] as const);
      return [
        { kind: "crash", at, node, manner },
        { kind: "restart", at: until, node },
      ];
    },
    (random, at, until) => {
      const side = Array.from({ length: nodes }, (_, node) => node).filter(() => random.chance(50));
      return [
        { kind: "partition", at, side },
        { kind: "rejoin", at: until },
      ];
    },
    (random, at, until) => {
      const node = random.below(nodes);
      const bytesPerSecond = random.pick([0, 0, 500, 5_000]);
      return [
        { kind: "readSlowly", at, node, bytesPerSecond },
        { kind: "readNormally", at: until, node },
      ];
    },
    (random, at, until) => [
      { kind: "refuseDials", at, percent: random.pick([30, 100]) },
      { kind: "refuseDials", at: until, percent: 0 },
    ],
  ];
  if (links === 0) return kinds;
  return [
    ...kinds,
    (random, at) => [{ kind: "cut", at, link: random.below(links) }],
    (random, at) => [{ kind: "halfOpen", at, link: random.below(links) }],
  ];
}
