import { countOf, formatCount, formatDuration, formatRough } from "../../monitor/quantities.ts";
import type { Style } from "../style.ts";
import { left, right, table } from "../table.ts";
import type { SetupEvent, TravelEvent } from "./demo-event.ts";
import type { DemoResult } from "./demo-result.ts";
import { BOOTSTRAPPER, targetsOf } from "./plan.ts";
import type { DemoPlan } from "./plan.ts";

export type Solving = Extract<SetupEvent, { readonly kind: "solving" }>;

export function introductionOf(plan: DemoPlan, style: Style): string[] {
  const { nodes, difficultyBits } = plan;
  const hasCircle = targetsOf(3, nodes).length > 1;
  const hashes = formatRough(2 ** difficultyBits);
  return [
    style.strong(
      `${nodes} gossip nodes on this machine; node ${BOOTSTRAPPER} is the bootstrapper.`,
    ),
    ...(hasCircle
      ? ["Node 3 dials node 2 as well: in a circle, duplicate copies must occur."]
      : []),
    `Each link costs a proof of work of ${difficultyBits} bits, which is ${hashes} hashes on average.`,
    "Luck has no memory: however many were tried, the expected rest is the same.",
    "",
  ];
}

/** Lines that stay. Progress is told by `progressLine`. */
export function setupLines(event: SetupEvent, plan: DemoPlan, style: Style): string[] {
  switch (event.kind) {
    case "listening": {
      const role = event.node === BOOTSTRAPPER ? ", the bootstrapper" : "";
      return [`node ${event.node}  peers ${event.p2p}, modules ${event.api}${role}`];
    }
    case "linked": {
      const text = `node ${event.node}  linked to ${nameOf(event.target)}, puzzle solved`;
      return [`${style.good(text)} after ${formatDuration(event.afterMs)}`];
    }
    case "linkFailed":
      return [style.bad(`node ${event.node}  link closed (${event.cause}), trying again`)];
    case "moduleLost":
      return [style.bad(`node ${event.node}  its module is gone: ${event.reason}`)];
    case "subscribed":
      return [`node ${event.node}  a module has subscribed to type ${plan.dataType}`];
    case "solving":
      return [];
  }
}

const nameOf = (node: number | undefined): string =>
  node === undefined ? "a peer" : `node ${node}`;

const BAR_CHARACTERS = 16;

/** How far one puzzle is, the most interesting first: the screen may cut it. Plain ASCII, no colours. */
export function progressLine(event: Solving, { difficultyBits }: DemoPlan): string {
  const { node, target, hashes, hashesPerSecond, secondsLeft } = event;
  const expectedHashes = 2 ** difficultyBits;
  const done = Math.round(Math.min(1, hashes / expectedHashes) * BAR_CHARACTERS);
  const bar = "#".repeat(done) + ".".repeat(BAR_CHARACTERS - done);
  const rest = Number.isFinite(secondsLeft)
    ? `expected in ${formatDuration(secondsLeft * 1_000)}, `
    : "";
  const tried = `${formatRough(hashes)} of ${formatRough(expectedHashes)} hashes`;
  const speed = `${formatRough(hashesPerSecond)}/s`;
  return `node ${node}  puzzle of ${nameOf(target)} [${bar}] ${rest}${tried}, ${speed}`;
}

export function travelLines(result: DemoResult, plan: DemoPlan, style: Style): string[] {
  if (result.setUpMs === null) return [];
  const says = `Another module at node ${plan.origin} announces "${plan.text}" (type ${plan.dataType}, TTL ${plan.ttl}).`;
  const lines = result.events.map((event) => {
    const at = event.atMs.toFixed(1).padStart(7);
    return `${style.faint(`${at} ms`)}  node ${event.node}  ${wordsOf(event)}`;
  });
  const links = countOf(plan.puzzles, "link");
  const up = `${links} up and ${countOf(plan.nodes, "module")} subscribed after ${formatDuration(result.setUpMs)}.`;
  return ["", up, "", style.strong(says), ...lines];
}

function wordsOf(event: TravelEvent): string {
  switch (event.kind) {
    case "announced":
      return "a module announces";
    case "taken":
      return "the node has the announcement";
    case "arrived":
      return `arrives over ${countOf(event.hops, "hop")} (TTL ${event.ttl})`;
    case "notified":
      return `module notified, ${countOf(event.bytes, "byte")}; it answers accept`;
    case "judged":
      return `verdict of the module: ${event.verdict}`;
    case "settled":
      return `item ${event.outcome}`;
    case "forwarded":
      return `sent to ${countOf(event.links, "link")} (TTL ${event.ttl})`;
    case "dropped":
      return `copy dropped: ${event.reason} (TTL ${event.ttl})`;
  }
}

export function resultLines(result: DemoResult, style: Style): string[] {
  const columns = [
    right("node"),
    left("role"),
    right("links"),
    left("reached"),
    right("hops"),
    right("after"),
    left("verdict"),
    right("duplicate copies"),
  ];
  const rows = result.results.map((one) => [
    one.node,
    one.role,
    one.links,
    one.reached ? "yes" : "NO",
    one.hops ?? "-",
    one.ms === null ? "-" : `${one.ms.toFixed(1)} ms`,
    one.verdict ?? "-",
    formatCount(one.duplicates),
  ]);
  const [head = "", ...lines] = table(columns, rows);
  return ["", style.faint(head), ...lines, "", ...verdictOn(result, style)];
}

function verdictOn(result: DemoResult, style: Style): string[] {
  const { reached, nodes, travelMs, hopsMax, duplicates, setUpMs } = result;
  const count = `${reached} of ${nodes} reached`;
  if (reached < nodes) {
    const why = setUpMs === null ? ": not all links came up in time" : "";
    return [style.bad(`${count}${why}.`)];
  }
  const cost = `${formatCount(duplicates)} duplicate ${duplicates === 1 ? "copy" : "copies"}`;
  const how = `in ${(travelMs ?? 0).toFixed(1)} ms, over ${countOf(hopsMax ?? 0, "hop")} at most, ${cost}`;
  return [
    `${style.good(count)}: ${how}.`,
    style.faint(
      `Node ${result.origin} counts as reached because its subscribed module heard it: announcements are`,
    ),
    style.faint("told to every subscriber but the connection that made them."),
  ];
}
