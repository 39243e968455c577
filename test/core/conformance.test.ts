import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { P2PAnnounce } from "../../src/wire/p2p/p2p-announce.ts";
import { bytesOf, CoreHarness } from "../support/core-harness.ts";
import { CoreNetwork } from "../support/core-network.ts";
import { linesOf } from "../support/core-outbox.ts";

const TYPE = 7;

describe("conformance §3.2, mistakes of others: API semantics", () => {
  it("verdict without effect: V = 0 reaches no peer, V = 1 reaches it", () => {
    for (const verdict of ["accept", "reject"] as const) {
      const node = new CoreHarness();
      const [from, to] = [node.inboundLink(), node.inboundLink()];
      const module = node.subscriber(TYPE);
      node.item(from, 1, TYPE, 0, "x");
      node.answerLast(module, verdict);
      node.advance(300_000);
      assert.equal(node.itemsTo(to).length, verdict === "accept" ? 1 : 0);
    }
  });

  it("relays before the verdict: no frame leaves before V = 1", () => {
    const node = new CoreHarness();
    const from = node.inboundLink();
    for (let n = 0; n < 5; n++) node.inboundLink();
    const module = node.subscriber(TYPE);
    const writes = linesOf(node.item(from, 1, TYPE, 0, "x")).filter((line) =>
      line.startsWith("write"),
    );
    assert.deepEqual(writes, []);
    assert.equal(node.answerLast(module, "accept").length, 5);
  });

  it("second subscriber's answer desynchronises: two subscribers, answers crossed", () => {
    const node = new CoreHarness();
    const [from, to] = [node.inboundLink(), node.inboundLink()];
    const [a, b] = [node.subscriber(TYPE), node.subscriber(TYPE)];
    const firstOf = (module: typeof a): number =>
      node.notificationsTo(module).at(-1)?.messageId ?? -1;
    node.item(from, 1, TYPE, 0, "first");
    const [firstA, firstB] = [firstOf(a), firstOf(b)];
    node.advance(50);
    node.item(from, 2, TYPE, 0, "second");
    const [secondA, secondB] = [firstOf(a), firstOf(b)];
    node.answer(a, secondA, "accept");
    node.answer(b, firstB, "reject");
    node.answer(a, firstA, "accept");
    node.answer(b, secondB, "accept");
    assert.deepEqual(
      node.itemsTo(to).map(({ messageId }) => messageId),
      [2],
    );
  });

  it("whole node waits for one module's answer: another type still flows", () => {
    const node = new CoreHarness();
    const [from, to] = [node.inboundLink(), node.inboundLink()];
    node.subscriber(TYPE);
    const other = node.subscriber(TYPE + 1);
    for (let n = 0; n < 100; n++) {
      node.item(from, n, TYPE, 0, `silent ${n}`);
      node.item(from, n, TYPE + 1, 0, `other ${n}`);
      node.answerLast(other, "accept");
    }
    assert.equal(node.itemsTo(to).length, 100);
  });

  it("API port closes for good: an item nobody subscribed, then a new client", () => {
    const node = new CoreHarness();
    const from = node.inboundLink();
    node.item(from, 1, TYPE, 0, "nobody");
    const module = node.subscriber(TYPE);
    node.item(from, 2, TYPE, 0, "somebody");
    assert.equal(node.notificationsTo(module).length, 1);
  });

  it("removed by stale index: two clients die in one round, the third is served", () => {
    const node = new CoreHarness();
    const [from, to] = [node.inboundLink(), node.inboundLink()];
    const [a, b, c] = [node.subscriber(TYPE), node.subscriber(TYPE), node.subscriber(TYPE)];
    node.item(from, 1, TYPE, 0, "x");
    node.tick({ kind: "subscriberGone", subscriber: a }, { kind: "subscriberGone", subscriber: b });
    node.answerLast(c, "accept");
    assert.equal(node.itemsTo(to).length, 1);
    node.item(from, 2, TYPE, 0, "y");
    assert.equal(node.notificationsTo(c).length, 2);
  });

  it("local item spread twice: one copy per link, whatever is answered later", () => {
    const node = new CoreHarness();
    const to = node.inboundLink();
    const [announcer, other] = [node.subscriber(TYPE), node.subscriber(TYPE)];
    node.announce(announcer, 5, TYPE, bytesOf("x"));
    node.answerLast(other, "accept");
    for (let id = 0; id < 100; id++) node.answer(announcer, id, "accept");
    node.advance(300_000);
    assert.equal(node.itemsTo(to).length, 1);
  });

  it("V = 0 of another module does not stop a local item, which needs no verdict", () => {
    const node = new CoreHarness();
    const other = node.subscriber(TYPE);
    node.announce(node.subscriber(), 5, TYPE, bytesOf("x"));
    node.answerLast(other, "reject");
    assert.equal(node.itemsTo(node.inboundLink()).length, 1);
  });

  it("one API client at a time, idle ones dropped: 100 clients, idle for an hour", () => {
    const node = new CoreHarness();
    const modules = Array.from({ length: 100 }, () => node.subscriber(TYPE));
    node.advance(3_600_000);
    node.item(node.inboundLink(), 1, TYPE, 0, "x");
    for (const module of modules) assert.equal(node.notificationsTo(module).length, 1);
  });

  it("reconnect storms: 64 doubled connections of one module are all asked", () => {
    const node = new CoreHarness({ validationPolicy: "any" });
    const [from, to] = [node.inboundLink(), node.inboundLink()];
    const modules = Array.from({ length: 64 }, () => node.subscriber(TYPE));
    node.item(from, 1, TYPE, 0, "x");
    for (const [at, module] of modules.entries()) {
      node.answerLast(module, at === 63 ? "accept" : "reject");
    }
    assert.equal(node.itemsTo(to).length, 1);
  });
});

describe("conformance §3.3, mistakes of others: dedupe, TTL, spreading", () => {
  it("no dedupe at all: on a triangle with TTL 0 traffic ends", () => {
    const network = new CoreNetwork(3).ring();
    network.announce(0, 0, "x");
    assert.equal(network.copies, 4);
  });

  it("key contains the TTL: the same item over two paths is one delivery", () => {
    const node = new CoreHarness();
    const [a, b] = [node.inboundLink(), node.inboundLink()];
    const module = node.subscriber(TYPE);
    node.item(a, 1, TYPE, 5, "x");
    node.item(b, 1, TYPE, 4, "x");
    assert.equal(node.notificationsTo(module).length, 1);
  });

  it("key = content only: the same bytes announced twice on purpose arrive twice", () => {
    const network = new CoreNetwork(3).line();
    network.announce(0, 0, "again");
    network.announce(0, 0, "again");
    assert.deepEqual(network.heard(2), ["again", "again"]);
  });

  it("key = 16 bits: of 1,000 items with one id in flight none is lost", () => {
    const node = new CoreHarness();
    const [from, to] = [node.inboundLink(), node.inboundLink()];
    const module = node.subscriber(TYPE);
    const announcement = (n: number): P2PAnnounce => new P2PAnnounce(1, TYPE, 0, bytesOf(`${n}`));
    for (let n = 0; n < 1_000; n++) node.receive(from, announcement(n));
    for (let n = 0; n < 1_000; n++) {
      const next = node.notificationsTo(module)[n];
      assert.ok(next !== undefined);
      node.answer(module, next.messageId, "accept");
    }
    assert.equal(node.itemsTo(to).length, 1_000);
    assert.equal(node.notificationsTo(module).length, 1_000);
  });

  it("dedupe memory = cache_size: with a cache of 1, 100 items with TTL 0 end on a triangle", () => {
    const network = new CoreNetwork(3, { cacheSize: 1 }).ring();
    for (let n = 0; n < 100; n++) network.announce(n % 3, 0, `${n}`);
    assert.equal(network.copies, 400);
  });

  it("TTL as signed byte: 128 and 255 go out as 127 and 254", () => {
    const node = new CoreHarness();
    const [from, to] = [node.inboundLink(), node.inboundLink()];
    const module = node.subscriber(TYPE);
    for (const ttl of [128, 255]) {
      node.item(from, ttl, TYPE, ttl, `${ttl}`);
      node.answerLast(module, "accept");
    }
    assert.deepEqual(
      node.itemsTo(to).map(({ ttl }) => ttl),
      [127, 254],
    );
  });

  it("sends back to the sender: never on the link it came from, nor to any that brought a copy", () => {
    const node = new CoreHarness();
    const senders = [node.inboundLink(), node.inboundLink(), node.inboundLink()];
    const module = node.subscriber(TYPE);
    for (const link of senders) node.item(link, 1, TYPE, 0, "x");
    node.answerLast(module, "accept");
    for (const link of senders) assert.deepEqual(node.itemsTo(link), []);
  });

  it("reveals the announcer: a frame holds nothing that tells a local item from a relayed one", () => {
    const relay = new CoreHarness();
    const [from, to] = [relay.inboundLink(), relay.inboundLink()];
    const module = relay.subscriber(TYPE);
    const origin = new CoreHarness();
    const peer = origin.inboundLink();
    origin.announce(origin.subscriber(), 4, TYPE, bytesOf("x"));
    const [own] = origin.itemsTo(peer);
    assert.ok(own !== undefined);
    relay.item(from, own.messageId, TYPE, 5, "x");
    relay.answerLast(module, "accept");
    assert.deepEqual(relay.itemsTo(to), [own]);
  });

  it("random wait per item: an accepted item leaves in the tick of its verdict", () => {
    const node = new CoreHarness();
    const [from, to] = [node.inboundLink(), node.inboundLink()];
    const module = node.subscriber(TYPE);
    node.item(from, 1, TYPE, 3, "x");
    assert.deepEqual(linesOf(node.answerLast(module, "accept")), [`write ${to}: item 1 ttl 2`]);
  });
});

describe("conformance §3.5, mistakes of others: maps that only grow", () => {
  it("1,000 links and 1,000 modules that come, do everything, and go leave nothing behind", () => {
    const node = new CoreHarness({ bootstrappers: [], localRanges: [] });
    const announcer = node.subscriber();
    for (let round = 0; round < 1_000; round++) {
      const host = `203.0.${round >>> 8}.${round & 255}`;
      const link = node.inboundLink(host);
      const halfOpen = node.halfOpenLink(host);
      const module = node.subscriber(TYPE, TYPE + round);
      node.freeze(link);
      node.tick({ kind: "frameStarted", from: { kind: "link", link } });
      node.item(link, round, TYPE, 5, `${round}`);
      if (round % 2 === 0) node.answerLast(module, "accept");
      node.announce(announcer, 2, TYPE, bytesOf(`own ${round}`));
      node.tick(
        { kind: "linkLost", link },
        { kind: "linkLost", link: halfOpen },
        { kind: "subscriberGone", subscriber: module },
      );
      node.outputs.length = 0;
    }
    for (let minutes = 0; minutes < 10; minutes++) node.advance(60_000);
    const { stores, links, subscribers } = node.snapshot();
    assert.deepEqual(links, []);
    assert.equal(subscribers.length, 1);
    for (const { name, entries, bytes } of stores) {
      if (name === "linkContents" || name === "subscribers") continue;
      assert.deepEqual({ name, entries, bytes }, { name, entries: 0, bytes: 0 });
    }
    // What wakes it now is the turn of the seen cache, every two minutes, and nothing else.
    let wakeups = 0;
    const step = node.core.step.bind(node.core);
    node.core.step = (input, now, outbox) => {
      if (input.kind === "wakeup") wakeups++;
      step(input, now, outbox);
    };
    node.advance(1_200_000);
    assert.equal(wakeups, 10);
  });

  it("asks of items that were not held end with the answer, or with their deadline", () => {
    const node = new CoreHarness({ limits: { pendingItems: 0, linkFramesPerSecond: 0 } });
    const from = node.inboundLink();
    const module = node.subscriber(TYPE);
    for (let n = 0; n < 10_000; n++) {
      node.item(from, n, TYPE, 0, `${n}`);
      const { outstanding, waiting } = node.subscriberSnapshot(module);
      assert.ok(outstanding + waiting <= 4_097);
    }
    node.advance(30_000);
    const { outstanding, waiting, waitingBytes } = node.subscriberSnapshot(module);
    assert.deepEqual(
      { outstanding, waiting, waitingBytes },
      { outstanding: 0, waiting: 0, waitingBytes: 0 },
    );
  });
});
