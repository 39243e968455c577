import assert from "node:assert/strict";
import { describe, it } from "node:test";
import type { TraceEvent } from "../../src/core/trace.ts";
import { bytesOf, CoreHarness } from "../support/core-harness.ts";
import type { HarnessOptions } from "../support/core-harness.ts";

const TYPE = 7;
const UNWANTED_TYPE = 8;
const RATE = 4;

type TraceKind = TraceEvent["kind"];

/** Two links, one module, and a rate that a handful of items exceeds. */
function aNode(options: HarnessOptions = {}) {
  const node = new CoreHarness({ tracing: { itemsPerSecond: RATE }, ...options });
  const [a, b] = [node.inboundLink(), node.inboundLink()];
  const module = node.subscriber(TYPE);
  /** The kinds of what was traced of items since the last call. */
  let told = node.outputs.length;
  const traced = (): TraceKind[] => {
    const since = node.outputs.slice(told);
    told = node.outputs.length;
    return since.flatMap((output) => (output.kind === "trace" ? [output.event.kind] : []));
  };
  traced();
  return { node, a, b, module, traced };
}

/** All that is told of an item that is relayed once and comes back. */
const WHOLE_LIFE: readonly TraceKind[] = [
  "itemArrived",
  "itemNotified",
  "itemJudged",
  "itemSettled",
  "itemForwarded",
  "itemDropped",
];

describe("tracing so many items in a second", () => {
  it("tells each of them from its beginning to its end, and nothing of the others", () => {
    const { node, a, b, module, traced } = aNode();
    for (let item = 1; item <= RATE + 2; item++) {
      node.item(a, item, TYPE, 9, `${item}`);
      node.answerLast(module, "accept");
      node.item(b, item, TYPE, 3, `${item}`);
      assert.deepEqual(traced(), item <= RATE ? WHOLE_LIFE : [], `item ${item}`);
    }
    assert.equal(node.counter("itemsUntraced"), 2);
    assert.equal(node.counter("itemNew"), RATE + 2);
  });

  it("goes on with a life that began within the rate after the rate is used up", () => {
    const { node, a, module, traced } = aNode();
    node.item(a, 1, TYPE, 9, "first");
    const [first] = node.notificationsTo(module);
    for (let item = 2; item <= 9; item++) node.item(a, item, TYPE, 9, `${item}`);
    traced();
    node.answer(module, first?.messageId ?? -1, "accept");
    assert.deepEqual(traced().slice(0, 3), ["itemJudged", "itemSettled", "itemForwarded"]);
  });

  it("has room for new lives when time has passed", () => {
    const { node, a, traced } = aNode();
    for (let item = 1; item <= 9; item++) node.item(a, item, TYPE, 9, `${item}`);
    node.advance(1_000);
    traced();
    for (let item = 11; item <= 19; item++) node.item(a, item, TYPE, 9, `${item}`);
    assert.equal(traced().filter((kind) => kind === "itemArrived").length, RATE);
  });

  it("counts refused items apart: a flood of them hides no item that somebody wants", () => {
    const { node, a, traced } = aNode();
    for (let item = 1; item <= 50; item++) node.item(a, item, UNWANTED_TYPE, 9, `${item}`);
    assert.equal(traced().length, RATE);
    node.item(a, 100, TYPE, 9, "wanted");
    assert.deepEqual(traced(), ["itemArrived", "itemNotified"]);
    assert.equal(node.counter("itemsUntraced"), 50 - RATE);
  });

  it("holds for announcements of modules, too, and for what is offered of them later", () => {
    const { node, module, traced } = aNode({ cacheSize: 50 });
    for (let item = 1; item <= 9; item++) node.announce(module, 9, TYPE, bytesOf(`${item}`));
    assert.equal(traced().filter((kind) => kind === "itemAnnounced").length, RATE);
    node.inboundLink();
    const offered = traced().filter((kind) => kind === "itemForwarded");
    assert.equal(offered.length, RATE);
  });

  it("counts nothing as left out while nobody wants any of it", () => {
    const { node, a, traced } = aNode({ tracing: "off" });
    for (let item = 1; item <= 9; item++) node.item(a, item, TYPE, 9, `${item}`);
    assert.deepEqual(traced(), []);
    assert.equal(node.counter("itemsUntraced"), 0);
  });
});
