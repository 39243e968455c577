import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { linkId, subscriberId } from "../../src/core/ports.ts";
import type { EventFeed } from "../../src/monitor/event-feed.ts";
import type { MonitorEvent } from "../../src/monitor/monitor-event.ts";
import { aFeed, arrival, forwarding, keyOf, WALL_START } from "./support/feeds.ts";

function watched(feed: EventFeed): { readonly events: MonitorEvent[]; readonly stop: () => void } {
  const events: MonitorEvent[] = [];
  return { events, stop: feed.watch((event) => events.push(event)) };
}

const SAMPLED = { itemsPerSecond: 500 };

describe("the feed of events", () => {
  it("tells the life of an item, step by step, with times", () => {
    const { feed, pass } = aFeed();
    const { events } = watched(feed);
    const subscriber = subscriberId(2);
    feed.onTrace(arrival(1));
    pass(5);
    feed.onTrace({ kind: "itemNotified", item: 1, subscriber, role: "validator", messageId: 9 });
    pass(20);
    feed.onTrace({ kind: "itemJudged", item: 1, subscriber, verdict: "accept", afterMs: 20 });
    feed.onTrace({ kind: "itemSettled", item: 1, outcome: "accepted", afterMs: 25 });
    feed.onTrace(forwarding(1, 2));
    const told = events.map(({ data }) => ("step" in data ? [data.step, data.afterMs] : []));
    assert.deepEqual(told, [
      ["arrived", 0],
      ["asked", 5],
      ["verdict", 25],
      ["accepted", 25],
      ["forwarded", 25],
    ]);
    const last = events.at(-1)?.data;
    assert.deepEqual(last, {
      at: WALL_START + 25,
      key: keyOf(1),
      afterMs: 25,
      step: "forwarded",
      links: [0, 1],
      holders: [],
      beyondDegree: 0,
      ttl: 2,
      occasion: "accepted",
    });
  });

  it("tells of links and modules", () => {
    const { feed } = aFeed();
    const { events } = watched(feed);
    const remote = { host: "::1", port: 6001 };
    feed.onTrace({ kind: "linkOpened", link: linkId(1), direction: "outbound", remote });
    feed.onReport({ name: "linkEstablished", link: linkId(1), direction: "outbound", remote });
    feed.onReport({ name: "subscribed", subscriber: subscriberId(3), dataType: 1337 });
    feed.onReport({ name: "readingPaused", reason: "sendPressure" });
    const at = WALL_START;
    assert.deepEqual(events, [
      {
        name: "link",
        data: { at, link: 1, change: "opened", direction: "outbound", remote: "[::1]:6001" },
      },
      {
        name: "link",
        data: { at, link: 1, change: "established", direction: "outbound", remote: "[::1]:6001" },
      },
      { name: "subscriber", data: { at, subscriber: 3, change: "subscribed", dataType: 1337 } },
    ]);
  });

  it("leaves out whole items when there are too many, and says how many events that were", () => {
    const { feed, pass } = aFeed(10_000);
    const { events } = watched(feed);
    for (let item = 1; item <= 1_000; item++) feed.onTrace(arrival(item));
    for (let item = 1; item <= 1_000; item++) feed.onTrace(forwarding(item, 1));
    const begun = new Set(events.slice(0, 200).map(({ data }) => "key" in data && data.key));
    assert.equal(events.length, 400);
    assert.equal(begun.size, 200);
    for (const { data } of events) assert.ok("key" in data && begun.has(data.key));
    pass(100);
    feed.onTrace(arrival(1_001));
    assert.deepEqual(events[400], { name: "lost", data: { count: 1_600 } });
    assert.equal(events.length, 402);
  });

  it("does not miss the later steps of what came before anybody watched", () => {
    const { feed, pass } = aFeed();
    feed.onTrace(arrival(1));
    const { events } = watched(feed);
    feed.onTrace(forwarding(1, 1));
    pass(100);
    feed.onTrace(arrival(2));
    assert.deepEqual(
      events.map(({ name }) => name),
      ["item"],
    );
  });

  it("is bounded even for the later steps of what it began to tell", () => {
    const { feed } = aFeed();
    const { events } = watched(feed);
    feed.onTrace(arrival(1));
    for (let copy = 0; copy < 5_000; copy++) {
      feed.onTrace({ kind: "itemDropped", item: 1, link: linkId(1), ttl: 1, reason: "duplicate" });
    }
    for (let link = 0; link < 5_000; link++) {
      feed.onReport({ name: "linkExtended", link: linkId(link), listenPort: 1 });
    }
    assert.equal(events.length, 800);
  });

  it("wants tracing while somebody watches, if no journal is kept", () => {
    const { feed, tracing } = aFeed(0);
    assert.equal(feed.tracingAtStart, "off");
    const [one, other] = [watched(feed), watched(feed)];
    one.stop();
    one.stop();
    assert.deepEqual(tracing, [SAMPLED]);
    other.stop();
    assert.deepEqual(tracing, [SAMPLED, "off"]);
  });

  it("wants it at all times for the journal", () => {
    const { feed, tracing } = aFeed(1);
    assert.deepEqual(feed.tracingAtStart, SAMPLED);
    watched(feed).stop();
    assert.deepEqual(tracing, []);
  });
});
