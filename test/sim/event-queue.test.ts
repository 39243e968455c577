import assert from "node:assert/strict";
import { describe, it } from "node:test";
import fc from "fast-check";
import { EventQueue } from "../../src/sim/event-queue.ts";

describe("the event queue", () => {
  it("gives events by time, and by the order of scheduling within a millisecond", () => {
    fc.assert(
      fc.property(fc.array(fc.nat(30)), (times) => {
        const queue = new EventQueue<{ at: number; order: number }>(0);
        for (const [order, at] of times.entries()) queue.schedule(at, { at, order });
        const expected = times
          .map((at, order) => ({ at, order }))
          .sort((a, b) => a.at - b.at || a.order - b.order);
        const taken = [];
        for (let event = queue.take(100); event !== undefined; event = queue.take(100)) {
          assert.equal(queue.now, event.at);
          taken.push(event);
        }
        assert.deepEqual(taken, expected);
      }),
    );
  });

  it("takes what an event schedules for the same millisecond before any later one", () => {
    const queue = new EventQueue<string>(0);
    queue.schedule(5, "first");
    queue.schedule(6, "later");
    assert.equal(queue.take(10), "first");
    queue.schedule(5, "at once");
    assert.deepEqual([queue.take(10), queue.take(10)], ["at once", "later"]);
  });

  it("stops at the given time and goes on from there", () => {
    const queue = new EventQueue<string>(0);
    queue.schedule(50, "far");
    assert.equal(queue.take(49), undefined);
    assert.equal(queue.now, 49);
    assert.equal(queue.take(50), "far");
  });

  it("refuses the past", () => {
    const queue = new EventQueue<string>(10);
    assert.throws(() => {
      queue.schedule(9, "late");
    }, /in the past/);
  });
});
