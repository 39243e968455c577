import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { metricsOf } from "../../src/sim/metrics.ts";
import type { Metrics } from "../../src/sim/metrics.ts";
import { mean } from "../../src/sim/stats.ts";
import { aScenario, played } from "./scenarios.ts";

/** Overlays of whole nodes with public addresses, attacked; the long versions are in scenarios/long. */
function attacked(changes: Record<string, unknown>, seed = 1): Metrics {
  const run = played(
    aScenario({
      topology: { kind: "none" },
      linking: "overlay",
      overlay: { addresses: "public", known: 20 },
      groups: 100,
      network: { latencyMs: [20, 120] },
      proof: { difficultyBits: 16 },
      ...changes,
    }),
    seed,
  );
  assert.equal(run.failure, undefined);
  return metricsOf(run);
}

const ACCEPT = [{ kind: "accept" }];
const MINUTE_MS = 60_000;

describe("T2: eclipse of one node, restarted again and again while Sybils visit it", () => {
  const eclipse = (harmlessPercent: number): Metrics =>
    attacked({
      nodes: 400,
      overlay: {
        addresses: "public",
        known: 60,
        knownFrom: harmlessPercent > 0 ? "harmless" : "everybody",
        visitsFromMs: MINUTE_MS,
        visitEveryMs: 10 * MINUTE_MS,
      },
      population: [
        { percent: 0.25, groups: [50, 50] },
        { percent: harmlessPercent, role: "bystander", groups: [16, 99] },
        { percent: 100, role: "sybil", groups: [0, 15] },
      ],
      workload: { items: 0 },
      faults: [
        {
          kind: "restarts",
          fromMs: 15 * MINUTE_MS,
          everyMs: MINUTE_MS,
          downMs: 1_000,
          times: 10,
          role: "honest",
        },
      ],
    });

  it("leaves it links to others when four in five addresses are Sybils of 16 groups", () => {
    const { eclipsedRestarts, outboundBadAtRestart } = eclipse(20);
    assert.equal(eclipsedRestarts, 0);
    // Some of them are in its book, or this would show nothing.
    assert.ok(outboundBadAtRestart > 0 && outboundBadAtRestart < 0.8);
  });

  it("is seen when there is nobody else", () => {
    assert.equal(eclipse(0).eclipsedRestarts, 1);
  });

  it("is played by Sybils that work on one visit at a time, however often they come", () => {
    const { proofsPerNodeHour } = attacked({
      nodes: 10,
      overlay: { addresses: "public", known: 0, visitsFromMs: 0, visitEveryMs: 50 },
      population: [
        { percent: 10, groups: [50, 50] },
        { percent: 90, role: "sybil", groups: [0, 15] },
      ],
      proof: { difficultyBits: 24 },
      workload: { items: 0 },
      faults: [
        { kind: "restarts", fromMs: 2_000, everyMs: 2_000, downMs: 500, times: 20, role: "honest" },
      ],
    });
    assert.ok(proofsPerNodeHour > 0);
  });
});

describe("T3: poisoned lists of addresses", () => {
  const CHURN = { kind: "churn", fromMs: MINUTE_MS, toMs: 5 * MINUTE_MS, downMs: 20_000 };

  it("30 % liars that name only liars get no more than 1.2 times their share of links", () => {
    // With so few nodes one seed says little: groups are drawn, and it matters who is alone in one.
    const runs = [1, 2, 3, 4].map((seed) =>
      attacked(
        {
          nodes: 60,
          population: [{ percent: 30, role: "liar" }, { modules: ACCEPT }],
          faults: [{ ...CHURN, upMs: 2 * MINUTE_MS }],
        },
        seed,
      ),
    );
    assert.ok(runs.every(({ outboundMean }) => outboundMean > 7.5));
    for (const name of ["outboundBad", "outboundBadAtRestart"] as const) {
      const share = mean(runs.map((metrics) => metrics[name]));
      assert.ok(share <= 0.36, `${name} is ${share}`);
    }
  });

  it("addresses that nobody is at do not keep nodes from finding each other", () => {
    const { outboundMean, reliability } = attacked({
      nodes: 60,
      population: [{ percent: 20, role: "addressFlooder", groups: [0, 3] }, { modules: ACCEPT }],
      faults: [{ ...CHURN, upMs: 2 * MINUTE_MS }],
      workload: { items: 5, startMs: 6 * MINUTE_MS },
    });
    assert.ok(outboundMean > 7.5);
    assert.equal(reliability, 1);
  });

  it("silent droppers cut nobody off: 20 % of them", () => {
    const { reliability } = attacked({
      nodes: 60,
      population: [{ percent: 20, role: "dropper" }, { modules: ACCEPT }],
      workload: { items: 5, startMs: 2 * MINUTE_MS },
    });
    assert.equal(reliability, 1);
  });
});

describe("T4: the bootstrapper is gone", () => {
  it("a network that loses power re-forms without it in 10 s, from its address books", () => {
    const restartAt = 3 * MINUTE_MS;
    const { reliability, nodesWithoutLink } = attacked({
      nodes: 40,
      overlay: { addresses: "public", known: 0 },
      population: [{ modules: ACCEPT }],
      faults: [
        {
          kind: "restarts",
          fromMs: restartAt - 1,
          everyMs: 1,
          downMs: 1,
          times: 1,
          role: "honest",
        },
        { kind: "crash", atMs: restartAt, node: 0 },
      ],
      workload: { items: 5, startMs: restartAt + 10_000 },
      settleMs: 20_000,
    });
    assert.equal(nodesWithoutLink, 0);
    assert.equal(reliability, 1);
  });
});
