import assert from "node:assert/strict";
import { describe, it } from "node:test";
import type { LinkId, SubscriberId } from "../../src/core/ports.ts";
import { P2PAnnounce } from "../../src/wire/p2p/p2p-announce.ts";
import { bytesOf, CoreHarness } from "../support/core-harness.ts";
import type { HarnessOptions } from "../support/core-harness.ts";
import { linesOf } from "../support/core-outbox.ts";

const TYPE = 7;

/** A node with four links and one module; all copies are of item 1. */
class Rig {
  readonly node: CoreHarness;
  readonly a: LinkId;
  readonly b: LinkId;
  readonly c: LinkId;
  readonly d: LinkId;
  readonly module: SubscriberId;

  constructor(options: HarnessOptions = {}) {
    this.node = new CoreHarness(options);
    this.a = this.node.inboundLink();
    this.b = this.node.inboundLink();
    this.c = this.node.inboundLink();
    this.d = this.node.inboundLink();
    this.module = this.node.subscriber(TYPE);
  }

  copy(link: LinkId, ttl: number): string[] {
    return linesOf(this.node.item(link, 1, TYPE, ttl, "x"));
  }

  accept(): string[] {
    return linesOf(this.node.answerLast(this.module, "accept"));
  }

  writes(ttl: number, ...links: LinkId[]): string[] {
    return links.map((link) => `write ${link}: item 1 ttl ${ttl}`);
  }
}

describe("[protocol §4.6] a copy while the verdict is open", () => {
  it("with a better TTL replaces the held one, without another notification", () => {
    const rig = new Rig();
    assert.equal(rig.copy(rig.a, 2).length, 1);
    assert.deepEqual(rig.copy(rig.b, 9), []);
    assert.deepEqual(rig.accept(), rig.writes(8, rig.a, rig.c, rig.d));
  });

  it("with TTL 0 is better than any other", () => {
    const rig = new Rig();
    rig.copy(rig.a, 255);
    rig.copy(rig.b, 0);
    assert.deepEqual(rig.accept(), rig.writes(0, rig.a, rig.c, rig.d));
  });

  it("with the same or a worse TTL changes nothing", () => {
    const rig = new Rig();
    rig.copy(rig.a, 5);
    rig.copy(rig.b, 5);
    rig.copy(rig.c, 3);
    assert.equal(rig.node.counter("itemDuplicate"), 2);
    assert.deepEqual(rig.accept(), rig.writes(4, rig.d));
  });

  it("that its sender had with fewer hops left than ours will have is answered with ours", () => {
    const rig = new Rig();
    rig.copy(rig.a, 5);
    rig.copy(rig.b, 2);
    rig.copy(rig.c, 1);
    rig.copy(rig.c, 3);
    assert.deepEqual(rig.accept(), rig.writes(4, rig.b, rig.d));
  });

  it("makes an item that would have stopped here go on, with its data", () => {
    const rig = new Rig();
    rig.copy(rig.a, 1);
    assert.equal(rig.node.store("pendingItems").bytes, 0);
    rig.copy(rig.b, 3);
    assert.equal(rig.node.store("pendingItems").bytes, 1);
    assert.deepEqual(rig.accept(), rig.writes(2, rig.c, rig.d));
    assert.deepEqual(rig.node.itemsTo(rig.c)[0]?.data, bytesOf("x"));
  });

  it("changes nothing more once the item was rejected", () => {
    const rig = new Rig();
    rig.copy(rig.a, 2);
    rig.node.answerLast(rig.module, "reject");
    assert.deepEqual(rig.copy(rig.b, 0), []);
    assert.equal(rig.node.counter("itemDuplicate"), 1);
  });

  it("changes nothing more once the item has expired", () => {
    const rig = new Rig();
    rig.copy(rig.a, 2);
    rig.node.advance(30_000);
    assert.deepEqual(rig.copy(rig.b, 0), []);
  });
});

describe("[protocol §4.10] a better copy of an item held without its data", () => {
  const big = (id: number, ttl: number): P2PAnnounce =>
    new P2PAnnounce(id, TYPE, ttl, new Uint8Array(60_000).fill(id));

  it("is charged to the link that brought it, so that a poisoner's full share keeps nothing out", () => {
    const rig = new Rig({ limits: { pendingBytesPerLink: 100_000 } });
    rig.node.receive(rig.a, big(1, 1));
    rig.node.receive(rig.a, big(2, 5));
    assert.equal(rig.node.store("pendingItems").bytes, 60_000);
    rig.node.receive(rig.b, big(1, 5));
    assert.equal(rig.node.store("pendingItems").bytes, 120_000);
    rig.node.receive(rig.a, big(3, 5));
    assert.equal(rig.node.counter("itemNotHeld"), 1);
    rig.node.receive(rig.b, big(4, 5));
    assert.equal(rig.node.counter("itemNotHeld"), 2);
    rig.node.advance(30_000);
    assert.equal(rig.node.store("pendingItems").bytes, 0);
    assert.equal(rig.node.store("pendingItems").entries, 0);
  });

  it("is refused over the bounds, and a later one may still improve the item", () => {
    const rig = new Rig({ limits: { pendingBytes: 100_000 } });
    rig.node.receive(rig.a, big(1, 1));
    rig.node.receive(rig.a, big(2, 5));
    assert.deepEqual(linesOf(rig.node.receive(rig.b, big(1, 5))), []);
    assert.equal(rig.node.counter("itemNoRoom"), 1);
    assert.equal(rig.node.store("pendingItems").bytes, 60_000);
    rig.accept();
    rig.accept();
    assert.deepEqual(
      rig.node.itemsTo(rig.c).map(({ messageId }) => messageId),
      [2],
    );
    rig.node.receive(rig.b, big(1, 5));
    assert.deepEqual(
      rig.node.itemsTo(rig.c).map(({ messageId }) => messageId),
      [2, 1],
    );
  });

  it("keeps all bounds when a link sends thousands with TTL 1 and then again with more", () => {
    const rig = new Rig({
      limits: { pendingBytesPerLink: 600_000, linkBytesPerSecond: 0, subscriberQueueBytes: 1e8 },
    });
    for (const ttl of [1, 2]) {
      for (let id = 0; id < 100; id++) rig.node.receive(rig.a, big(id, ttl));
    }
    assert.equal(rig.node.store("pendingItems").bytes, 600_000);
    assert.equal(rig.node.store("pendingItems").entries, 100);
  });
});

describe("[protocol §4.10] an item that found no room", () => {
  /** Fills the pending store with two items that their module leaves alone. */
  const fill = (rig: Rig): void => {
    rig.node.subscriber(TYPE + 1);
    for (const id of [98, 99]) rig.node.item(rig.a, id, TYPE + 1, 9, "filler");
  };
  /** An early copy from a link whose share is full. */
  const poisoned = (earlyTtl: number): Rig => {
    const rig = new Rig({ limits: { pendingItemsPerLink: 2 } });
    fill(rig);
    rig.copy(rig.a, earlyTtl);
    assert.equal(rig.node.counter("itemNotHeld"), 1);
    return rig;
  };

  for (const earlyTtl of [0, 1, 200]) {
    it(`is held when another link brings it, whatever TTL it came with first: ${earlyTtl}`, () => {
      const rig = poisoned(earlyTtl);
      assert.deepEqual(rig.copy(rig.b, 5), []);
      assert.equal(rig.node.notificationsTo(rig.module).length, 1);
      assert.equal(rig.node.store("pendingItems").entries, 3);
      const haveWorse = earlyTtl === 1 ? [rig.a] : [];
      assert.deepEqual(rig.accept(), rig.writes(4, ...haveWorse, rig.c, rig.d));
    });

    it(`goes on with a later copy once it was accepted, whatever TTL came first: ${earlyTtl}`, () => {
      const rig = poisoned(earlyTtl);
      assert.deepEqual(rig.accept(), []);
      assert.deepEqual(rig.copy(rig.b, 5), rig.writes(4, rig.a, rig.c, rig.d));
    });
  }

  it("stays refused when it was rejected", () => {
    const rig = poisoned(9);
    rig.node.answerLast(rig.module, "reject");
    assert.deepEqual(rig.copy(rig.b, 0), []);
    assert.equal(rig.node.counter("itemRejected"), 1);
  });

  it("takes no room until then, and none when nobody has any", () => {
    const rig = poisoned(9);
    assert.equal(rig.node.store("pendingItems").entries, 2);
    assert.deepEqual(rig.copy(rig.a, 0), []);
    assert.equal(rig.node.counter("itemNotHeld"), 1);
    assert.equal(rig.node.counter("itemNoRoom"), 1);
    assert.equal(rig.node.store("pendingItems").entries, 2);
    rig.node.advance(30_000);
    assert.equal(rig.node.store("pendingItems").entries, 0);
    assert.equal(rig.node.counter("itemExpired"), 3);
  });

  it("counts against the bound of all items once it is held", () => {
    const rig = new Rig({ limits: { pendingItems: 2 } });
    fill(rig);
    rig.copy(rig.a, 3);
    rig.copy(rig.b, 5);
    assert.equal(rig.node.counter("itemNotHeld"), 1);
    assert.equal(rig.node.counter("itemNoRoom"), 1);
    assert.equal(rig.node.store("pendingItems").entries, 2);
  });
});

describe("[protocol §4.6] a copy of an accepted item", () => {
  it("with a better TTL goes to all links but its own, without a notification", () => {
    const rig = new Rig({ degree: 1 });
    rig.copy(rig.a, 2);
    rig.accept();
    const notified = rig.node.notificationsTo(rig.module).length;
    assert.deepEqual(rig.copy(rig.b, 6), rig.writes(5, rig.a, rig.c, rig.d));
    assert.equal(rig.node.notificationsTo(rig.module).length, notified);
    assert.equal(rig.node.counter("itemImproved"), 1);
  });

  it("with no better TTL is dropped", () => {
    const rig = new Rig();
    rig.copy(rig.a, 6);
    rig.accept();
    for (const ttl of [1, 5, 6]) assert.deepEqual(rig.copy(rig.b, ttl), []);
    assert.equal(rig.node.counter("itemDuplicate"), 3);
  });

  it("causes at most two re-forwards per link", () => {
    const rig = new Rig();
    rig.copy(rig.a, 1);
    rig.accept();
    assert.equal(rig.copy(rig.b, 2).length, 3);
    assert.equal(rig.copy(rig.b, 3).length, 3);
    assert.deepEqual(rig.copy(rig.b, 4), []);
    assert.deepEqual(rig.copy(rig.b, 0), []);
    assert.equal(rig.node.counter("itemReforwardRefused"), 2);
    assert.deepEqual(rig.copy(rig.c, 4), rig.writes(3, rig.a, rig.b, rig.d));
  });

  it("must be better than the re-forwarded ones, too", () => {
    const rig = new Rig();
    rig.copy(rig.a, 2);
    rig.accept();
    rig.copy(rig.b, 9);
    assert.deepEqual(rig.copy(rig.c, 9), []);
    assert.equal(rig.copy(rig.c, 0).length, 3);
    assert.deepEqual(rig.copy(rig.d, 0), []);
  });
});

describe("[protocol §4.6] a copy of an item announced here", () => {
  const own = (ttl: number): { rig: Rig; id: number; copy: (ttl: number) => string[] } => {
    const rig = new Rig();
    rig.node.announce(rig.module, ttl, TYPE, bytesOf("x"));
    const [sent] = rig.node.itemsTo(rig.b);
    assert.ok(sent !== undefined);
    const id = sent.messageId;
    return { rig, id, copy: (copyTtl) => linesOf(rig.node.item(rig.b, id, TYPE, copyTtl, "x")) };
  };

  it("is dropped like in a node that received it with one hop more", () => {
    for (const ttl of [1, 2, 3, 4]) assert.deepEqual(own(3).copy(ttl), []);
    assert.deepEqual(own(0).copy(0), []);
    assert.deepEqual(own(255).copy(255), []);
  });

  it("is forwarded again with a better TTL, and never notified", () => {
    const { rig, id, copy } = own(3);
    const other = rig.node.subscriber(TYPE);
    assert.deepEqual(
      copy(5),
      [rig.a, rig.c, rig.d].map((link) => `write ${link}: item ${id} ttl 4`),
    );
    assert.equal(copy(0).length, 3);
    assert.equal(own(255).copy(0).length, 3);
    assert.equal(rig.node.notificationsTo(other).length, 0);
  });
});
