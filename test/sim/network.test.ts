import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { metricsOf } from "../../src/sim/metrics.ts";
import { runPlan } from "../../src/sim/run.ts";
import type { Run } from "../../src/sim/run.ts";
import { planOf } from "../../src/sim/scenario-plan.ts";
import type { Observer } from "../../src/sim/observer.ts";
import { markOf } from "../../src/sim/item-mark.ts";
import type { PlannedEvent } from "../../src/sim/plan.ts";
import { PORTS } from "./ports.ts";
import { aScenario, played } from "./scenarios.ts";

const TWO = { nodes: 2, topology: { kind: "line" } };

/** Two linked nodes; what the events of a plan do to them. */
function withEvents(events: readonly PlannedEvent[], changes: Record<string, unknown> = {}): Run {
  const workload = { items: 0 };
  const plan = planOf(aScenario({ ...TWO, workload, settleMs: 60_000, ...changes }), 1);
  return runPlan({ ...plan, events, endMs: 200_000, delivery: { kind: "none" } }, PORTS);
}

const announce = (at: number, node: number): PlannedEvent => ({
  kind: "announce",
  at,
  node,
  ttl: 0,
  dataType: 1,
  dataBytes: 100,
  over: "ownConnection",
});

const arrivalOf = ({ ledger }: Run, item: number, node: number): number | undefined =>
  ledger.items[item]?.arrivedAfterMs[node];

describe("latency and bandwidth", () => {
  it("add up over hops", () => {
    const run = played(aScenario({ nodes: 4, workload: { items: 1, publishers: "one" } }));
    const [item] = run.ledger.items;
    assert.ok(item !== undefined);
    for (const [node, afterMs] of item.arrivedAfterMs.entries()) {
      const distance = Math.abs(node - item.origin);
      assert.equal(afterMs, distance === 0 ? -1 : 50 * distance);
    }
  });

  it("make a large item take its bytes' time: 10,012 + 4 at 1,000 bytes a second", () => {
    const network = { latencyMs: [50, 50], bytesPerSecond: 1_000 };
    const large = { ...announce(1_000, 0), dataBytes: 10_004 };
    assert.equal(arrivalOf(withEvents([large], { network }), 0, 1), 10_016 + 50);
  });

  it("never reorder a direction, whatever the jitter", () => {
    const order: number[] = [];
    const observer: Observer = {
      onInput: (node, input) => {
        if (node.index !== 1 || input.kind !== "peerMessage") return;
        if (input.message.kind === "p2pAnnounce") order.push(markOf(input.message.data));
      },
      onOutput: () => undefined,
      onSettled: () => undefined,
      onPlanned: () => undefined,
      onEnd: () => undefined,
    };
    const network = { latencyMs: [10, 10], jitterMs: 500 };
    const plan = planOf(aScenario({ ...TWO, network, workload: { items: 0 } }), 1);
    const events = Array.from({ length: 50 }, (_, at) => announce(1_000 + at, 0));
    runPlan({ ...plan, events, endMs: 30_000 }, PORTS, { observers: [observer] });
    assert.deepEqual(
      order,
      Array.from({ length: 50 }, (_, at) => at),
    );
  });
});

describe("faults", () => {
  it("cut: what is on its way is lost with the link, what came before is not", () => {
    const run = withEvents([
      announce(1_000, 0),
      announce(1_060, 0),
      { kind: "cut", at: 1_070, link: 0 },
    ]);
    assert.equal(arrivalOf(run, 0, 1), 50);
    assert.equal(arrivalOf(run, 1, 1), -1);
    assert.deepEqual(
      run.simulator.nodes.map(({ ends }) => ends.size),
      [0, 0],
    );
  });

  it("half open: one end knows at once, the other when keepalive gives up", () => {
    const until = (endMs: number): number[] => {
      const plan = planOf(aScenario({ ...TWO, workload: { items: 0 } }), 1);
      const events: PlannedEvent[] = [{ kind: "halfOpen", at: 1_000, link: 0 }];
      const { simulator } = runPlan({ ...plan, events, endMs }, PORTS);
      return simulator.nodes.map(({ ends }) => ends.size);
    };
    assert.deepEqual(until(25_999), [0, 1]);
    assert.deepEqual(until(26_000), [0, 0]);
  });

  it("partition: bytes wait at the cut and arrive after it", () => {
    const run = withEvents([
      { kind: "partition", at: 900, side: [0] },
      announce(1_000, 0),
      { kind: "rejoin", at: 11_000 },
    ]);
    assert.equal(arrivalOf(run, 0, 1), 10_050);
  });

  it("partition: an idle link is given up by keepalive", () => {
    const run = withEvents([{ kind: "partition", at: 1_000, side: [0] }]);
    assert.deepEqual(
      run.simulator.nodes.map(({ ends }) => ends.size),
      [0, 0],
    );
  });

  it("slow reader: the sender's socket fills up and its link is closed after 30 s", () => {
    const network = { latencyMs: [50, 50], socketBufferBytes: 500 };
    const events: PlannedEvent[] = [
      { kind: "readSlowly", at: 900, node: 1, bytesPerSecond: 0 },
      ...Array.from({ length: 8 }, (_, at) => announce(1_000 + at, 0)),
    ];
    const run = withEvents(events, { network });
    const totals = run.simulator.node(0).core?.snapshot(run.simulator.node(0).clock.read(200_000));
    assert.equal(totals?.counters.linksClosed.stalled, 1);
  });

  it("crash and restart: a node comes back with nothing, and is wired again", () => {
    const run = withEvents([
      { kind: "crash", at: 1_000, node: 1, manner: "reset" },
      announce(2_000, 0),
      { kind: "restart", at: 3_000, node: 1 },
      announce(4_000, 0),
    ]);
    assert.equal(run.simulator.node(1).incarnation, 1);
    assert.equal(arrivalOf(run, 0, 1), 1_050, "offered to the link that came up");
    assert.equal(arrivalOf(run, 1, 1), 50);
  });

  it("refused dials: the core tries again until the link is there", () => {
    const scenario = aScenario({
      ...TWO,
      linking: "dialled",
      proof: { difficultyBits: 0 },
      workload: { items: 0 },
    });
    const plan = planOf(scenario, 1);
    const events: PlannedEvent[] = [
      { kind: "refuseDials", at: 0, percent: 100 },
      { kind: "refuseDials", at: 10_000, percent: 0 },
    ];
    const { simulator } = runPlan({ ...plan, events, endMs: 60_000 }, PORTS);
    assert.equal(simulator.linkByPlan[0]?.isCarrying, true);
  });

  it("drift: a clock that is 5 % slow times out later", () => {
    const expiry = (driftPpm: number): number => {
      const scenario = aScenario({
        ...TWO,
        population: [{ percent: 100, modules: [{ kind: "silent" }] }],
        workload: { items: 0 },
      });
      const plan = planOf(scenario, 1);
      const nodes = plan.nodes.map((node) => ({ ...node, driftPpm }));
      let expiredAt = 0;
      const events = [announce(1_000, 0)];
      const { simulator } = runPlan({ ...plan, nodes, events, endMs: 60_000 }, PORTS, {
        onReady: (ready) => {
          ready.observe({
            onInput: () => undefined,
            onOutput: (_node, output) => {
              if (output.kind !== "trace" || output.event.kind !== "itemSettled") return;
              expiredAt = ready.now;
            },
            onSettled: () => undefined,
            onPlanned: () => undefined,
            onEnd: () => undefined,
          });
        },
      });
      assert.equal(simulator.now, 60_000);
      return expiredAt - 1_050;
    };
    assert.equal(expiry(0), 30_000);
    assert.ok(Math.abs(expiry(-50_000) - 30_000 / 0.95) <= 1);
  });
});

describe("proofs of work", () => {
  it("cost a drawn time and are counted", () => {
    const scenario = aScenario({
      ...TWO,
      linking: "dialled",
      proof: { difficultyBits: 20, hashesPerSecond: 1_000_000 },
      settleMs: 60_000,
    });
    const run = played(scenario);
    const proofs = run.simulator.nodes.reduce((sum, { usage }) => sum + usage.proofs, 0);
    assert.equal(proofs, 1);
    assert.ok(metricsOf(run).hashesPerNode > 1_000);
  });
});
