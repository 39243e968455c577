import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { OverlayLayout, pairsOf } from "../../web/demo/overlay-layout.ts";

const numbers = Array.from({ length: 50 }, (_, at) => at + 1);
const links = numbers.flatMap((from) => [
  { from, to: (from % 50) + 1 },
  { from, to: ((from * 7) % 50) + 1 },
]);

describe("the layout of an overlay", () => {
  it("draws one line where two nodes have dialled one another", () => {
    const both = [
      { from: 2, to: 1 },
      { from: 1, to: 2 },
      { from: 3, to: 1 },
    ];
    assert.deepEqual(pairsOf(both), [
      [1, 2],
      [1, 3],
    ]);
  });

  it("keeps 50 nodes inside of the drawing and apart from one another", () => {
    const layout = new OverlayLayout(() => undefined);
    layout.arrange(numbers, links, 800, 600, "atOnce");
    const places = numbers.map((node) => layout.placeOf(node));
    for (const [at, place] of places.entries()) {
      assert.ok(place !== undefined);
      assert.ok(place.x >= 0 && place.x <= 800 && place.y >= 0 && place.y <= 600);
      for (const other of places.slice(at + 1)) {
        assert.ok(other !== undefined);
        assert.ok(Math.hypot(place.x - other.x, place.y - other.y) > 30, "two nodes overlap");
      }
    }
  });

  it("leaves places as they are when nothing is different", () => {
    const layout = new OverlayLayout(() => undefined);
    layout.arrange(numbers, links, 800, 600, "atOnce");
    const before = numbers.map((node) => layout.placeOf(node));
    layout.arrange([...numbers], [...links], 800, 600, "atOnce");
    assert.deepEqual(
      numbers.map((node) => layout.placeOf(node)),
      before,
    );
  });

  it("knows no place before there is any room", () => {
    const layout = new OverlayLayout(() => undefined);
    layout.arrange(numbers, links, 0, 360, "atOnce");
    assert.equal(layout.placeOf(1), undefined);
  });
});
