import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { measureRate } from "../../src/pow/index.ts";

describe("measuring the rate of this machine", { timeout: 60_000 }, () => {
  it("says how many nonces a second which kernel tests", async () => {
    const measured = await measureRate({ workers: 1, measuredMs: 10, kernel: "vectorLean" });
    assert.equal(measured.workers, 1);
    assert.equal(measured.kernel, "vectorLean");
    assert.ok(measured.hashesPerSecond >= 0);
  });
});
