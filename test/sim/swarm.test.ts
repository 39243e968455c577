import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { AS_BYTES } from "../../src/sim/carriage.ts";
import { everythingIn } from "../../src/sim/restriction.ts";
import { runSwarmSeed, trySwarmSeed } from "../../src/sim/swarm-run.ts";
import type { SwarmResult } from "../../src/sim/swarm-run.ts";
import { swarmPlan } from "../../src/sim/swarm.ts";
import { PLANTED_BUGS } from "./planted-bugs.ts";
import { PORTS } from "./ports.ts";

/** A planted bug must show itself within this many seeds, or the swarm is too tame. */
const SEEDS_MAX = 200;

describe("the swarm", () => {
  it("gives the same trace twice, and as bytes the same as with objects", () => {
    for (let seed = 1; seed <= 12; seed++) {
      const { traceHash } = runSwarmSeed(seed, PORTS);
      assert.equal(runSwarmSeed(seed, PORTS).traceHash, traceHash);
      const asBytes = runSwarmSeed(seed, { ...PORTS, carriage: AS_BYTES });
      assert.equal(asBytes.traceHash, traceHash, `seed ${seed} as bytes`);
    }
  });

  it("draws different plans from different seeds", () => {
    const hashes = new Set(
      Array.from({ length: 12 }, (_, seed) => runSwarmSeed(seed + 1, PORTS).traceHash),
    );
    assert.equal(hashes.size, 12);
  });
});

describe("the swarm rig", () => {
  for (const [name, makeCore] of Object.entries(PLANTED_BUGS)) {
    it(`finds that ${name}`, () => {
      const ports = { ...PORTS, makeCore };
      for (let seed = 1; seed <= SEEDS_MAX; seed++) {
        if (runSwarmSeed(seed, ports).failure !== undefined) return;
      }
      assert.fail(`not found within ${SEEDS_MAX} seeds`);
    });
  }

  it("shrinks a failing run to a smaller one that breaks the same law and repeats", () => {
    const makeCore = PLANTED_BUGS["a module is told twice"];
    assert.ok(makeCore !== undefined);
    const ports = { ...PORTS, makeCore };
    const { seed, failure } = firstFailing((each) => trySwarmSeed(each, ports));
    const everything = everythingIn(swarmPlan(seed));
    assert.ok(failure.shrunk.nodes.length <= 2);
    assert.ok(failure.shrunk.events.length <= 1);
    assert.ok(failure.shrunk.events.length < everything.events.length);
    const again = runSwarmSeed(seed, ports, failure.shrunk);
    assert.equal(again.failure?.checker, failure.checker);
    assert.equal(runSwarmSeed(seed, ports, failure.shrunk).traceHash, again.traceHash);
  });
});

function firstFailing(run: (seed: number) => SwarmResult): SwarmResult & {
  readonly failure: NonNullable<SwarmResult["failure"]>;
} {
  for (let seed = 1; seed <= SEEDS_MAX; seed++) {
    const { failure, ...result } = run(seed);
    if (failure !== undefined) return { ...result, failure };
  }
  throw new Error("no seed fails");
}
