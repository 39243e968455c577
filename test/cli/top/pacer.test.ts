import assert from "node:assert/strict";
import { describe, it } from "node:test";
import type { TestContext } from "node:test";
import { Pacer } from "../../../src/cli/top/pacer.ts";

/** A pacer whose time the test gives, and whether what was waited for has come. */
function waiting(t: TestContext, prepare: (pacer: Pacer) => void = () => undefined) {
  t.mock.timers.enable({ apis: ["setTimeout"] });
  const pacer = new Pacer();
  prepare(pacer);
  let state: "waiting" | "due" = "waiting";
  void pacer.wait(1_000).then(() => (state = "due"));
  const stateAfter = async (ms: number): Promise<string> => {
    t.mock.timers.tick(ms);
    await Promise.resolve();
    return state;
  };
  return { pacer, stateAfter };
}

describe("the pace of looks", () => {
  it("is the interval", async (t) => {
    const { stateAfter } = waiting(t);
    assert.equal(await stateAfter(999), "waiting");
    assert.equal(await stateAfter(1), "due");
  });

  it("stands still while paused, whenever that began, and goes on at once", async (t) => {
    const paused = waiting(t, (pacer) => pacer.toggle());
    assert.equal(await paused.stateAfter(60_000), "waiting");
    paused.pacer.toggle();
    assert.equal(await paused.stateAfter(0), "due");
    t.mock.timers.reset();

    const meanwhile = waiting(t);
    assert.equal(await meanwhile.stateAfter(500), "waiting");
    meanwhile.pacer.toggle();
    assert.equal(meanwhile.pacer.pace, "paused");
    assert.equal(await meanwhile.stateAfter(60_000), "waiting");
    meanwhile.pacer.toggle();
    assert.equal(await meanwhile.stateAfter(0), "due");
  });

  it("lets nobody wait once it is stopped, paused or not", async (t) => {
    const { pacer, stateAfter } = waiting(t, (fresh) => fresh.toggle());
    pacer.stop();
    assert.equal(await stateAfter(0), "due");
  });
});
