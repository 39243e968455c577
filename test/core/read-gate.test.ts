import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { HoldReason, ReadGate } from "../../src/core/read-gate.ts";

describe("a read gate", () => {
  it("closes with the first reason and opens with the last", () => {
    const gate = new ReadGate();
    assert.deepEqual(
      [gate.hold(HoldReason.budget), gate.hold(HoldReason.sendPressure)],
      [true, false],
    );
    assert.ok(gate.isHeldFor(HoldReason.budget));
    assert.equal(gate.isHeldFor(HoldReason.pendingShare), false);
    assert.equal(gate.release(HoldReason.budget), false);
    assert.ok(gate.isHeld);
    assert.equal(gate.release(HoldReason.sendPressure), true);
    assert.equal(gate.isHeld, false);
  });

  it("tells nothing new when a reason repeats or was never there", () => {
    const gate = new ReadGate();
    gate.hold(HoldReason.budget);
    assert.equal(gate.hold(HoldReason.budget), false);
    assert.equal(gate.release(HoldReason.seenCacheFull), false);
    assert.equal(gate.release(HoldReason.budget), true);
    assert.equal(gate.release(HoldReason.budget), false);
  });
});
