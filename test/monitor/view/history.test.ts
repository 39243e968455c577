import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { Counters } from "../../../src/core/counters.ts";
import { linkId } from "../../../src/core/ports.ts";
import type { GossipStatus } from "../../../src/monitor/status.ts";
import { History, linkRatesBetween } from "../../../src/monitor/view/history.ts";
import { aLink, aModule, aStatus } from "../support/statuses.ts";

describe("the history of a node", () => {
  it("has rates per second of the node's own time between two looks", () => {
    const counters = new Counters();
    const history = new History();
    history.add(aStatus({ uptimeMs: 1_000, counters: counters.snapshot() }), 50_000);
    counters.totals.itemsReceived += 30;
    counters.totals.itemDuplicate += 4;
    counters.totals.itemImproved += 6;
    // The looks were 3 s apart by our clock, 2 s by that of the node.
    history.add(aStatus({ uptimeMs: 3_000, counters: counters.snapshot() }), 53_000);
    assert.equal(history.samples.length, 1);
    assert.equal(history.last?.atMs, 53_000);
    assert.equal(history.last.received, 15);
    assert.equal(history.last.duplicates, 5);
    assert.equal(history.last.new, 0);
  });

  it("has mean times of what ended between two looks", () => {
    const counters = new Counters();
    const history = new History();
    const measured = (): Pick<GossipStatus, "durations"> => ({
      durations: { ...aStatus().durations, ...counters.snapshot().durations },
    });
    counters.observe("verdict", 900);
    history.add(aStatus({ uptimeMs: 1_000, ...measured() }), 1_000);
    counters.observe("verdict", 10);
    counters.observe("verdict", 20);
    history.add(aStatus({ uptimeMs: 2_000, ...measured() }), 2_000);
    assert.equal(history.last?.verdictMs, 15);
    assert.equal(history.last.linkDelayMs, 0);
  });

  it("adds up what waits", () => {
    const history = new History();
    const links = [aLink({ queueBytes: 5 }), aLink({ queueBytes: 7 })];
    const subscribers = [aModule({ waitingBytes: 100 })];
    history.add(aStatus({ uptimeMs: 1_000 }), 1_000);
    history.add(aStatus({ uptimeMs: 2_000, links, subscribers }), 2_000);
    assert.equal(history.last?.linkQueueBytes, 12);
    assert.equal(history.last.moduleQueueBytes, 100);
  });

  it("begins anew when another process answers", () => {
    const counters = new Counters();
    const history = new History();
    counters.totals.itemsReceived += 500;
    history.add(aStatus({ uptimeMs: 8_000, counters: counters.snapshot() }), 8_000);
    history.add(aStatus({ uptimeMs: 9_000, counters: counters.snapshot() }), 9_000);
    history.add(aStatus({ uptimeMs: 9_500, pid: 101 }), 20_000);
    assert.deepEqual(history.samples, []);
    history.add(aStatus({ uptimeMs: 10_500, pid: 101 }), 21_000);
    assert.equal(history.last?.received, 0);
  });

  it("is bounded", () => {
    const history = new History(4);
    for (let second = 1; second <= 50; second++) {
      history.add(aStatus({ uptimeMs: second * 1_000 }), second * 1_000);
    }
    assert.deepEqual(
      history.samples.map(({ atMs }) => atMs),
      [47_000, 48_000, 49_000, 50_000],
    );
  });
});

describe("the rates of links", () => {
  const before = aStatus({ uptimeMs: 1_000, links: [aLink({ itemsIn: 10, itemsOut: 4 })] });

  it("are per second of the node's own time", () => {
    const links = [aLink({ itemsIn: 30, itemsOut: 5 }), aLink({ link: linkId(2), itemsIn: 7 })];
    const rates = linkRatesBetween(before, aStatus({ uptimeMs: 3_000, links }));
    assert.deepEqual([...rates], [[1, { inPerSecond: 10, outPerSecond: 0.5 }]]);
  });

  it("are unknown at first, and when another process answers", () => {
    const now = aStatus({ uptimeMs: 3_000, pid: 101, links: [aLink()] });
    assert.equal(linkRatesBetween(undefined, now).size, 0);
    assert.equal(linkRatesBetween(before, now).size, 0);
  });
});
