import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { RecentIds } from "../../src/core/recent-ids.ts";

describe("[protocol §4.4] the ids seen lately", () => {
  it("hold every id of 16 bits on its own", () => {
    const recent = new RecentIds();
    for (let id = 0; id < 65_536; id += 3) recent.add(id);
    for (let id = 0; id < 65_536; id++) assert.equal(recent.has(id), id % 3 === 0);
  });

  it("outlive one turn and no second one", () => {
    const recent = new RecentIds();
    recent.add(7);
    recent.turn();
    recent.add(8);
    assert.deepEqual([recent.has(7), recent.has(8)], [true, true]);
    recent.turn();
    assert.deepEqual([recent.has(7), recent.has(8)], [false, true]);
    recent.turn();
    assert.deepEqual([recent.has(7), recent.has(8)], [false, false]);
  });
});
