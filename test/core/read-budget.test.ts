import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { instant } from "../../src/core/ports.ts";
import { ReadBudget } from "../../src/core/read-budget.ts";

describe("[protocol §4.11] a read budget", () => {
  it("allows four seconds' worth of frames at once, then asks to wait for each", () => {
    const budget = new ReadBudget(10, 0, instant(0));
    for (let n = 0; n < 40; n++) assert.equal(budget.spend(100, instant(0)), 0);
    assert.equal(budget.spend(100, instant(0)), 100);
    assert.equal(budget.spend(100, instant(0)), 200);
    assert.equal(budget.spend(100, instant(1_000)), 0);
  });

  it("counts bytes beside frames; the scarcer one decides", () => {
    const budget = new ReadBudget(1_000, 1_000, instant(0));
    assert.equal(budget.spend(4_000, instant(0)), 0);
    assert.equal(budget.spend(500, instant(0)), 500);
  });

  it("saves up no more than its burst", () => {
    const budget = new ReadBudget(10, 0, instant(0));
    for (let n = 0; n < 40; n++) assert.equal(budget.spend(1, instant(3_600_000)), 0);
    assert.ok(budget.spend(1, instant(3_600_000)) > 0);
  });

  it("sustains exactly its rate to a link that waits as asked", () => {
    const budget = new ReadBudget(2_000, 0, instant(0));
    let now = 0;
    let frames = 0;
    for (; now < 60_000; frames++) now += budget.spend(12, instant(now));
    assert.ok(Math.abs(frames - (60 + 4) * 2_000) <= 2, `${frames}`);
  });

  it("of 0 is no limit", () => {
    const budget = new ReadBudget(0, 0, instant(0));
    for (let n = 0; n < 100_000; n++) assert.equal(budget.spend(65_535, instant(0)), 0);
  });
});
