import assert from "node:assert/strict";
import { describe, it } from "node:test";
import type { LinkId, SubscriberId } from "../../src/core/ports.ts";
import { SEEN_ENTRIES_MAX } from "../../src/core/seen-cache.ts";
import { P2PAnnounce } from "../../src/wire/p2p/p2p-announce.ts";
import { FLOW_TYPE as TYPE, FlowRig } from "../support/core-flow.ts";
import { bytesOf } from "../support/core-harness.ts";
import type { HarnessOptions } from "../support/core-harness.ts";
import { linesOf } from "../support/core-outbox.ts";

describe("[protocol §1.3] a started frame", () => {
  const started = (link: LinkId) =>
    ({ kind: "frameStarted", from: { kind: "link", link } }) as const;

  it("must be complete within 10 s, on both sockets", () => {
    const rig = new FlowRig();
    const link = rig.node.inboundLink();
    rig.node.tick(started(link), {
      kind: "frameStarted",
      from: { kind: "subscriber", subscriber: rig.module },
    });
    assert.deepEqual(rig.advance(9_999), []);
    assert.deepEqual(rig.advance(1), [
      `close ${link}: frameTimeout`,
      `close ${rig.module}: frameTimeout`,
    ]);
  });

  it("that is complete ends its clock; a new one starts anew", () => {
    const rig = new FlowRig();
    const link = rig.node.inboundLink();
    const { module } = rig;
    rig.node.tick(started(link), {
      kind: "frameStarted",
      from: { kind: "subscriber", subscriber: module },
    });
    rig.node.advance(9_000);
    rig.node.tick(started(link), {
      kind: "frameEnded",
      from: { kind: "subscriber", subscriber: module },
    });
    assert.deepEqual(rig.advance(9_999), []);
    rig.node.tick({ kind: "frameEnded", from: { kind: "link", link } });
    assert.deepEqual(rig.advance(60_000), []);
  });

  it("does not age while we hold back reading", () => {
    const rig = new FlowRig({ limits: { linkFramesPerSecond: 1 } });
    const link = rig.node.inboundLink();
    rig.node.tick(started(link));
    for (let n = 0; n < 60; n++) rig.node.item(link, n, TYPE, 1, `${n}`);
    rig.node.tick(started(link));
    assert.ok(rig.isHeld(link));
    rig.node.advance(55_000);
    assert.ok(rig.isHeld(link));
    rig.node.advance(2_000);
    assert.ok(!rig.isHeld(link));
    assert.deepEqual(rig.advance(7_900), []);
    assert.deepEqual(rig.advance(2_100), [`close ${link}: frameTimeout`]);
  });

  it("of an unknown connection is ignored", () => {
    const rig = new FlowRig();
    assert.deepEqual(linesOf(rig.node.tick(started(rig.node.freshLinkId()))), []);
  });
});

describe("[protocol §4.10] the pending store", () => {
  it("holds so many items in all; one more is notified, but not held", () => {
    const rig = new FlowRig({ limits: { pendingItems: 3 } });
    const [from, to] = [rig.node.inboundLink(), rig.node.inboundLink()];
    for (let id = 0; id < 4; id++) rig.node.item(from, id, TYPE, 0, `${id}`);
    assert.equal(rig.node.store("pendingItems").entries, 3);
    assert.equal(rig.node.counter("itemNotHeld"), 1);
    for (let id = 0; id < 4; id++) rig.node.answerLast(rig.module, "accept");
    assert.equal(rig.node.notificationsTo(rig.module).length, 4);
    assert.deepEqual(
      rig.node.itemsTo(to).map(({ messageId }) => messageId),
      [0, 1, 2],
    );
  });

  it("bounds what one link may hold, so that others find room", () => {
    const rig = new FlowRig({ limits: { pendingItemsPerLink: 3, pendingBytesPerLink: 100 } });
    const [greedy, large, other] = [
      rig.node.inboundLink(),
      rig.node.inboundLink(),
      rig.node.inboundLink(),
    ];
    for (let id = 0; id < 9; id++) rig.node.item(greedy, id, TYPE, 0, `${id}`);
    assert.equal(rig.node.store("pendingItems").entries, 3);
    rig.node.item(large, 20, TYPE, 0, "x".repeat(60));
    rig.node.item(large, 21, TYPE, 0, "y".repeat(60));
    rig.node.item(other, 30, TYPE, 0, "z");
    assert.equal(rig.node.store("pendingItems").entries, 5);
  });

  it("holds no data of an item with TTL 1", () => {
    const rig = new FlowRig();
    rig.node.item(rig.node.inboundLink(), 1, TYPE, 1, "x".repeat(1_000));
    assert.equal(rig.node.store("pendingItems").bytes, 0);
    assert.equal(rig.node.store("pendingItems").entries, 1);
  });

  it("does not read a link over half its share while verdicts keep coming, for 250 ms at most", () => {
    const rig = new FlowRig({ limits: { pendingItemsPerLink: 10 } });
    const [fast, other] = [rig.node.inboundLink(), rig.node.inboundLink()];
    rig.node.item(other, 99, TYPE, 0, "first");
    rig.advance(250);
    for (let id = 0; id < 6; id++) rig.node.item(fast, id, TYPE, 0, `${id}`);
    assert.equal(rig.isHeld(fast), false, "no verdict has come");
    rig.node.answerLast(rig.module, "accept");
    rig.node.item(fast, 7, TYPE, 0, "7");
    assert.equal(rig.isHeld(fast), true);
    assert.equal(rig.isHeld(other), false);
    assert.deepEqual(rig.advance(249), []);
    assert.deepEqual(rig.advance(1), [`resume ${fast}`]);
    assert.equal(rig.node.counter("pendingHolds"), 1);
  });

  it("gives a validator that has just been asked those 250 ms for its first verdict", () => {
    const rig = new FlowRig({ limits: { pendingItemsPerLink: 10 } });
    const fast = rig.node.inboundLink();
    for (let id = 0; id < 6; id++) rig.node.item(fast, id, TYPE, 0, `${id}`);
    assert.equal(rig.isHeld(fast), true);
    assert.deepEqual(rig.advance(249), []);
    assert.deepEqual(rig.advance(1), [`resume ${fast}`]);
  });

  it("reads the link again when verdicts bring it down to half its share", () => {
    const rig = new FlowRig({ limits: { pendingItemsPerLink: 4 } });
    const fast = rig.node.inboundLink();
    rig.node.item(fast, 0, TYPE, 0, "0");
    rig.node.answerLast(rig.module, "accept");
    for (let id = 1; id < 4; id++) rig.node.item(fast, id, TYPE, 0, `${id}`);
    assert.equal(rig.isHeld(fast), true);
    rig.node.answerLast(rig.module, "accept");
    assert.equal(rig.isHeld(fast), false);
    assert.deepEqual(rig.advance(1_000), []);
  });

  it("goes on holding while verdicts come, even those of others' items", () => {
    const rig = new FlowRig({ limits: { pendingItemsPerLink: 10 } });
    const fast = rig.node.inboundLink();
    const third = rig.node.subscriber(TYPE + 1);
    const other = rig.node.inboundLink();
    const judgeOther = (id: number): void => {
      rig.node.item(other, id, TYPE + 1, 0, `${id}`);
      rig.node.answerLast(third, "accept");
    };
    judgeOther(100);
    for (let id = 0; id < 6; id++) rig.node.item(fast, id, TYPE, 0, `${id}`);
    for (let round = 1; round <= 10; round++) {
      rig.node.advance(200);
      assert.equal(rig.isHeld(fast), true);
      judgeOther(100 + round);
    }
    rig.node.advance(250);
    assert.equal(rig.isHeld(fast), false);
  });

  it("settles what links have brought that are gone meanwhile", () => {
    const rig = new FlowRig();
    const [from, to] = [rig.node.inboundLink(), rig.node.inboundLink()];
    rig.node.item(from, 1, TYPE, 0, "x");
    rig.node.tick({ kind: "linkLost", link: from });
    rig.node.answerLast(rig.module, "accept");
    assert.equal(rig.node.itemsTo(to).length, 1);
    assert.equal(rig.node.store("pendingItems").entries, 0);
  });
});

describe("[protocol §2.6] a slow reader", () => {
  const flooded = (options: HarnessOptions["limits"]): { rig: FlowRig; other: SubscriberId } => {
    const rig = new FlowRig({ limits: { ...options, linkFramesPerSecond: 0 } });
    const other = rig.node.subscriber(TYPE);
    rig.node.freeze(rig.module);
    const from = rig.node.inboundLink();
    for (let id = 0; id < 40; id++) {
      rig.node.item(from, id, TYPE, 0, `${id}`);
      rig.node.answerLast(other, "accept");
    }
    return { rig, other };
  };

  it("loses new notifications over its bounds, counted, reported once per episode", () => {
    const { rig, other } = flooded({ subscriberQueueMessages: 10 });
    const { notificationsDropped, waiting } = rig.node.subscriberSnapshot(rig.module);
    assert.deepEqual({ notificationsDropped, waiting }, { notificationsDropped: 30, waiting: 9 });
    const lag = (): string[] => rig.node.reports().filter((name) => name.startsWith("subscriber"));
    assert.deepEqual(lag().slice(2), ["subscriberLagging"]);
    assert.equal(rig.node.notificationsTo(other).length, 40);
    for (let n = 0; n < 30; n++) {
      rig.node.drainSubscriber(rig.module);
      rig.node.answerLast(rig.module, "accept");
    }
    assert.deepEqual(lag().slice(2), ["subscriberLagging", "subscriberRecovered"]);
    assert.deepEqual(rig.node.notificationsTo(rig.module).length, 10);
  });

  it("abstains from what was dropped: the item spreads without it", () => {
    const { rig } = flooded({ subscriberQueueMessages: 10 });
    assert.equal(rig.node.counter("itemAccepted"), 30);
  });

  it("is bounded in bytes, too", () => {
    const { rig } = flooded({ subscriberQueueBytes: 95 });
    assert.equal(rig.node.counter("notificationsDropped") > 20, true);
    const { waitingBytes } = rig.node.subscriberSnapshot(rig.module);
    assert.ok(waitingBytes <= 95);
  });

  it("that takes nothing for 30 s is closed; the others go on", () => {
    const { rig, other } = flooded({});
    const outputs = linesOf(rig.node.advance(30_000));
    assert.equal(outputs.filter((line) => line === `close ${rig.module}: stalled`).length, 1);
    assert.equal(rig.node.subscriberSnapshot(other).role, "validator");
  });

  it("that takes something every 29 s is not closed", () => {
    const rig = new FlowRig();
    rig.node.freeze(rig.module);
    const from = rig.node.inboundLink();
    for (let n = 0; n < 10; n++) {
      rig.node.item(from, n, TYPE, 0, `${n}`);
      rig.node.advance(29_000);
      rig.node.drainSubscriber(rig.module);
    }
    assert.equal(rig.node.subscriberSnapshot(rig.module).role.length > 0, true);
  });

  it("is closed even when its socket took a write in the tick of the one it got stuck on", () => {
    const rig = new FlowRig();
    rig.node.freeze(rig.module);
    const from = rig.node.inboundLink();
    rig.node.item(from, 1, TYPE, 0, "1");
    rig.node.answerLast(rig.module, "accept");
    rig.node.tick(
      { kind: "peerMessage", link: from, message: new P2PAnnounce(2, TYPE, 0, bytesOf("2")) },
      { kind: "subscriberDrained", subscriber: rig.module },
    );
    assert.deepEqual(rig.advance(30_000), [`close ${rig.module}: stalled`]);
  });

  it("is not written more than 64 KiB ahead, even as an observer", () => {
    const rig = new FlowRig({ limits: { linkBytesPerSecond: 0 } });
    const from = rig.node.inboundLink();
    for (let id = 0; id < 3; id++) rig.node.item(from, id, TYPE, 1, `${id}`);
    rig.node.advance(3_200);
    rig.node.freeze(rig.module);
    for (let id = 10; id < 40; id++) {
      rig.node.receive(from, new P2PAnnounce(id, TYPE, 1, new Uint8Array(30_000).fill(id)));
    }
    assert.equal(rig.node.notificationsTo(rig.module).length, 3 + 3);
    rig.node.drainSubscriber(rig.module);
    assert.equal(rig.node.notificationsTo(rig.module).length, 3 + 6);
  });
});

describe("[protocol §4.8] the seen cache, full within a second", () => {
  it("pauses reading from everybody until it is old enough to turn", () => {
    let digests = 0;
    // A counter in place of SHA-256, because a million hashes are not what is tested here.
    const digest = (): string => (digests++).toString(36).padStart(16, "0").padEnd(32);
    const limits = { linkFramesPerSecond: 0, pendingItemsPerLink: 65_536 };
    const rig = new FlowRig({ digest, limits });
    const from = rig.node.inboundLink();
    const message = new P2PAnnounce(1, TYPE, 1, new Uint8Array(0));
    let inputs = 0;
    for (; !rig.isHeld(from); inputs += 1_000) {
      for (let n = 0; n < 1_000; n++) rig.node.input({ kind: "peerMessage", link: from, message });
      rig.node.outputs.length = 0;
      if (inputs > SEEN_ENTRIES_MAX) throw new Error("never paused");
    }
    assert.ok(inputs > SEEN_ENTRIES_MAX - 10_000);
    assert.equal(rig.node.subscriberSnapshot(rig.module).reading, "held");
    const late = rig.node.inboundLink();
    assert.equal(rig.isHeld(late), true);
    const module = rig.node.subscriber();
    assert.equal(rig.node.subscriberSnapshot(module).reading, "held");
    assert.equal(rig.node.counter("readingPaused"), 1);
    const before = rig.node.store("seenKeys").entries;
    rig.node.advance(999);
    assert.equal(rig.isHeld(from), true);
    rig.node.advance(1);
    assert.equal(rig.isHeld(from), false);
    assert.equal(rig.isHeld(late), false);
    rig.node.receive(from, message);
    assert.equal(rig.node.counter("seenWindowShortened"), 1);
    assert.equal(rig.node.store("seenKeys").entries, before + 1);
    rig.node.receive(late, new P2PAnnounce(2, TYPE, 1, new Uint8Array(0)));
    assert.equal(rig.isHeld(late), false);
  });
});

describe("[protocol §4.8] the seen window", () => {
  it("turns by age even when nothing arrives, and forgets after 240 s at the latest", () => {
    const rig = new FlowRig();
    const from = rig.node.inboundLink();
    rig.node.item(from, 1, TYPE, 1, "x");
    rig.node.advance(119_000);
    rig.node.item(from, 1, TYPE, 1, "x");
    assert.equal(rig.node.counter("itemDuplicate"), 1);
    rig.node.advance(121_000);
    assert.equal(rig.node.store("seenKeys").entries, 0);
  });
});
