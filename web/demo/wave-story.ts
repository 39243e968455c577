import type { WaveStep } from "../../src/cli/playground/playground-event.ts";

/** When nothing happens for so long, the wave is over; what still comes are offers to new links. A guess. */
const QUIET_MS = 1_000;

/** One item's way through the network, in ms since it was announced. */
export interface WaveStory {
  readonly key: string;
  readonly origin: number;
  readonly text: string | null;
  readonly ttl: number;
  readonly visits: ReadonlyMap<number, Visit>;
  readonly flights: readonly Flight[];
  readonly lines: readonly StoryLine[];
  /** Until the wave is over for the first time. */
  readonly durationMs: number;
  readonly duplicates: number;
}

/** What happened at one node. */
export interface Visit {
  readonly node: number;
  readonly atMs: number;
  /** Null where it was announced, and where the peer had not said yet who it is. */
  readonly from: number | null;
  readonly hops: number;
  readonly duplicates: number;
  readonly verdict: "accept" | "reject" | undefined;
  readonly judgedAtMs: number | undefined;
}

/** One copy between two nodes. */
export interface Flight {
  readonly from: number;
  readonly to: number;
  readonly departMs: number;
  readonly arriveMs: number;
  readonly copy: "first" | "again";
}

export interface StoryLine {
  readonly atMs: number;
  readonly node: number;
  readonly what: string;
}

/** @returns undefined when the beginning is not known: it was announced before the page was opened */
export function storyOf(steps: readonly WaveStep[]): WaveStory | undefined {
  const beginning = steps.find((step) => step.kind === "announced");
  if (beginning === undefined) return undefined;
  const telling = new Telling(beginning.atMs);
  for (const step of steps) telling.add(step);
  const { visits, flights, lines } = telling;
  return {
    key: beginning.key,
    origin: beginning.node,
    text: beginning.text,
    ttl: beginning.ttl,
    visits,
    flights,
    lines,
    durationMs: firstQuiet(lines.map(({ atMs }) => atMs)),
    duplicates: [...visits.values()].reduce((sum, visit) => sum + visit.duplicates, 0),
  };
}

class Telling {
  readonly visits = new Map<number, Visit>();
  readonly flights: Flight[] = [];
  readonly lines: StoryLine[] = [];
  readonly #departures = new Map<string, number[]>();
  readonly #startMs: number;

  constructor(startMs: number) {
    this.#startMs = startMs;
  }

  add(step: WaveStep): void {
    const atMs = step.atMs - this.#startMs;
    const { node } = step;
    this.lines.push({ atMs, node, what: this.#take(step, atMs) });
  }

  #take(step: WaveStep, atMs: number): string {
    const { node } = step;
    switch (step.kind) {
      case "announced":
        this.#visit(node, null, 0, atMs);
        return `its module announces it, TTL ${ttlWords(step.ttl)}`;
      case "arrived":
        this.#land(step.from, node, atMs, "first");
        this.#visit(node, step.from, this.#hopsAfter(step.from), atMs);
        return `gets it from ${nodeWords(step.from)}: hop ${this.#hopsAfter(step.from)}, TTL ${ttlWords(step.ttl)}`;
      case "duplicate":
        this.#land(step.from, node, atMs, "again");
        this.#change(node, (visit) => ({ ...visit, duplicates: visit.duplicates + 1 }));
        return `gets it again from ${nodeWords(step.from)}`;
      case "judged":
        this.#change(node, (visit) => ({ ...visit, verdict: step.verdict, judgedAtMs: atMs }));
        return `its module says ${step.verdict}`;
      case "sent":
        for (const to of step.to) this.#depart(node, to, atMs);
        return `sends it to ${listWords(step.to)}`;
      case "ended":
        return `it ends here: ${END_WORDS[step.reason] ?? step.reason}`;
    }
  }

  #hopsAfter(from: number | null): number {
    return (this.visits.get(from ?? 0)?.hops ?? 0) + 1;
  }

  #visit(node: number, from: number | null, hops: number, atMs: number): void {
    if (this.visits.has(node)) return;
    const judgement = { verdict: undefined, judgedAtMs: undefined };
    this.visits.set(node, { node, atMs, from, hops, duplicates: 0, ...judgement });
  }

  #change(node: number, change: (visit: Visit) => Visit): void {
    const visit = this.visits.get(node);
    if (visit !== undefined) this.visits.set(node, change(visit));
  }

  #depart(from: number, to: number, atMs: number): void {
    const way = `${from} ${to}`;
    this.#departures.set(way, [...(this.#departures.get(way) ?? []), atMs]);
  }

  /** Copies on one link arrive in the order in which they were sent. */
  #land(from: number | null, to: number, arriveMs: number, copy: Flight["copy"]): void {
    const departMs = this.#departures.get(`${from ?? 0} ${to}`)?.shift();
    if (from === null || departMs === undefined) return;
    this.flights.push({ from, to, departMs, arriveMs, copy });
  }
}

function firstQuiet(timesMs: readonly number[]): number {
  const end = timesMs.findIndex((atMs, at) => atMs - (timesMs[at - 1] ?? 0) > QUIET_MS);
  return timesMs.at(end === -1 ? -1 : end - 1) ?? 0;
}

const END_WORDS: Readonly<Record<string, string>> = {
  lastHop: "its TTL is used up",
  noOtherLink: "all neighbours have it",
  unsubscribed: "nobody here subscribed to its type",
  expired: "no verdict came in time",
  reforwardRefused: "sent again too often",
  repeatedContent: "repeated content",
  notHeld: "no room to hold it",
  queueFull: "its module is too slow",
};

export const ttlWords = (ttl: number): string => (ttl === 0 ? "unlimited" : String(ttl));
const nodeWords = (node: number | null): string => (node === null ? "a peer" : `node ${node}`);

function listWords(nodes: readonly number[]): string {
  if (nodes.length === 0) return "peers";
  const sorted = [...nodes].sort((a, b) => a - b);
  return sorted.length === 1 ? `node ${sorted.join("")}` : `nodes ${sorted.join(", ")}`;
}

/** How a node looks at one moment of a story. */
export type NodeMoment = "unreached" | "reached" | "accept" | "reject";

export function nodeAt(story: WaveStory, node: number, atMs: number): NodeMoment {
  const visit = story.visits.get(node);
  if (visit === undefined || visit.atMs > atMs) return "unreached";
  const isJudged = visit.judgedAtMs !== undefined && visit.judgedAtMs <= atMs;
  return isJudged ? (visit.verdict ?? "reached") : "reached";
}

/** Copies under way at one moment, and how far they are, 0 to 1. */
export function flightsAt(
  story: WaveStory,
  atMs: number,
): readonly (Flight & { readonly part: number })[] {
  return story.flights
    .filter(({ departMs, arriveMs }) => departMs <= atMs && atMs < arriveMs)
    .map((flight) => {
      const { departMs, arriveMs } = flight;
      return { ...flight, part: (atMs - departMs) / (arriveMs - departMs) };
    });
}
