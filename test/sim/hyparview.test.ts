import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { HyParView } from "../../src/sim/hyparview.ts";
import { HyParViewViews } from "../../src/sim/hyparview-views.ts";
import { modelMetrics } from "../../src/sim/metrics.ts";
import type { Metrics } from "../../src/sim/metrics.ts";
import { RandomStream } from "../../src/sim/random-stream.ts";
import { planOf } from "../../src/sim/scenario-plan.ts";
import { aScenario } from "./scenarios.ts";

const NODES = 1_000;

describe("views of HyParView", () => {
  const views = new HyParViewViews(NODES, new RandomStream(1));
  views.form();

  it("are symmetric, without doubles, and no larger than 5 and 30", () => {
    for (let node = 0; node < NODES; node++) {
      const [active, passive] = [views.active(node), views.passive(node)];
      assert.ok(active.length <= 5 && passive.length <= 30);
      assert.equal(new Set([...active, ...passive, node]).size, active.length + passive.length + 1);
      for (const other of active) assert.ok(views.active(other).includes(node));
    }
  });

  it("are nearly full when nobody fails", () => {
    let [active, passive] = [0, 0];
    for (let node = 0; node < NODES; node++) {
      active += views.active(node).length;
      passive += views.passive(node).length;
    }
    assert.ok(active >= 4.9 * NODES && passive >= 29 * NODES);
  });
});

describe("the model of HyParView after a mass failure that is noticed at once", () => {
  const after = (percent: number): Metrics => {
    const plan = planOf(
      aScenario({
        nodes: NODES,
        topology: { kind: "none" },
        population: [{ percent, role: "bystander" }, {}],
        workload: { items: 40, everyMs: 500, startMs: 2_000 },
        faults: [{ kind: "massCrash", atMs: 1_000, percent: 100, role: "bystander" }],
      }),
      1,
    );
    const model = new HyParView(plan);
    model.run(() => undefined);
    return modelMetrics(model.items, model.degrees(), plan);
  };

  it("reaches everybody when nobody failed, over the hops of a random graph of degree 5", () => {
    const { reliability, hopsMean, redundancy } = after(0);
    assert.equal(reliability, 1);
    // Limits L1 and L2: 4.69 hops in the mean, 3 superfluous copies.
    assert.ok(hopsMean > 4.5 && hopsMean < 5 && redundancy > 2.8 && redundancy < 3.1);
  });

  it("reaches nearly everybody up to 80 %, and loses some at 95 %, as in the paper", () => {
    assert.ok(after(50).reliability > 0.98);
    assert.ok(after(80).reliability > 0.98);
    const { reliability } = after(95);
    assert.ok(reliability > 0.3 && reliability < 0.99);
  });

  it("gives the same figures twice", () => {
    assert.deepEqual(after(90), after(90));
  });
});
