import assert from "node:assert/strict";
import { describe, it } from "node:test";
import fc from "fast-check";
import { Deadline, DeadlineQueue } from "../../src/core/deadline-queue.ts";
import { instant } from "../../src/core/ports.ts";

/** A queue with named deadlines that note in which order they passed. */
class Rig {
  readonly queue = new DeadlineQueue();
  readonly passed: string[] = [];

  deadline(name: string, then: () => void = () => undefined): Deadline {
    return new Deadline(() => {
      this.passed.push(name);
      then();
    });
  }
}

describe("a deadline queue", () => {
  it("passes what is due in order of time, whatever the order of setting", () => {
    const rig = new Rig();
    for (const at of [30, 10, 20, 40]) rig.queue.set(rig.deadline(String(at)), instant(at));
    rig.queue.passDue(instant(30));
    assert.deepEqual(rig.passed, ["10", "20", "30"]);
    assert.equal(rig.queue.earliest, 40);
  });

  it("passes deadlines of the same time in the order of setting", () => {
    const rig = new Rig();
    for (const name of ["a", "b", "c", "d"]) rig.queue.set(rig.deadline(name), instant(5));
    rig.queue.passDue(instant(5));
    assert.deepEqual(rig.passed, ["a", "b", "c", "d"]);
  });

  it("passes nothing before its time", () => {
    const rig = new Rig();
    rig.queue.set(rig.deadline("later"), instant(6));
    rig.queue.passDue(instant(5));
    assert.deepEqual(rig.passed, []);
    assert.equal(rig.queue.size, 1);
  });

  it("knows no earliest deadline while it is empty", () => {
    const rig = new Rig();
    const deadline = rig.deadline("only");
    assert.equal(rig.queue.earliest, undefined);
    rig.queue.set(deadline, instant(1));
    rig.queue.clear(deadline);
    assert.equal(rig.queue.earliest, undefined);
    assert.equal(deadline.isSet, false);
  });

  it("moves a deadline that is set again", () => {
    const rig = new Rig();
    const moved = rig.deadline("moved");
    rig.queue.set(moved, instant(1));
    rig.queue.set(moved, instant(9));
    rig.queue.passDue(instant(8));
    assert.deepEqual(rig.passed, []);
    assert.equal(rig.queue.size, 1);
  });

  it("moves a deadline only forward when asked for no later than", () => {
    const rig = new Rig();
    const deadline = rig.deadline("either");
    rig.queue.setNoLaterThan(deadline, instant(5));
    rig.queue.setNoLaterThan(deadline, instant(9));
    assert.equal(rig.queue.earliest, 5);
    rig.queue.setNoLaterThan(deadline, instant(3));
    assert.equal(rig.queue.earliest, 3);
  });

  it("does not pass what an earlier one of the same moment has cleared", () => {
    const rig = new Rig();
    const victim = rig.deadline("victim");
    rig.queue.set(
      rig.deadline("killer", () => rig.queue.clear(victim)),
      instant(1),
    );
    rig.queue.set(victim, instant(2));
    rig.queue.passDue(instant(5));
    assert.deepEqual(rig.passed, ["killer"]);
    assert.equal(victim.isSet, false);
  });

  it("does not pass what an earlier one of the same moment has moved to the future", () => {
    const rig = new Rig();
    const victim = rig.deadline("victim");
    rig.queue.set(
      rig.deadline("mover", () => rig.queue.set(victim, instant(9))),
      instant(1),
    );
    rig.queue.set(victim, instant(2));
    rig.queue.passDue(instant(5));
    assert.deepEqual(rig.passed, ["mover"]);
    rig.queue.passDue(instant(9));
    assert.deepEqual(rig.passed, ["mover", "victim"]);
  });

  it("lets what is set for now or earlier wait for the next time, so that it always ends", () => {
    const rig = new Rig();
    const restless: Deadline = rig.deadline("restless", () => rig.queue.set(restless, instant(0)));
    rig.queue.set(restless, instant(1));
    rig.queue.passDue(instant(5));
    assert.deepEqual(rig.passed, ["restless"]);
    assert.equal(rig.queue.earliest, 0);
  });

  it("clears a deadline that is not set without any effect", () => {
    const rig = new Rig();
    rig.queue.set(rig.deadline("kept"), instant(1));
    rig.queue.clear(rig.deadline("stranger"));
    assert.equal(rig.queue.size, 1);
  });

  it("behaves like a sorted list under any sequence of operations", () => {
    const operation = fc.record({
      kind: fc.constantFrom("set", "setNoLaterThan", "clear", "pass"),
      which: fc.nat(9),
      at: fc.nat(50),
    });
    fc.assert(
      fc.property(fc.array(operation, { maxLength: 60 }), (operations) => {
        const rig = new Rig();
        const deadlines = Array.from({ length: 10 }, (_, which) => rig.deadline(String(which)));
        let model: { which: number; at: number; order: number }[] = [];
        const expected: string[] = [];
        for (const [order, { kind, which, at }] of operations.entries()) {
          const deadline = deadlines[which];
          if (deadline === undefined) throw new Error("no such deadline");
          const known = model.find((entry) => entry.which === which);
          if (kind === "pass") {
            rig.queue.passDue(instant(at));
            const due = model.filter((entry) => entry.at <= at);
            due.sort((a, b) => a.at - b.at || a.order - b.order);
            expected.push(...due.map((entry) => String(entry.which)));
            model = model.filter((entry) => entry.at > at);
          } else if (kind === "clear") {
            rig.queue.clear(deadline);
            model = model.filter((entry) => entry !== known);
          } else {
            if (kind === "set") rig.queue.set(deadline, instant(at));
            else rig.queue.setNoLaterThan(deadline, instant(at));
            if (kind === "setNoLaterThan" && known !== undefined && known.at <= at) continue;
            model = [...model.filter((entry) => entry !== known), { which, at, order }];
          }
          assert.equal(rig.queue.size, model.length);
          const earliest = model.length === 0 ? undefined : Math.min(...model.map((e) => e.at));
          assert.equal(rig.queue.earliest, earliest);
        }
        assert.deepEqual(rig.passed, expected);
      }),
      { numRuns: 500 },
    );
  });
});
