import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { bytesOf, CoreHarness } from "../support/core-harness.ts";

const TYPE = 1337;

describe("an item from a peer", () => {
  it("reaches the subscriber and spreads only after its verdict", () => {
    const node = new CoreHarness();
    const [from, to] = [node.inboundLink(), node.inboundLink()];
    const module = node.subscriber(TYPE);
    node.item(from, 7, TYPE, 4, "hello");
    assert.deepEqual(node.notificationsTo(module)[0]?.data, bytesOf("hello"));
    assert.deepEqual(node.itemsTo(to), []);
    node.answerLast(module, "accept");
    const [forwarded] = node.itemsTo(to);
    assert.equal(forwarded?.messageId, 7);
    assert.equal(forwarded.ttl, 3);
    assert.deepEqual(node.itemsTo(from), []);
  });

  it("stops here when nobody subscribed to its type", () => {
    const node = new CoreHarness();
    const [from, to] = [node.inboundLink(), node.inboundLink()];
    node.item(from, 7, TYPE, 0, "hello");
    assert.deepEqual(node.itemsTo(to), []);
    assert.equal(node.counter("itemUnsubscribed"), 1);
  });

  it("goes nowhere after V = 0", () => {
    const node = new CoreHarness();
    const [from, to] = [node.inboundLink(), node.inboundLink()];
    const module = node.subscriber(TYPE);
    node.item(from, 7, TYPE, 0, "hello");
    node.answerLast(module, "reject");
    node.advance(60_000);
    assert.deepEqual(node.itemsTo(to), []);
    assert.equal(node.counter("itemRejected"), 1);
  });

  it("with TTL 1 is delivered and never forwarded", () => {
    const node = new CoreHarness();
    const [from, to] = [node.inboundLink(), node.inboundLink()];
    const module = node.subscriber(TYPE);
    node.item(from, 7, TYPE, 1, "hello");
    node.answerLast(module, "accept");
    assert.equal(node.notificationsTo(module).length, 1);
    assert.deepEqual(node.itemsTo(to), []);
  });

  it("is forwarded even when it has no data", () => {
    const node = new CoreHarness();
    const [from, to] = [node.inboundLink(), node.inboundLink()];
    const module = node.subscriber(TYPE);
    node.item(from, 7, TYPE, 0, "");
    node.answerLast(module, "accept");
    assert.equal(node.itemsTo(to)[0]?.ttl, 0);
  });
});

describe("an item from a local module", () => {
  it("goes out at once with its own TTL, and to the other subscribers but not back", () => {
    const node = new CoreHarness();
    const to = node.inboundLink();
    const [announcer, other] = [node.subscriber(TYPE), node.subscriber(TYPE)];
    node.announce(announcer, 3, TYPE, bytesOf("news"));
    assert.equal(node.itemsTo(to)[0]?.ttl, 3);
    assert.equal(node.notificationsTo(other).length, 1);
    assert.equal(node.notificationsTo(announcer).length, 0);
  });

  it("waits for the first link", () => {
    const node = new CoreHarness();
    node.announce(node.subscriber(), 2, TYPE, bytesOf("early"));
    node.advance(200_000);
    const late = node.inboundLink();
    assert.equal(node.itemsTo(late)[0]?.ttl, 2);
  });
});
