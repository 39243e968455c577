import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { Turn, TURN_MS } from "../../src/daemon/turn.ts";
import { ManualTime } from "./support/manual-time.ts";

describe("a turn of the event loop", () => {
  it("is long when it has gone on for so long since somebody first asked", () => {
    const time = new ManualTime();
    const turn = new Turn(time, time);
    time.advance(5 * TURN_MS);
    assert.equal(turn.isLong(), false);
    time.advance(TURN_MS - 1);
    assert.equal(turn.isLong(), false);
    time.advance(1);
    assert.equal(turn.isLong(), true);
  });

  it("begins anew after its end", () => {
    const time = new ManualTime();
    const turn = new Turn(time, time);
    turn.isLong();
    time.advance(TURN_MS);
    time.endTurn();
    assert.equal(turn.isLong(), false);
    time.advance(TURN_MS);
    assert.equal(turn.isLong(), true);
  });
});
