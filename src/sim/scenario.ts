import { DEFAULT_CORE_CONFIG } from "../core/core-config.ts";
import type { CoreConfig, CoreLimits } from "../core/core-config.ts";
import type { Topology } from "./graph.ts";
import { JsonReader, ScenarioError } from "./json-reader.ts";
import { isMetricName } from "./metrics.ts";
import type { MetricName } from "./metrics.ts";
import { GROUPS_MAX } from "./node-address.ts";
import { NO_OVERLAY_OPTIONS, NODE_ROLES } from "./plan.ts";
import type {
  DeliveryDemand,
  Linking,
  ModuleBehaviour,
  ModulePlan,
  NetworkOptions,
  NodeRole,
  OverlayOptions,
  ProofOptions,
} from "./plan.ts";

/** What a scenario file says, checked and with defaults filled in. */
export interface Scenario {
  readonly name: string;
  readonly about: string;
  readonly nodes: number;
  readonly groups: number;
  readonly driftPpmMax: number;
  readonly topology: Topology;
  /** The cores themselves, or a model of another overlay in their place. */
  readonly model: "core" | "hyParView";
  readonly linking: Linking;
  readonly overlay: OverlayOptions;
  readonly network: NetworkOptions;
  readonly proof: ProofOptions;
  readonly core: CoreConfig;
  /** Shares of all nodes; whoever is left has no modules. */
  readonly population: readonly Population[];
  readonly workload: Workload;
  readonly faults: readonly ScenarioFault[];
  /** How long the run goes on after the last announcement and the last fault. */
  readonly settleMs: number;
  /** Undefined: everything within `settleMs` unless there are faults or hostile peers. */
  readonly delivery: DeliveryDemand | undefined;
  /** Items announced earlier are in no figure but one of their own. */
  readonly measureFromMs: number;
  readonly expectations: readonly Expectation[];
  /** What the table shows; empty for the usual figures. */
  readonly shown: readonly MetricName[];
}

export interface Population {
  readonly percent: number;
  readonly role: NodeRole;
  /** The first and the last group their addresses are drawn from. */
  readonly groups: readonly [number, number];
  readonly modules: readonly ModulePlan[];
}

export interface Workload {
  readonly items: number;
  /** Mean time from one announcement to the next. */
  readonly everyMs: number;
  readonly rhythm: "even" | "random";
  readonly startMs: number;
  readonly ttl: number;
  readonly dataType: number;
  readonly dataBytes: number;
  /** Every item from another node drawn at random, or all from one. */
  readonly publishers: "random" | "one";
}

export type ScenarioFault =
  | {
      readonly kind: "massCrash";
      readonly atMs: number;
      readonly percent: number;
      /** Of the nodes with this role. */
      readonly role: NodeRole | "any";
      readonly manner: "reset" | "powerLoss";
    }
  | {
      readonly kind: "churn";
      readonly fromMs: number;
      readonly toMs: number;
      /** Mean time up and mean time down, both exponential. */
      readonly upMs: number;
      readonly downMs: number;
      readonly role: NodeRole | "any";
      readonly manner: "reset" | "powerLoss";
    }
  /** One node fails: the first one is the bootstrapper of an overlay. */
  | {
      readonly kind: "crash";
      readonly atMs: number;
      readonly node: number;
      readonly manner: "reset" | "powerLoss";
    }
  /** Every node with this role goes down and comes back, again and again. */
  | {
      readonly kind: "restarts";
      readonly fromMs: number;
      readonly everyMs: number;
      readonly downMs: number;
      readonly times: number;
      readonly role: NodeRole | "any";
    }
  | {
      readonly kind: "partition";
      readonly atMs: number;
      readonly rejoinMs: number;
      readonly percent: number;
    }
  | { readonly kind: "cutLinks"; readonly atMs: number; readonly percent: number }
  | {
      readonly kind: "slowReaders";
      readonly atMs: number;
      readonly untilMs: number;
      readonly percent: number;
      readonly bytesPerSecond: number;
    }
  | { readonly kind: "heal"; readonly atMs: number };

/** A figure that the scenario stands for, and why it must come out like this. */
export interface Expectation {
  readonly metric: MetricName;
  readonly min: number;
  readonly max: number;
  readonly why: string;
}

/** One row of the result: the scenario with some fields set differently. */
export interface Variant {
  readonly name: string;
  readonly scenario: Scenario;
}

const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;
const NODES_MAX = 65_536;

/**
 * The variants of a scenario file; a file without any is its own only variant. `settings` are set in all
 * of them, by path: `topology.degree`.
 *
 * @throws ScenarioError naming the field that is wrong.
 */
export function readVariants(
  json: unknown,
  settings: readonly (readonly [string, unknown])[],
): Variant[] {
  const file = new JsonReader(json, "");
  const variants = file.list("variants").map((variant) => {
    const name = variant.text("name");
    const changes = new JsonReader(variant.raw("set") ?? {}, `variant ${name}`);
    variant.end();
    return { name, changes: Object.entries(changes.all()) };
  });
  const all = variants.length > 0 ? variants : [{ name: "", changes: [] }];
  return all.map(({ name, changes }) => {
    let scenario: unknown = withoutVariants(json);
    for (const [path, value] of [...changes, ...settings]) {
      scenario = withField(scenario, path.split("."), value);
    }
    return { name, scenario: readScenario(scenario) };
  });
}

function withoutVariants(json: unknown): unknown {
  const fields = Object.entries(json as Record<string, unknown>);
  return Object.fromEntries(fields.filter(([name]) => name !== "variants"));
}

/** A copy with one field set; what is on the way there is made when it is missing. */
function withField(json: unknown, path: readonly string[], value: unknown): unknown {
  const [name, ...rest] = path;
  if (name === undefined) return value;
  if (Array.isArray(json)) {
    const copy: unknown[] = [...(json as unknown[])];
    copy[Number(name)] = withField(copy[Number(name)], rest, value);
    return copy;
  }
  const fields = typeof json === "object" && json !== null ? json : {};
  const known = (fields as Record<string, unknown>)[name];
  return { ...fields, [name]: withField(known, rest, value) };
}

function readScenario(json: unknown): Scenario {
  const file = new JsonReader(json, "");
  const overlay = readOverlay(file.object("overlay"));
  const groups = file.integer("groups", 1, GROUPS_MAX[overlay.addresses], 1);
  const scenario: Scenario = {
    name: file.text("name"),
    about: file.text("about", ""),
    nodes: file.integer("nodes", 1, NODES_MAX),
    groups,
    driftPpmMax: file.integer("driftPpmMax", 0, 100_000, 0),
    topology: readTopology(file.object("topology")),
    model: file.choice("model", ["core", "hyParView"], "core"),
    linking: file.choice("linking", ["wired", "dialled", "overlay"], "wired"),
    overlay,
    network: readNetwork(file.object("network")),
    proof: readProof(file.object("proof")),
    core: readCore(file.object("core")),
    population: file.list("population").map((reader) => readPopulation(reader, groups)),
    workload: readWorkload(file.object("workload")),
    faults: file.list("faults").map(readFault),
    settleMs: file.integer("settleMs", 0, HOUR_MS, 45_000),
    delivery: file.has("delivery") ? readDelivery(file.object("delivery")) : undefined,
    measureFromMs: file.integer("measureFromMs", 0, DAY_MS, 0),
    expectations: file.list("expect").map(readExpectation),
    shown: file.texts("show").map(readMetric),
  };
  file.end();
  return scenario;
}

function readTopology(reader: JsonReader): Topology {
  const kind = reader.choice("kind", ["none", "regular", "ring", "line", "complete", "scattered"]);
  const topology: Topology =
    kind === "regular"
      ? { kind, degree: reader.integer("degree", 1, 1_000) }
      : kind === "scattered"
        ? { kind, meanDegree: reader.number("meanDegree", 1, 1_000) }
        : { kind };
  reader.end();
  return topology;
}

function readOverlay(reader: JsonReader): OverlayOptions {
  const base = NO_OVERLAY_OPTIONS;
  const overlay = {
    addresses: reader.choice("addresses", ["private", "public"], base.addresses),
    known: reader.integer("known", 0, 4_096, base.known),
    knownFrom: reader.choice("knownFrom", ["everybody", "harmless"], base.knownFrom),
    visitsFromMs: reader.integer("visitsFromMs", 0, DAY_MS, base.visitsFromMs),
    visitEveryMs: reader.integer("visitEveryMs", 1, DAY_MS, base.visitEveryMs),
  };
  reader.end();
  return overlay;
}

function readNetwork(reader: JsonReader): NetworkOptions {
  const [latencyMinMs, latencyMaxMs] = reader.range("latencyMs", 60_000, [20, 120]);
  const network = {
    latencyMinMs,
    latencyMaxMs,
    jitterMs: reader.integer("jitterMs", 0, 60_000, 0),
    bytesPerSecond: reader.integer("bytesPerSecond", 0, 2 ** 40, 0),
    socketBufferBytes: reader.integer("socketBufferBytes", 1, 2 ** 30, 131_072),
    // TCP keepalive after 15 s, then 10 probes 1 s apart: what the daemon's sockets do.
    keepaliveMs: reader.integer("keepaliveMs", 1, HOUR_MS, 25_000),
  };
  reader.end();
  return network;
}

function readProof(reader: JsonReader): ProofOptions {
  const proof = {
    difficultyBits: reader.integer("difficultyBits", 0, 28, DEFAULT_CORE_CONFIG.difficultyBits),
    hashesPerSecond: reader.integer("hashesPerSecond", 1, 2 ** 40, 4_000_000),
  };
  reader.end();
  return proof;
}

function readCore(reader: JsonReader): CoreConfig {
  const base = DEFAULT_CORE_CONFIG;
  const limits = reader.object("limits");
  const names = Object.keys(base.limits) as (keyof CoreLimits)[];
  const limitOf = (name: keyof CoreLimits): [string, number] => [
    name,
    limits.integer(name, 0, 2 ** 40, base.limits[name]),
  ];
  const { validationPolicy } = base;
  const core: CoreConfig = {
    ...base,
    degree: reader.integer("degree", 1, 1_000, base.degree),
    cacheSize: reader.integer("cacheSize", 0, 1_000_000, base.cacheSize),
    validationTimeoutMs: reader.integer(
      "validationTimeoutMs",
      1,
      HOUR_MS,
      base.validationTimeoutMs,
    ),
    validationPolicy: reader.choice("validationPolicy", ["all", "any", "first"], validationPolicy),
    outboundLinksTarget: reader.integer("outboundLinksTarget", 1, 1_000, base.outboundLinksTarget),
    inboundLinksMax: reader.integer("inboundLinksMax", 1, NODES_MAX, 1_000),
    limits: Object.fromEntries(names.map(limitOf)) as unknown as CoreLimits,
  };
  limits.end();
  reader.end();
  return core;
}

function readPopulation(reader: JsonReader, groups: number): Population {
  const population: Population = {
    percent: reader.number("percent", 0, 100, 100),
    role: reader.choice("role", NODE_ROLES, "honest"),
    groups: reader.range("groups", groups - 1, [0, groups - 1]),
    modules: reader.list("modules").map((module) => {
      const dataTypes = module.integers("dataTypes", 65_535, [1]);
      const behaviour = readBehaviour(module);
      module.end();
      return { dataTypes, behaviour };
    }),
  };
  reader.end();
  return population;
}

function readBehaviour(reader: JsonReader): ModuleBehaviour {
  const kind = reader.choice("kind", ["accept", "reject", "silent", "crash"], "accept");
  switch (kind) {
    case "accept":
    case "reject": {
      const [minMs, maxMs] = reader.range("delayMs", HOUR_MS, [0, 0]);
      return { kind, minMs, maxMs };
    }
    case "silent":
      return { kind };
    case "crash":
      return {
        kind,
        everyNth: reader.integer("everyNth", 1, 1_000_000, 1),
        backAfterMs: reader.integer("backAfterMs", 1, HOUR_MS, 1_000),
      };
  }
}

function readWorkload(reader: JsonReader): Workload {
  const workload: Workload = {
    items: reader.integer("items", 0, 1_000_000, 20),
    everyMs: reader.integer("everyMs", 0, HOUR_MS, 500),
    rhythm: reader.choice("rhythm", ["even", "random"], "even"),
    startMs: reader.integer("startMs", 0, DAY_MS, 1_000),
    ttl: reader.integer("ttl", 0, 255, 0),
    dataType: reader.integer("dataType", 0, 65_535, 1),
    dataBytes: reader.integer("dataBytes", 8, 65_523, 200),
    publishers: reader.choice("publishers", ["random", "one"], "random"),
  };
  reader.end();
  return workload;
}

function readFault(reader: JsonReader): ScenarioFault {
  const fault = readFaultFields(reader);
  reader.end();
  return fault;
}

function readFaultFields(reader: JsonReader): ScenarioFault {
  const kinds = [
    "massCrash",
    "crash",
    "churn",
    "restarts",
    "partition",
    "cutLinks",
    "slowReaders",
    "heal",
  ] as const;
  const kind = reader.choice("kind", kinds);
  const time = (name: string): number => reader.integer(name, 0, DAY_MS);
  const role = (): NodeRole | "any" => reader.choice("role", ["any", ...NODE_ROLES], "any");
  const percent = (): number => reader.number("percent", 0, 100);
  const manner = (): "reset" | "powerLoss" =>
    reader.choice("manner", ["reset", "powerLoss"], "reset");
  switch (kind) {
    case "massCrash":
      return {
        kind,
        atMs: time("atMs"),
        percent: percent(),
        role: role(),
        manner: manner(),
      };
    case "crash": {
      const node = reader.integer("node", 0, NODES_MAX - 1);
      return { kind, atMs: time("atMs"), node, manner: manner() };
    }
    case "churn": {
      const [fromMs, toMs] = [time("fromMs"), time("toMs")];
      const [upMs, downMs] = [time("upMs"), time("downMs")];
      return { kind, fromMs, toMs, upMs, downMs, role: role(), manner: manner() };
    }
    case "restarts":
      return {
        kind,
        fromMs: time("fromMs"),
        everyMs: time("everyMs"),
        downMs: time("downMs"),
        times: reader.integer("times", 1, 10_000),
        role: role(),
      };
    case "partition":
      return { kind, atMs: time("atMs"), rejoinMs: time("rejoinMs"), percent: percent() };
    case "cutLinks":
      return { kind, atMs: time("atMs"), percent: percent() };
    case "slowReaders": {
      const [atMs, untilMs] = [time("atMs"), time("untilMs")];
      const bytesPerSecond = reader.integer("bytesPerSecond", 0, 2 ** 40);
      return { kind, atMs, untilMs, percent: percent(), bytesPerSecond };
    }
    case "heal":
      return { kind, atMs: time("atMs") };
  }
}

function readDelivery(reader: JsonReader): DeliveryDemand {
  const fromMs = reader.integer("fromMs", 0, HOUR_MS, 0);
  const withinMs = reader.integer("withinMs", 0, HOUR_MS);
  reader.end();
  return { kind: "since", fromMs, withinMs };
}

function readMetric(name: string): MetricName {
  if (!isMetricName(name)) throw new ScenarioError(`there is no metric ${name}`);
  return name;
}

function readExpectation(reader: JsonReader): Expectation {
  const metric = readMetric(reader.text("metric"));
  const min = reader.number("min", -Infinity, Infinity, -Infinity);
  const max = reader.number("max", -Infinity, Infinity, Infinity);
  const expectation = { metric, min, max, why: reader.text("why") };
  reader.end();
  return expectation;
}
