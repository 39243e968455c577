import assert from "node:assert/strict";
import { describe, it } from "node:test";
import type { WaveStep } from "../../src/cli/playground/playground-event.ts";
import { DemoModel } from "../../web/demo/demo-model.ts";
import { flightsAt, nodeAt, storyOf } from "../../web/demo/wave-story.ts";
import type { WaveStory } from "../../web/demo/wave-story.ts";
import { keyOf } from "../monitor/support/items.ts";

/** A step without the parts that every step has. */
type Bare<Step> = Step extends WaveStep ? Omit<Step, "key" | "node" | "atMs"> : never;

const at = (atMs: number, node: number, step: Bare<WaveStep>, item = 1): WaveStep => ({
  key: keyOf(item),
  node,
  atMs: 5_000 + atMs,
  ...step,
});

/** 1 announces, 2 and 3 get it; 2 passes it on to 3 once more and to 4, which rejects. */
const steps: readonly WaveStep[] = [
  at(0, 1, { kind: "announced", ttl: 3, text: "hello" }),
  at(1, 1, { kind: "sent", to: [2, 3], ttl: 3 }),
  at(3, 2, { kind: "arrived", from: 1, ttl: 3 }),
  at(4, 3, { kind: "arrived", from: 1, ttl: 3 }),
  at(6, 2, { kind: "judged", verdict: "accept" }),
  at(6, 2, { kind: "sent", to: [3, 4], ttl: 2 }),
  at(8, 3, { kind: "duplicate", from: 2, ttl: 2 }),
  at(10, 4, { kind: "arrived", from: 2, ttl: 2 }),
  at(12, 4, { kind: "judged", verdict: "reject" }),
];

function told(all: readonly WaveStep[]): WaveStory {
  const story = storyOf(all);
  assert.ok(story !== undefined);
  return story;
}

describe("the story of a wave", () => {
  it("has every node's distance, source, duplicates and verdict", () => {
    const visits = [...told(steps).visits.values()];
    assert.deepEqual(
      visits.map(({ node, atMs, from, hops, duplicates, verdict }) => [
        node,
        atMs,
        from,
        hops,
        duplicates,
        verdict,
      ]),
      [
        [1, 0, null, 0, 0, undefined],
        [2, 3, 1, 1, 0, "accept"],
        [3, 4, 1, 1, 1, undefined],
        [4, 10, 2, 2, 0, "reject"],
      ],
    );
    assert.equal(told(steps).duplicates, 1);
  });

  it("shows a copy on its way from when it was sent to when it was read", () => {
    const story = told(steps);
    assert.deepEqual(
      flightsAt(story, 8).map(({ from, to, part, copy }) => [from, to, part, copy]),
      [[2, 4, 0.5, "first"]],
    );
    assert.deepEqual(
      flightsAt(story, 2).map(({ to, copy }) => [to, copy]),
      [
        [2, "first"],
        [3, "first"],
      ],
    );
    assert.deepEqual(flightsAt(story, Infinity), []);
  });

  it("shows nodes as they were at a moment", () => {
    const story = told(steps);
    const moments = [0, 3, 7, Infinity].map((moment) =>
      [1, 2, 4].map((node) => nodeAt(story, node, moment)),
    );
    assert.deepEqual(moments, [
      ["reached", "unreached", "unreached"],
      ["reached", "reached", "unreached"],
      ["reached", "accept", "unreached"],
      ["reached", "accept", "reject"],
    ]);
  });

  it("is told in words, line by line", () => {
    assert.deepEqual(
      told(steps).lines.map(({ node, what }) => `${node} ${what}`),
      [
        "1 its module announces it, TTL 3",
        "1 sends it to nodes 2, 3",
        "2 gets it from node 1: hop 1, TTL 3",
        "3 gets it from node 1: hop 1, TTL 3",
        "2 its module says accept",
        "2 sends it to nodes 3, 4",
        "3 gets it again from node 2",
        "4 gets it from node 2: hop 2, TTL 2",
        "4 its module says reject",
      ],
    );
  });

  it("ends with the wave, though offers to newcomers come later", () => {
    const later = [
      at(60_000, 2, { kind: "sent", to: [5], ttl: 2 }),
      at(60_010, 5, { kind: "arrived", from: 2, ttl: 2 }),
    ];
    const story = told([...steps, ...later]);
    assert.equal(story.durationMs, 12);
    assert.equal(nodeAt(story, 5, Infinity), "reached");
  });

  it("does not guess at what began before the page was opened", () => {
    assert.equal(storyOf(steps.slice(1)), undefined);
  });

  it("names a peer that has not said who it is", () => {
    const [announced, sent] = steps;
    assert.ok(announced !== undefined && sent !== undefined);
    const story = told([announced, sent, at(3, 2, { kind: "arrived", from: null, ttl: 3 })]);
    assert.match(story.lines.at(-1)?.what ?? "", /from a peer: hop 1/);
    assert.deepEqual(story.flights, []);
  });
});

describe("what the page of the demonstration keeps", () => {
  it("is bounded, however many items there are and however many steps they have", () => {
    const model = new DemoModel();
    for (let item = 1; item <= 100; item++) {
      model.onStep(at(item, 1, { kind: "announced", ttl: 1, text: null }, item));
    }
    for (let copy = 0; copy < 30_000; copy++) {
      model.onStep(at(200, 1, { kind: "duplicate", from: 2, ttl: 1 }, 100));
    }
    const stories = model.stories();
    assert.equal(stories.length, 20);
    assert.equal(stories[0]?.key, keyOf(100));
    assert.equal(stories[0].lines.length, 20_000);
  });

  it("has the newest story first", () => {
    const model = new DemoModel();
    for (const item of [1, 2]) {
      model.onStep(at(0, 1, { kind: "announced", ttl: 1, text: `number ${item}` }, item));
    }
    assert.deepEqual(
      model.stories().map(({ text }) => text),
      ["number 2", "number 1"],
    );
  });
});
