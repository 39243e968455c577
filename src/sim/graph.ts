import { assert } from "../core/assert.ts";
import type { RandomStream } from "./random-stream.ts";

export type Edge = readonly [number, number];

/** Who is linked to whom. Every edge is undirected here; its first node will dial. */
export type Topology =
  /** Nobody is linked by plan. */
  | { readonly kind: "none" }
  /** Every node has this many neighbours, chosen at random. */
  | { readonly kind: "regular"; readonly degree: number }
  | { readonly kind: "ring" }
  | { readonly kind: "line" }
  | { readonly kind: "complete" }
  /** Connected for sure: a random tree, and more links up to this mean degree. */
  | { readonly kind: "scattered"; readonly meanDegree: number };

export function buildGraph(topology: Topology, nodes: number, random: RandomStream): Edge[] {
  switch (topology.kind) {
    case "none":
      return [];
    case "regular":
      return regularGraph(nodes, topology.degree, random);
    case "ring":
      return nodes < 3 ? line(nodes) : [...line(nodes), [nodes - 1, 0]];
    case "line":
      return line(nodes);
    case "complete":
      return Array.from({ length: nodes }, (_, a) => a).flatMap((a) =>
        Array.from({ length: a }, (_, b): Edge => [a, b]),
      );
    case "scattered":
      return scatteredGraph(nodes, topology.meanDegree, random);
  }
}

const line = (nodes: number): Edge[] =>
  Array.from({ length: Math.max(nodes - 1, 0) }, (_, at): Edge => [at, at + 1]);

/** A random tree, then random further edges. Never two edges between the same nodes. */
function scatteredGraph(nodes: number, meanDegree: number, random: RandomStream): Edge[] {
  const edges: Edge[] = [];
  const known = new Set<number>();
  const add = (a: number, b: number): void => {
    if (a === b || known.has(pairKey(a, b, nodes))) return;
    known.add(pairKey(a, b, nodes));
    edges.push([a, b]);
  };
  for (let node = 1; node < nodes; node++) add(node, random.below(node));
  const wanted = Math.min(Math.floor((nodes * meanDegree) / 2), (nodes * (nodes - 1)) / 2);
  for (let tries = 0; edges.length < wanted && tries < 20 * wanted; tries++) {
    add(random.below(nodes), random.below(nodes));
  }
  return edges;
}

/** A small graph can get into a corner that no single swap leads out of: then all begins anew. */
const SWAPS_PER_PAIR_MAX = 100;

/**
 * Random regular graph: stubs are paired at random, then pairs that would be loops or doubles are
 * broken up by swapping partners with pairs drawn at random. Close to uniform for small degrees.
 */
function regularGraph(nodes: number, degree: number, random: RandomStream): Edge[] {
  assert((nodes * degree) % 2 === 0, "nodes x degree must be even");
  assert(degree < nodes, "a node cannot have more neighbours than there are others");
  if (degree === nodes - 1) return buildGraph({ kind: "complete" }, nodes, random);
  const stubs: number[] = [];
  for (let node = 0; node < nodes; node++) {
    for (let stub = 0; stub < degree; stub++) stubs.push(node);
  }
  for (;;) {
    const pairs = new PairList(random.shuffle([...stubs]), nodes);
    const swapsMax = SWAPS_PER_PAIR_MAX * pairs.length;
    for (let swaps = 0; swaps < swapsMax; swaps++) {
      const bad = pairs.nextBad();
      if (bad === undefined) return pairs.edges();
      pairs.trySwap(bad, random.below(pairs.length));
    }
  }
}

const pairKey = (a: number, b: number, nodes: number): number =>
  Math.min(a, b) * nodes + Math.max(a, b);

/** Stubs 2i and 2i + 1 are a pair. Keeps count of how often each pair of nodes occurs. */
class PairList {
  readonly #stubs: number[];
  readonly #nodes: number;
  readonly #occurrences = new Map<number, number>();
  #bad: number[] = [];

  constructor(stubs: number[], nodes: number) {
    this.#stubs = stubs;
    this.#nodes = nodes;
    for (let pair = 0; pair < this.length; pair++) this.#count(pair, 1);
    for (let pair = 0; pair < this.length; pair++) {
      if (this.#isBad(pair)) this.#bad.push(pair);
    }
  }

  get length(): number {
    return this.#stubs.length / 2;
  }

  nextBad(): number | undefined {
    for (let pair = this.#bad.at(-1); pair !== undefined; pair = this.#bad.at(-1)) {
      if (this.#isBad(pair)) return pair;
      this.#bad.pop();
    }
    return undefined;
  }

  /** Swaps the second stubs of two pairs, unless that makes a loop or a double of either. */
  trySwap(one: number, other: number): void {
    if (one === other) return;
    this.#exchange(one, other);
    if (this.#isBad(one) || this.#isBad(other)) this.#exchange(one, other);
  }

  edges(): Edge[] {
    return Array.from({ length: this.length }, (_, pair): Edge => this.#ends(pair));
  }

  #exchange(one: number, other: number): void {
    this.#count(one, -1);
    this.#count(other, -1);
    const moved = this.#stubs[2 * one + 1] ?? 0;
    this.#stubs[2 * one + 1] = this.#stubs[2 * other + 1] ?? 0;
    this.#stubs[2 * other + 1] = moved;
    this.#count(one, 1);
    this.#count(other, 1);
  }

  #isBad(pair: number): boolean {
    const [a, b] = this.#ends(pair);
    return a === b || (this.#occurrences.get(pairKey(a, b, this.#nodes)) ?? 0) > 1;
  }

  #count(pair: number, change: number): void {
    const key = pairKey(...this.#ends(pair), this.#nodes);
    const count = (this.#occurrences.get(key) ?? 0) + change;
    if (count > 0) this.#occurrences.set(key, count);
    else this.#occurrences.delete(key);
  }

  #ends(pair: number): [number, number] {
    return [this.#stubs[2 * pair] ?? 0, this.#stubs[2 * pair + 1] ?? 0];
  }
}

/**
 * Hops from `origin` to every node it reaches: over nodes that may pass things on, and no farther than
 * `hopsMax`. -1 for all others.
 */
export function hopsFrom(
  origin: number,
  neighbours: readonly (readonly number[])[],
  passesOn: (node: number) => boolean,
  hopsMax: number,
): Int32Array {
  const hops = new Int32Array(neighbours.length).fill(-1);
  hops[origin] = 0;
  let frontier = [origin];
  for (let distance = 1; frontier.length > 0 && distance <= hopsMax; distance++) {
    const next: number[] = [];
    for (const node of frontier) {
      if (node !== origin && !passesOn(node)) continue;
      for (const neighbour of neighbours[node] ?? []) {
        if (hops[neighbour] !== -1) continue;
        hops[neighbour] = distance;
        next.push(neighbour);
      }
    }
    frontier = next;
  }
  return hops;
}

/** Who is linked to whom right now, by links that both ends count on. */
export function carryingNeighbours(nodes: number, links: Iterable<CarryingLink>): number[][] {
  const neighbours: number[][] = Array.from({ length: nodes }, () => []);
  for (const { isCarrying, dialler, acceptor } of links) {
    if (!isCarrying) continue;
    neighbours[dialler.node]?.push(acceptor.node);
    neighbours[acceptor.node]?.push(dialler.node);
  }
  return neighbours;
}

interface CarryingLink {
  readonly isCarrying: boolean;
  readonly dialler: { readonly node: number };
  readonly acceptor: { readonly node: number };
}
