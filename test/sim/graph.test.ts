import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { buildGraph, hopsFrom } from "../../src/sim/graph.ts";
import type { Edge } from "../../src/sim/graph.ts";
import { RandomStream } from "../../src/sim/random-stream.ts";

function neighboursOf(edges: readonly Edge[], nodes: number): number[][] {
  const neighbours: number[][] = Array.from({ length: nodes }, () => []);
  for (const [a, b] of edges) {
    neighbours[a]?.push(b);
    neighbours[b]?.push(a);
  }
  return neighbours;
}

const isSimple = (edges: readonly Edge[]): boolean =>
  edges.every(([a, b]) => a !== b) &&
  new Set(edges.map(([a, b]) => `${Math.min(a, b)} ${Math.max(a, b)}`)).size === edges.length;

describe("random regular graphs", () => {
  it("give every node exactly its degree, without loops and doubles", () => {
    for (const [nodes, degree] of [
      [4, 3],
      [10, 3],
      [7, 4],
      [16, 4],
      [200, 8],
    ] as const) {
      for (let seed = 1; seed <= 100; seed++) {
        const edges = buildGraph({ kind: "regular", degree }, nodes, new RandomStream(seed));
        assert.ok(isSimple(edges));
        const degrees = neighboursOf(edges, nodes).map((each) => each.length);
        assert.ok(degrees.every((each) => each === degree));
      }
    }
  });

  it("are built also where swaps of single pairs get stuck", () => {
    for (let seed = 1; seed <= 2_000; seed++) {
      const edges = buildGraph({ kind: "regular", degree: 2 }, 4, new RandomStream(seed));
      assert.equal(edges.length, 4);
    }
  });
});

describe("other graphs", () => {
  it("are connected, also the scattered ones", () => {
    for (let seed = 1; seed <= 50; seed++) {
      const random = new RandomStream(seed);
      const edges = buildGraph({ kind: "scattered", meanDegree: 3 }, 30, random);
      assert.ok(isSimple(edges));
      const hops = hopsFrom(0, neighboursOf(edges, 30), () => true, Infinity);
      assert.ok(hops.every((distance) => distance >= 0));
    }
  });
});

describe("hops from a node", () => {
  const path = neighboursOf(
    [
      [0, 1],
      [1, 2],
      [2, 3],
      [0, 4],
    ],
    5,
  );

  it("count the shortest way", () => {
    assert.deepEqual([...hopsFrom(0, path, () => true, Infinity)], [0, 1, 2, 3, 1]);
  });

  it("end at the limit, and behind nodes that pass nothing on", () => {
    assert.deepEqual([...hopsFrom(0, path, () => true, 2)], [0, 1, 2, -1, 1]);
    assert.deepEqual([...hopsFrom(0, path, (node) => node !== 1, Infinity)], [0, 1, -1, -1, 1]);
  });

  it("leave the announcer even if it would pass nothing on", () => {
    assert.deepEqual([...hopsFrom(0, path, () => false, Infinity)], [0, 1, -1, -1, 1]);
  });
});
