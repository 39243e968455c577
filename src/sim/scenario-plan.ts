import { buildGraph } from "./graph.ts";
import { ScenarioError } from "./json-reader.ts";
import type { NodePlan, Plan, PlannedEvent } from "./plan.ts";
import { RandomStream } from "./random-stream.ts";
import type { Scenario, ScenarioFault } from "./scenario.ts";

/** Spells a scenario out for one seed. */
export function planOf(scenario: Scenario, seed: number): Plan {
  const random = new RandomStream(seed).fork("scenario");
  const nodes = drawNodes(scenario, random.fork("nodes"));
  const { topology } = scenario;
  if (topology.kind === "regular" && !isRegularPossible(scenario.nodes, topology.degree)) {
    throw new ScenarioError(
      `${scenario.nodes} nodes cannot all have ${topology.degree} neighbours each`,
    );
  }
  const links = buildGraph(topology, scenario.nodes, random.fork("graph"));
  const events = [
    ...drawAnnouncements(scenario, nodes, random.fork("workload")),
    ...scenario.faults.flatMap((fault, at) =>
      drawFault(fault, nodes, links.length, random.fork(`fault-${at}`)),
    ),
  ].sort((a, b) => a.at - b.at);
  const lastAt = events.at(-1)?.at ?? 0;
  const isUndisturbed =
    scenario.faults.length === 0 && nodes.every(({ role }) => role === "honest");
  return {
    name: scenario.name,
    seed,
    nodes,
    links,
    linking: scenario.linking,
    overlay: scenario.overlay,
    network: scenario.network,
    proof: scenario.proof,
    core: scenario.core,
    events,
    endMs: lastAt + scenario.settleMs,
    delivery:
      scenario.delivery ??
      (isUndisturbed && scenario.linking === "wired"
        ? { kind: "since", fromMs: 0, withinMs: scenario.settleMs }
        : { kind: "none" }),
    measureFromMs: scenario.measureFromMs,
  };
}

const isRegularPossible = (nodes: number, degree: number): boolean =>
  degree < nodes && (nodes * degree) % 2 === 0;

/** Each share of the population falls on nodes drawn at random: on one at least, unless it is 0 %. */
function drawNodes(scenario: Scenario, random: RandomStream): NodePlan[] {
  const order = Array.from({ length: scenario.nodes }, (_, number) => number);
  random.shuffle(order);
  const populationOf = new Map<number, Scenario["population"][number]>();
  let given = 0;
  let percent = 0;
  for (const population of scenario.population) {
    percent += population.percent;
    const rounded = Math.round((Math.min(percent, 100) * scenario.nodes) / 100);
    const least = population.percent > 0 ? given + 1 : given;
    const until = Math.min(Math.max(rounded, least), scenario.nodes);
    for (; given < until; given++) populationOf.set(order[given] ?? 0, population);
  }
  return Array.from({ length: scenario.nodes }, (_, number): NodePlan => {
    const population = populationOf.get(number);
    const own = random.fork(`node-${number}`);
    return {
      number,
      group: own.between(...(population?.groups ?? [0, scenario.groups - 1])),
      driftPpm: own.between(-scenario.driftPpmMax, scenario.driftPpmMax),
      role: population?.role ?? "honest",
      modules: population?.modules ?? [],
    };
  });
}

function drawAnnouncements(
  { workload }: Scenario,
  nodes: readonly NodePlan[],
  random: RandomStream,
): PlannedEvent[] {
  const honest = nodes.filter(({ role }) => role === "honest").map(({ number }) => number);
  if (honest.length === 0) return [];
  const only = random.pick(honest);
  let at = workload.startMs;
  return Array.from({ length: workload.items }, (): PlannedEvent => {
    const node = workload.publishers === "one" ? only : random.pick(honest);
    const { ttl, dataType, dataBytes, everyMs } = workload;
    const over = "ownConnection";
    const event: PlannedEvent = { kind: "announce", at, node, ttl, dataType, dataBytes, over };
    at += workload.rhythm === "even" ? everyMs : random.exponential(everyMs);
    return event;
  });
}

/** So many of 100, drawn at random. */
function sample(count: number, percent: number, random: RandomStream): number[] {
  const all = random.shuffle(Array.from({ length: count }, (_, number) => number));
  return all.slice(0, Math.round((count * percent) / 100));
}

function drawFault(
  fault: ScenarioFault,
  nodes: readonly NodePlan[],
  links: number,
  random: RandomStream,
): PlannedEvent[] {
  switch (fault.kind) {
    case "massCrash": {
      const { atMs: at, manner, role } = fault;
      const concerned = having(nodes, role);
      return sample(concerned.length, fault.percent, random).map((which) => ({
        kind: "crash",
        at,
        node: concerned[which]?.number ?? 0,
        manner,
      }));
    }
    case "crash":
      if (fault.node >= nodes.length) return [];
      return [{ kind: "crash", at: fault.atMs, node: fault.node, manner: fault.manner }];
    case "churn":
      return having(nodes, fault.role).flatMap(({ number }) =>
        drawChurn(fault, number, random.fork(`node-${number}`)),
      );
    case "restarts":
      return having(nodes, fault.role).flatMap(({ number }) => spellOutRestarts(fault, number));
    case "partition":
      return [
        { kind: "partition", at: fault.atMs, side: sample(nodes.length, fault.percent, random) },
        { kind: "rejoin", at: fault.rejoinMs },
      ];
    case "cutLinks":
      return sample(links, fault.percent, random).map((link) => ({
        kind: "cut",
        at: fault.atMs,
        link,
      }));
    case "slowReaders": {
      const { atMs, untilMs, bytesPerSecond } = fault;
      return sample(nodes.length, fault.percent, random).flatMap((node): PlannedEvent[] => [
        { kind: "readSlowly", at: atMs, node, bytesPerSecond },
        { kind: "readNormally", at: untilMs, node },
      ]);
    }
    case "heal":
      return [{ kind: "heal", at: fault.atMs }];
  }
}

const having = (nodes: readonly NodePlan[], role: NodePlan["role"] | "any"): NodePlan[] =>
  nodes.filter((node) => role === "any" || node.role === role);

function spellOutRestarts(
  { fromMs, everyMs, downMs, times }: ScenarioFault & { readonly kind: "restarts" },
  node: number,
): PlannedEvent[] {
  return Array.from({ length: times }, (_, at) => fromMs + at * everyMs).flatMap(
    (at): PlannedEvent[] => [
      { kind: "crash", at, node, manner: "reset" },
      { kind: "restart", at: at + downMs, node },
    ],
  );
}

/** One node comes and goes; it is up at the start and after the end. */
function drawChurn(
  fault: ScenarioFault & { readonly kind: "churn" },
  node: number,
  random: RandomStream,
): PlannedEvent[] {
  const events: PlannedEvent[] = [];
  const { manner } = fault;
  let at = fault.fromMs + random.exponential(fault.upMs);
  while (at < fault.toMs) {
    events.push({ kind: "crash", at, node, manner });
    const backAt = Math.min(at + 1 + random.exponential(fault.downMs), fault.toMs);
    events.push({ kind: "restart", at: backAt, node });
    at = backAt + 1 + random.exponential(fault.upMs);
  }
  return events;
}
