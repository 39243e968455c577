import assert from "node:assert/strict";
import { describe, it } from "node:test";
import type { LinkId, Random, SubscriberId } from "../../src/core/ports.ts";
import { P2PAnnounce } from "../../src/wire/p2p/p2p-announce.ts";
import { P2PVerify } from "../../src/wire/p2p/p2p-verify.ts";
import { bytesOf, CoreHarness, SeededRandom } from "../support/core-harness.ts";
import type { HarnessOptions } from "../support/core-harness.ts";
import { CoreNetwork } from "../support/core-network.ts";

const TYPE = 7;

class Rig {
  readonly node: CoreHarness;
  readonly from: LinkId;
  readonly module: SubscriberId;

  constructor(options: HarnessOptions = {}) {
    this.node = new CoreHarness(options);
    this.from = this.node.inboundLink();
    this.module = this.node.subscriber(TYPE);
  }

  accepted(id: number, ttl: number): void {
    this.node.item(this.from, id, TYPE, ttl, `${id}`);
    this.node.answerLast(this.module, "accept");
  }

  /** What a link gets that comes up now, as "id ttl". */
  offered(): string[] {
    return this.node
      .itemsTo(this.node.inboundLink())
      .map(({ messageId, ttl }) => `${messageId} ${ttl}`);
  }
}

describe("[protocol §4.9] a link that comes up", () => {
  it("is offered the last `cache_size` accepted items with TTL 1, oldest first", () => {
    const rig = new Rig({ cacheSize: 2 });
    for (const [id, ttl] of [
      [1, 0],
      [2, 9],
      [3, 0],
    ] as const) {
      rig.accepted(id, ttl);
    }
    assert.deepEqual(rig.offered(), ["2 1", "3 1"]);
    assert.equal(rig.node.counter("itemsOffered"), 2);
  });

  it("is not offered what came with TTL 1, was rejected, or is not decided", () => {
    const rig = new Rig();
    rig.accepted(1, 1);
    rig.node.item(rig.from, 2, TYPE, 0, "2");
    rig.node.answerLast(rig.module, "reject");
    rig.node.item(rig.from, 3, TYPE, 0, "3");
    assert.deepEqual(rig.offered(), []);
  });

  it("is offered an accepted item for 60 s", () => {
    const rig = new Rig();
    rig.accepted(1, 0);
    rig.node.advance(59_999);
    assert.deepEqual(rig.offered(), ["1 1"]);
    rig.node.advance(1);
    assert.deepEqual(rig.offered(), []);
    assert.equal(rig.node.store("knowledgeBase").entries, 0);
  });

  it("is not offered what it brought itself", () => {
    const rig = new Rig({ limits: { linkQueueFrames: 4 } });
    const late = rig.node.halfOpenLink("127.0.0.1");
    rig.node.freeze(late);
    for (const id of [1, 2, 3, 4, 5]) rig.accepted(id, 0);
    rig.node.drainLink(late);
    rig.node.receive(late, new P2PVerify(new Uint8Array(8)));
    rig.node.item(late, 4, TYPE, 0, "4");
    for (let write = 0; write < 9; write++) rig.node.drainLink(late);
    assert.deepEqual(
      rig.node.itemsTo(late).map(({ messageId }) => messageId),
      [1, 2, 3, 5],
    );
  });

  it("gets its offers as its queue drains; they fill half of it at most", () => {
    const rig = new Rig({ cacheSize: 100, limits: { linkQueueFrames: 20 } });
    for (let id = 0; id < 60; id++) rig.accepted(id, 0);
    const late = rig.node.halfOpenLink("127.0.0.1");
    rig.node.freeze(late);
    rig.node.drainLink(late);
    rig.node.receive(late, new P2PVerify(new Uint8Array(8)));
    let writes = 0;
    for (; rig.node.itemsTo(late).length < 60; writes++) {
      assert.ok(rig.node.linkSnapshot(late).queueFrames <= 10);
      rig.node.drainLink(late);
    }
    assert.ok(writes >= 6);
    assert.equal(rig.node.linkSnapshot(late).framesDropped, 0);
  });

  it("gets large offers, too, within half of its queue's bytes", () => {
    const rig = new Rig({ limits: { linkQueueBytes: 150_000 } });
    for (let id = 0; id < 5; id++) {
      rig.node.receive(rig.from, new P2PAnnounce(id, TYPE, 0, new Uint8Array(40_000).fill(id)));
      rig.node.answerLast(rig.module, "accept");
    }
    const late = rig.node.halfOpenLink("127.0.0.1");
    rig.node.freeze(late);
    rig.node.drainLink(late);
    rig.node.receive(late, new P2PVerify(new Uint8Array(8)));
    for (let write = 0; write < 6; write++) {
      assert.ok(rig.node.linkSnapshot(late).queueBytes <= 75_000);
      rig.node.drainLink(late);
    }
    assert.equal(rig.node.itemsTo(late).length, 5);
  });

  it("hears an item that is not forwarded from there, and kept by nobody there", () => {
    const network = new CoreNetwork(4);
    network.connect(0, 1);
    network.announce(0, 0, "x");
    network.connect(1, 2);
    assert.deepEqual(network.heard(2), ["x"]);
    network.connect(2, 3);
    assert.deepEqual(network.heard(3), []);
  });
});

describe("[protocol §4.9] an announcement of our own", () => {
  const early = (options: HarnessOptions = {}, ttl: number = 5): Rig => {
    const node = new Rig(options);
    node.node.tick({ kind: "linkLost", link: node.from });
    node.node.announce(node.module, ttl, TYPE, bytesOf("x"));
    return node;
  };
  const ttls = (rig: Rig): number[] => {
    return rig.node.itemsTo(rig.node.inboundLink()).map(({ ttl }) => ttl);
  };

  it("that no link has got waits for five minutes and goes out with its own TTL", () => {
    const rig = early();
    rig.node.advance(299_999);
    assert.deepEqual(ttls(rig), [5]);
    const other = early();
    other.node.advance(300_000);
    assert.deepEqual(ttls(other), []);
    assert.equal(other.node.counter("ownItemsForgotten"), 1);
    assert.equal(other.node.store("ownItems").entries, 0);
  });

  it("goes out with TTL 1 and with TTL 0 as it was announced", () => {
    assert.deepEqual(ttls(early({}, 1)), [1]);
    assert.deepEqual(ttls(early({}, 0)), [0]);
  });

  it("is offered for 30 s after its first sending, until `degree` links had it", () => {
    const rig = early({ degree: 3 });
    rig.node.advance(100_000);
    assert.deepEqual([ttls(rig), ttls(rig), ttls(rig), ttls(rig)], [[5], [5], [5], []]);
    const slow = early();
    assert.deepEqual(ttls(slow), [5]);
    slow.node.advance(29_999);
    assert.deepEqual(ttls(slow), [5]);
    slow.node.advance(1);
    assert.deepEqual(ttls(slow), []);
  });

  it("made while links are there counts these among the `degree`", () => {
    const rig = new Rig({ degree: 2 });
    rig.node.announce(rig.module, 5, TYPE, bytesOf("x"));
    assert.equal(rig.node.itemsTo(rig.from).length, 1);
    assert.deepEqual([ttls(rig), ttls(rig)], [[5], []]);
  });

  it("is not offered to a link that brought a copy", () => {
    const rig = new Rig({ limits: { linkQueueFrames: 4 } });
    rig.node.tick({ kind: "linkLost", link: rig.from });
    const announced = Array.from({ length: 6 }, (_, n) => {
      rig.node.announce(rig.module, 5, TYPE, bytesOf(`${n}`));
      return `${n}`;
    });
    const late = rig.node.halfOpenLink("127.0.0.1");
    rig.node.freeze(late);
    rig.node.drainLink(late);
    rig.node.receive(late, new P2PVerify(new Uint8Array(8)));
    const other = rig.node.inboundLink();
    const last = rig.node.itemsTo(other).at(-1);
    assert.ok(last !== undefined);
    rig.node.receive(late, new P2PAnnounce(last.messageId, TYPE, 4, last.data));
    for (let write = 0; write < 9; write++) rig.node.drainLink(late);
    assert.equal(rig.node.itemsTo(late).length, announced.length - 1);
  });

  it("counts as forgotten when a later one pushes it out", () => {
    const rig = early({ limits: { knowledgeBytes: 1_000 } });
    for (let n = 0; n < 3; n++) rig.node.announce(rig.module, 1, TYPE, new Uint8Array(400).fill(n));
    assert.equal(rig.node.counter("ownItemsForgotten"), 2);
    assert.ok(rig.node.store("knowledgeBase").bytes <= 1_000);
  });
});

describe("[protocol §4.4] the id of an announcement", () => {
  it("avoids those seen lately, of any type", () => {
    // A peer has used every second id: a blind draw would hit one of these every other time.
    const rig = new Rig({ limits: { linkFramesPerSecond: 0 } });
    for (let id = 0; id < 65_536; id++) {
      if (id % 2 === 0) rig.node.input(itemInput(rig.from, id));
    }
    rig.node.tick();
    for (let n = 0; n < 200; n++) rig.node.announce(rig.module, 1, TYPE, bytesOf(`own ${n}`));
    const ids = rig.node.itemsTo(rig.from).map(({ messageId }) => messageId);
    assert.equal(ids.length, 200);
    // Eight draws all hit one of the used half once in 256 times.
    assert.ok(ids.filter((id) => id % 2 === 0).length <= 5);
    assert.equal(ids.filter((id) => id % 2 === 0).length, rig.node.counter("messageIdCollisions"));
  });

  it("is taken from the last draw when all ids were seen lately", () => {
    const rig = new Rig({ limits: { linkFramesPerSecond: 0 } });
    for (let id = 0; id < 65_536; id++) rig.node.input(itemInput(rig.from, id));
    rig.node.tick();
    rig.node.announce(rig.module, 1, TYPE, bytesOf("own"));
    assert.equal(rig.node.counter("messageIdCollisions"), 1);
    assert.equal(rig.node.itemsTo(rig.from).length, 1);
  });

  it("that leads to an item which is on its way already announces nothing new", () => {
    const rig = new Rig({ random: new StubbornRandom(1) });
    const silent = rig.node.subscriber(TYPE);
    rig.node.item(rig.from, 5, TYPE, 9, "beacon");
    assert.deepEqual(rig.node.announce(silent, 3, TYPE, bytesOf("beacon")), []);
    assert.equal(rig.node.counter("messageIdCollisions"), 1);
    assert.equal(rig.node.store("pendingItems").entries, 1);
    rig.node.advance(30_000);
    assert.equal(rig.node.store("pendingItems").entries, 0);
    assert.equal(rig.node.subscriberSnapshot(rig.module).outstanding, 0);
  });

  it("differs for the same bytes announced twice on purpose: two items", () => {
    const rig = new Rig();
    rig.node.announce(rig.module, 1, TYPE, bytesOf("again"));
    rig.node.announce(rig.module, 1, TYPE, bytesOf("again"));
    assert.equal(new Set(rig.node.itemsTo(rig.from).map(({ messageId }) => messageId)).size, 2);
  });
});

/** Draws the same message id for ever. */
class StubbornRandom extends SeededRandom {
  override fork(label: string): Random {
    if (label !== "dissemination") return super.fork(label);
    return { below: () => 5, bytes: (length) => new Uint8Array(length), fork: () => this };
  }
}

const itemInput = (link: LinkId, id: number) =>
  ({
    kind: "peerMessage",
    link,
    message: new P2PAnnounce(id, TYPE, 1, bytesOf(`${id}`)),
  }) as const;

describe("[protocol §4.8] a key is known for 120 s after its item was last sent from here", () => {
  it("an announcement that waited 250 s for its first link is not news when it comes back", () => {
    const node = new CoreHarness();
    const [speaker, other] = [node.subscriber(), node.subscriber(TYPE)];
    node.announce(speaker, 9, TYPE, bytesOf("early"));
    node.advance(250_000);
    const link = node.inboundLink();
    const [sent] = node.itemsTo(link);
    assert.ok(sent !== undefined);
    node.advance(119_000);
    node.item(link, sent.messageId, TYPE, 7, "early");
    assert.equal(node.notificationsTo(other).length, 1);
    assert.equal(node.counter("itemDuplicate"), 1);
  });

  for (const verdict of ["accept", "reject"] as const) {
    it(`an item is known for 120 s after a slow verdict: ${verdict}`, () => {
      const node = new CoreHarness({ validationTimeoutMs: 120_000 });
      const [from, to] = [node.inboundLink(), node.inboundLink()];
      const module = node.subscriber(TYPE);
      node.advance(118_000);
      node.item(from, 1, TYPE, 9, "slow");
      node.advance(115_000);
      node.answerLast(module, verdict);
      node.advance(119_000);
      node.item(to, 1, TYPE, 7, "slow");
      assert.equal(node.notificationsTo(module).length, 1);
      assert.equal(node.counter("itemDuplicate"), 1);
    });
  }
});
