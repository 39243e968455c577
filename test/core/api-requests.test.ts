import assert from "node:assert/strict";
import { describe, it } from "node:test";
import type { SubscriberId } from "../../src/core/ports.ts";
import { SUBSCRIPTIONS_PER_SUBSCRIBER_MAX } from "../../src/core/subscriptions.ts";
import { GossipNotify } from "../../src/wire/api/gossip-notify.ts";
import { bytesOf, CoreHarness } from "../support/core-harness.ts";
import { linesOf } from "../support/core-outbox.ts";

const TYPE = 7;
const notify = (node: CoreHarness, subscriber: SubscriberId, dataType: number): string[] =>
  linesOf(
    node.tick({ kind: "apiRequest", subscriber, request: new GossipNotify(dataType) }),
    "reports",
  );

describe("[protocol §2.1] ANNOUNCE", () => {
  it("needs no subscription and no data by default", () => {
    const node = new CoreHarness();
    const to = node.inboundLink();
    assert.deepEqual(linesOf(node.announce(node.subscriber(), 4, TYPE, bytesOf(""))).length, 1);
    assert.equal(node.itemsTo(to).length, 1);
  });

  it("under api_strict closes who did not subscribe to the type, and spreads nothing", () => {
    const node = new CoreHarness({ announceRule: "strict" });
    node.inboundLink();
    const other = node.subscriber(TYPE + 1);
    assert.deepEqual(linesOf(node.announce(other, 4, TYPE, bytesOf("x"))), [
      `close ${other}: strictNotSubscribed`,
    ]);
  });

  it("under api_strict closes who announces no data", () => {
    const node = new CoreHarness({ announceRule: "strict" });
    node.inboundLink();
    const module = node.subscriber(TYPE);
    assert.deepEqual(linesOf(node.announce(module, 4, TYPE, bytesOf(""))), [
      `close ${module}: strictEmptyData`,
    ]);
  });

  it("under api_strict is taken from who did both", () => {
    const node = new CoreHarness({ announceRule: "strict" });
    const to = node.inboundLink();
    node.announce(node.subscriber(TYPE), 4, TYPE, bytesOf("x"));
    assert.equal(node.itemsTo(to).length, 1);
  });

  it("outlives its announcer, who leaves with FIN right behind it [§2.5a]", () => {
    const node = new CoreHarness();
    const announcer = node.subscriber();
    node.announce(announcer, 4, TYPE, bytesOf("x"));
    node.tick({ kind: "subscriberGone", subscriber: announcer });
    assert.equal(node.itemsTo(node.inboundLink()).length, 1);
  });
});

describe("[protocol §2.2] NOTIFY", () => {
  it("three times is one subscription, one report and one notification per item", () => {
    const node = new CoreHarness();
    const module = node.subscriber();
    assert.deepEqual(notify(node, module, TYPE), ["report subscribed"]);
    assert.deepEqual(notify(node, module, TYPE), []);
    assert.deepEqual(notify(node, module, TYPE), []);
    node.item(node.inboundLink(), 1, TYPE, 1, "x");
    assert.equal(node.notificationsTo(module).length, 1);
  });

  it("decides what is relayed: the last one to leave ends it, and a new one begins it again", () => {
    const node = new CoreHarness();
    const from = node.inboundLink();
    const [a, b] = [node.subscriber(TYPE), node.subscriber(TYPE)];
    node.tick({ kind: "subscriberGone", subscriber: a });
    node.item(from, 1, TYPE, 0, "1");
    node.tick({ kind: "subscriberGone", subscriber: b });
    node.item(from, 2, TYPE, 0, "2");
    assert.equal(node.counter("itemUnsubscribed"), 1);
    assert.equal(node.store("seenKeys").entries, 1);
    const late = node.subscriber(TYPE);
    node.item(from, 2, TYPE, 0, "2");
    assert.equal(node.notificationsTo(late).length, 1);
  });

  it("of more data types than one connection may have closes it", () => {
    const node = new CoreHarness();
    const module = node.subscriber();
    for (let type = 0; type < SUBSCRIPTIONS_PER_SUBSCRIBER_MAX; type++) notify(node, module, type);
    assert.deepEqual(notify(node, module, 65_535), [
      "report subscriberClosed",
      `close ${module}: tooManySubscriptions`,
    ]);
  });
});

describe("[protocol §2.3] NOTIFICATION", () => {
  it("goes to every subscriber of the type, in one tick, and to no other", () => {
    const node = new CoreHarness();
    const modules = Array.from({ length: 100 }, () => node.subscriber(TYPE));
    const other = node.subscriber(TYPE + 1);
    const outputs = node.item(node.inboundLink(), 1, TYPE, 1, "x");
    assert.deepEqual(
      linesOf(outputs),
      modules.map((module) => `notify ${module}: "x"`),
    );
    assert.equal(node.notificationsTo(other).length, 0);
  });
});

describe("[protocol §2.7] API connections", () => {
  it("are bounded; one more is closed, and a place that becomes free is given again", () => {
    const node = new CoreHarness({ subscribersMax: 2 });
    const [first] = [node.subscriber(), node.subscriber()];
    const third = node.subscriber();
    assert.equal(node.snapshot().subscribers.length, 2);
    assert.deepEqual(linesOf(node.outputs), [`close ${third}: tooManyConnections`]);
    node.tick({ kind: "subscriberGone", subscriber: first });
    const fourth = node.subscriber(TYPE);
    assert.equal(node.subscriberSnapshot(fourth).dataTypes.length, 1);
    assert.equal(node.snapshot().counters.subscribersClosed.tooManyConnections, 1);
  });
});

describe("[protocol §1.3] a malformed message", () => {
  it("closes its connection, with one report and one counter, and nothing else", () => {
    const node = new CoreHarness();
    const [link, other] = [node.inboundLink(), node.inboundLink()];
    const [module, neighbour] = [node.subscriber(TYPE), node.subscriber(TYPE)];
    assert.deepEqual(
      node.tick({ kind: "peerFault", link, fault: { kind: "wrongSize", type: 507, size: 11 } })[0],
      {
        kind: "report",
        event: {
          name: "linkClosed",
          link,
          direction: "inbound",
          remote: { host: "127.0.0.1", port: 10_000 + link },
          phase: "established",
          cause: "wrongSize",
          detail: "size 11 is not legal for message type 507",
        },
      },
    );
    const outputs = node.tick({
      kind: "apiFault",
      subscriber: module,
      fault: { kind: "unknownType", type: 7, size: 4 },
    });
    assert.deepEqual(linesOf(outputs, "reports"), [
      "report subscriberClosed",
      `close ${module}: unknownType`,
    ]);
    const { counters, links, subscribers } = node.snapshot();
    assert.deepEqual(counters.linksClosed, { wrongSize: 1 });
    assert.deepEqual(counters.subscribersClosed, { unknownType: 1 });
    assert.deepEqual(
      links.map((open) => open.link),
      [other],
    );
    assert.deepEqual(
      subscribers.map(({ subscriber }) => subscriber),
      [neighbour],
    );
  });
});
