import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { linkId } from "../../src/core/ports.ts";
import { REFORWARDED_ITEMS_MAX, Reforwards } from "../../src/core/reforwards.ts";

const [A, B] = [linkId(1), linkId(2)];

describe("[protocol §4.6] re-forwards", () => {
  it("are allowed twice per link and item", () => {
    const reforwards = new Reforwards();
    assert.deepEqual(
      [A, A, A, B, B, B].map((link) => reforwards.admit(5, link)),
      [true, true, false, true, true, false],
    );
    assert.ok(reforwards.admit(6, A));
  });

  it("are remembered for a bounded number of items; a forgotten one gets no more", () => {
    const reforwards = new Reforwards();
    for (let item = 0; item < REFORWARDED_ITEMS_MAX + 10; item++) reforwards.admit(item, A);
    assert.equal(reforwards.size, REFORWARDED_ITEMS_MAX);
    assert.equal(reforwards.admit(3, B), false);
    assert.ok(reforwards.admit(REFORWARDED_ITEMS_MAX, B));
  });

  it("forget what the seen cache has forgotten", () => {
    const reforwards = new Reforwards();
    for (let item = 0; item < 10; item++) reforwards.admit(item, A);
    reforwards.forgetBelow(7);
    assert.equal(reforwards.size, 3);
  });
});
