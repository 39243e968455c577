import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { Deadline } from "../../src/core/deadline-queue.ts";
import { Effects } from "../../src/core/effects.ts";
import { FrameClock } from "../../src/core/frame-clock.ts";
import { instant } from "../../src/core/ports.ts";

class Rig {
  readonly effects = new Effects("off");
  readonly clock: FrameClock;
  passedAt = -1;

  constructor() {
    const frame = new Deadline(() => {
      this.passedAt = this.effects.now;
    });
    this.clock = new FrameClock({ frame });
  }

  /** Time goes by, and the deadline passes in it if it is due. */
  at(now: number): this {
    const earliest = this.effects.deadlines.earliest;
    if (earliest !== undefined && earliest <= now) {
      this.effects.begin(earliest, []);
      this.effects.wokenUp();
    }
    this.effects.begin(instant(now), []);
    return this;
  }
}

describe("[protocol §1.3] the clock of a started frame", () => {
  it("passes after 10 s", () => {
    const rig = new Rig().at(100);
    rig.clock.onFrameStarted(rig.effects);
    assert.equal(rig.at(10_099).passedAt, -1);
    assert.equal(rig.at(10_100).passedAt, 10_100);
  });

  it("stops with the end of the frame", () => {
    const rig = new Rig().at(0);
    rig.clock.onFrameStarted(rig.effects);
    rig.at(9_000).clock.onFrameEnded(rig.effects);
    assert.equal(rig.at(60_000).passedAt, -1);
  });

  it("stands while we hold back reading, and goes on with what was left", () => {
    const rig = new Rig().at(0);
    rig.clock.onFrameStarted(rig.effects);
    rig.at(4_000).clock.onHeld(rig.effects);
    rig.at(100_000).clock.onResumed(rig.effects);
    assert.equal(rig.at(105_999).passedAt, -1);
    assert.equal(rig.at(106_000).passedAt, 106_000);
  });

  it("starts and ends while it stands", () => {
    const rig = new Rig().at(0);
    rig.clock.onHeld(rig.effects);
    rig.clock.onFrameStarted(rig.effects);
    rig.at(50_000).clock.onResumed(rig.effects);
    assert.equal(rig.at(59_999).passedAt, -1);
    rig.clock.onHeld(rig.effects);
    rig.clock.onFrameEnded(rig.effects);
    rig.clock.onResumed(rig.effects);
    assert.equal(rig.at(200_000).passedAt, -1);
  });

  it("does not start by a pause alone", () => {
    const rig = new Rig().at(0);
    rig.clock.onHeld(rig.effects);
    rig.clock.onResumed(rig.effects);
    rig.clock.onResumed(rig.effects);
    assert.equal(rig.at(200_000).passedAt, -1);
  });
});
