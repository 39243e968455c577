import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { curveTo, fanLayout, pointOn } from "../../web/monitor/fan-layout.ts";
import { aLink } from "./support/samples.ts";

const many = Array.from({ length: 64 }, (_, at) =>
  aLink(at + 1, { direction: at % 2 === 0 ? "inbound" : "outbound", delayMs: at * 5 }),
);

describe("the layout of links", () => {
  it("has those who dialled us to the left, those whom we dialled to the right", () => {
    const links = [aLink(1, { direction: "inbound" }), aLink(2, { direction: "outbound" })];
    const { spots, center } = fanLayout(links, 700);
    const sides = spots.map(({ link, at }) => [link.link, Math.sign(at.x - center.x)]);
    assert.deepEqual(sides, [
      [1, -1],
      [2, 1],
    ]);
  });

  it("puts a longer delay farther out, and no delay outermost", () => {
    const delays = [0, 1, 10, 100, 1_000, 60_000, null];
    const links = delays.map((delayMs, at) => aLink(at + 1, { direction: "outbound", delayMs }));
    const places = fanLayout(links, 700).spots.map(({ at }) => at.x);
    for (const [at, x] of places.entries()) {
      const before = places[at - 1] ?? 0;
      assert.ok(x >= before, `delay ${delays[at] ?? "none"} is nearer than a shorter one`);
    }
    assert.ok((places.at(-1) ?? 0) > (places.at(-2) ?? 0));
  });

  it("gives 64 links a line each, inside of the drawing", () => {
    const { spots, width, height } = fanLayout(many, 700);
    assert.equal(new Set(spots.map(({ at, side }) => `${side} ${at.y.toFixed(2)}`)).size, 64);
    for (const { at, label } of spots) {
      for (const { x, y } of [at, label]) {
        assert.ok(x >= 0 && x <= width && y >= 0 && y <= height);
      }
    }
    const left = spots.filter(({ side }) => side === -1).map(({ at }) => at.y);
    const gaps = left.slice(1).map((y, at) => y - (left[at] ?? 0));
    assert.ok(Math.min(...gaps) >= 12, "the names run into one another");
  });

  it("leaves out what has no room", () => {
    assert.equal(fanLayout(many.slice(0, 4), 700).labels, "namesAndDelays");
    assert.equal(fanLayout(many, 700).labels, "names");
    assert.equal(fanLayout(many, 340).labels, "numbers");
    assert.ok(fanLayout(many, 600).ticks.length < fanLayout(many, 1_200).ticks.length);
  });

  it("draws a node without links", () => {
    const { spots, height } = fanLayout([], 500);
    assert.deepEqual(spots, []);
    assert.ok(Number.isFinite(height));
  });

  it("lets a pulse travel from the node to the peer", () => {
    const { center, spots } = fanLayout([aLink(1)], 700);
    const [spot] = spots;
    assert.ok(spot !== undefined);
    const curve = curveTo(center, spot);
    assert.deepEqual(pointOn(curve, 0), center);
    assert.deepEqual(pointOn(curve, 1), spot.at);
  });
});
