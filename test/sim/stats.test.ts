import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { subscriberId } from "../../src/core/ports.ts";
import { ItemRecord } from "../../src/sim/item-record.ts";
import { coverageCurve, histogram, mean, percentile, spreadOf } from "../../src/sim/stats.ts";

describe("percentiles", () => {
  it("are entries, never between two of them (nearest rank)", () => {
    const sorted = [15, 20, 35, 40, 50];
    assert.deepEqual(
      [5, 30, 40, 50, 100].map((percent) => percentile(sorted, percent)),
      [15, 20, 20, 35, 50],
    );
  });

  it("of nothing are 0", () => {
    assert.equal(percentile([], 50), 0);
  });
});

describe("means and histograms", () => {
  it("are what the hand computes", () => {
    assert.equal(mean([1, 2, 6]), 3);
    assert.equal(mean([]), 0);
    assert.deepEqual(histogram([2, 0, 2, 4]), [1, 0, 2, 0, 1]);
  });
});

/**
 * A star: node 0 tells 1, 2 and 3; 1 tells 2 and 4; 2 tells 1. Node 5 wants it and gets nothing, node 3
 * does not want it.
 */
function starItem(): ItemRecord {
  const item = new ItemRecord({
    number: 0,
    origin: 0,
    announcer: subscriberId(1),
    announcedAt: 1_000,
    ttl: 0,
    dataType: 1,
    nodes: 6,
  });
  for (const node of [1, 2, 4, 5]) item.wantedBy.add(node);
  item.onCopy(1, 0, 1_010);
  item.onCopy(2, 0, 1_020);
  item.onCopy(3, 0, 1_030);
  item.onCopy(2, 1, 1_040);
  item.onCopy(4, 1, 1_050);
  item.onCopy(1, 2, 1_060);
  item.onNotified(1, 1_010);
  item.onNotified(2, 1_025);
  item.onNotified(4, 1_090);
  return item;
}

describe("the spread of one item", () => {
  it("counts deliveries against those who wanted it", () => {
    const { wanted, delivered } = spreadOf(starItem());
    assert.deepEqual({ wanted, delivered }, { wanted: 4, delivered: 3 });
  });

  it("has copies per node reached, minus one, as redundancy: 6 / 3 - 1", () => {
    assert.equal(spreadOf(starItem()).redundancy, 1);
  });

  it("has the hops of first copies: 1, 1 and 2", () => {
    const { hopsMean, hopsLast } = spreadOf(starItem());
    assert.equal(hopsMean, 4 / 3);
    assert.equal(hopsLast, 2);
  });

  it("has latencies from the announcement to each delivery, in order", () => {
    assert.deepEqual(spreadOf(starItem()).latenciesMs, [10, 25, 90]);
  });

  it("takes a shorter way into account for the fewest hops, not for the first copy's", () => {
    const item = starItem();
    item.onCopy(4, 0, 1_100);
    assert.equal(item.hopsFirst[4], 2);
    assert.equal(item.hopsMin[4], 1);
  });
});

describe("the coverage curve", () => {
  it("gives the share delivered by each time", () => {
    assert.deepEqual(coverageCurve([10, 20, 20, 40], 5, 4), [
      [0, 0],
      [10, 0.2],
      [20, 0.6],
      [30, 0.6],
      [40, 0.8],
    ]);
  });

  it("of nothing is empty", () => {
    assert.deepEqual(coverageCurve([], 5, 4), []);
  });
});
