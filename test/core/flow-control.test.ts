import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { GossipAnnounce } from "../../src/wire/api/gossip-announce.ts";
import { P2PAnnounce } from "../../src/wire/p2p/p2p-announce.ts";
import { FLOW_TYPE as TYPE, FlowRig } from "../support/core-flow.ts";
import { bytesOf } from "../support/core-harness.ts";
import { linesOf } from "../support/core-outbox.ts";

describe("[protocol §4.11] a slow peer", () => {
  it("has its oldest payloads dropped over its bounds, counted, and reported once per episode", () => {
    const rig = new FlowRig({ limits: { linkQueueFrames: 10 } });
    const slow = rig.frozenLink();
    rig.announce(31);
    const { queueFrames, framesDropped } = rig.node.linkSnapshot(slow);
    assert.deepEqual({ queueFrames, framesDropped }, { queueFrames: 10, framesDropped: 21 });
    const lagging = (): string[] => rig.node.reports().filter((name) => name.startsWith("link"));
    assert.deepEqual(lagging().slice(1), ["linkLagging"]);
    for (let write = 0; write < 3; write++) rig.node.drainLink(slow);
    assert.deepEqual(lagging().slice(1), ["linkLagging", "linkRecovered"]);
    const items = rig.node.itemsTo(slow).map(({ data }) => new TextDecoder().decode(data));
    assert.deepEqual(items, ["0", "22", "23", "24", "25", "26", "27", "28", "29", "30"]);
  });

  it("is closed after 30 s without progress, and not while it makes some", () => {
    const rig = new FlowRig();
    const slow = rig.frozenLink();
    rig.announce(1);
    rig.node.advance(29_999);
    rig.announce(1);
    rig.drain(slow);
    assert.deepEqual(rig.advance(29_999), []);
    assert.deepEqual(rig.advance(1), [`close ${slow}: stalled`]);
  });

  it("that takes everything may be idle for ever", () => {
    const rig = new FlowRig();
    rig.node.inboundLink();
    rig.announce(1);
    assert.deepEqual(rig.advance(10 * 60_000), []);
  });

  it("gets at most one write at a time", () => {
    const rig = new FlowRig();
    const slow = rig.frozenLink();
    rig.announce(5);
    assert.equal(rig.node.itemsTo(slow).length, 1);
    rig.drain(slow);
    assert.equal(rig.node.itemsTo(slow).length, 5);
  });

  it("leaves others alone", () => {
    const rig = new FlowRig({ limits: { linkQueueFrames: 10 } });
    rig.frozenLink();
    const [a, b] = [rig.node.inboundLink(), rig.node.inboundLink()];
    assert.deepEqual(rig.announce(1_000), []);
    assert.equal(rig.node.itemsTo(a).length, 1_000);
    assert.equal(rig.node.itemsTo(b).length, 1_000);
  });
});

describe("[protocol §4.11] before anything is dropped", () => {
  it("modules and peers pause while more than half of the links are over half full", () => {
    const rig = new FlowRig({ limits: { linkQueueFrames: 10 } });
    const [a, b] = [rig.frozenLink(), rig.frozenLink()];
    const c = rig.node.inboundLink();
    assert.deepEqual(rig.announce(5), []);
    assert.deepEqual(rig.announce(1), [`hold ${c}`, `hold ${rig.module}`]);
    assert.deepEqual([rig.isHeld(a), rig.isHeld(b)], [false, false]);
    assert.deepEqual(rig.drain(a), [`resume ${c}`, `resume ${rig.module}`]);
    assert.equal(rig.node.counter("framesDropped"), 0);
  });

  it("a peer's items count only the other links: of two links each waits for the other", () => {
    const rig = new FlowRig({ limits: { linkQueueFrames: 10 } });
    const slow = rig.frozenLink();
    const other = rig.node.inboundLink();
    assert.deepEqual(rig.announce(6), [`hold ${other}`]);
    assert.deepEqual(rig.drain(slow), [`resume ${other}`]);
    assert.equal(rig.isHeld(other), false);
  });

  it("a module pauses when its verdicts go to links that are full, though most links of all are not", () => {
    const rig = new FlowRig({ limits: { linkQueueFrames: 10 } });
    const slow = rig.frozenLink();
    const source = rig.node.inboundLink();
    for (let id = 1; id <= 8; id++) rig.node.item(source, id, TYPE, 5, `${id}`);
    const accept = (): string[] =>
      linesOf(
        rig.node
          .answerLast(rig.module, "accept")
          .filter(({ kind }) => kind !== "write" && kind !== "notify"),
      );
    for (let verdict = 1; verdict <= 5; verdict++) assert.deepEqual(accept(), []);
    assert.deepEqual(accept(), [`hold ${source}`, `hold ${rig.module}`]);
    assert.deepEqual(rig.drain(slow), [`resume ${source}`, `resume ${rig.module}`]);
    for (let verdict = 7; verdict <= 8; verdict++) accept();
    assert.equal(rig.node.counter("framesDropped"), 0);
  });

  it("a module does not pause for a held link of which nothing waits for a verdict", () => {
    const rig = new FlowRig({ limits: { linkQueueFrames: 10 } });
    const slow = rig.frozenLink();
    const source = rig.node.inboundLink();
    rig.node.item(source, 1, TYPE, 5, "settled");
    rig.node.answerLast(rig.module, "accept");
    assert.deepEqual(rig.announce(5), [`hold ${source}`]);
    assert.deepEqual(rig.drain(slow), [`resume ${source}`]);
  });

  it("a link that comes up late shares in the count", () => {
    const rig = new FlowRig({ limits: { linkQueueFrames: 10 }, cacheSize: 0, degree: 1 });
    const slow = rig.frozenLink();
    assert.deepEqual(rig.announce(6), [`hold ${rig.module}`]);
    const outputs = rig.node.outputs.length;
    rig.node.inboundLink();
    assert.ok(linesOf(rig.node.outputs.slice(outputs)).includes(`resume ${rig.module}`));
    rig.node.tick({ kind: "linkLost", link: slow });
  });

  it("the pause begins within the tick that fills the queues, so that one big read loses nothing", () => {
    const rig = new FlowRig({ limits: { linkQueueFrames: 10 } });
    const idle = rig.node.inboundLink();
    rig.node.advance(10_000);
    const lines: string[] = [];
    for (let n = 1; n <= 6; n++) {
      const request = new GossipAnnounce(1, TYPE, bytesOf(`${n}`));
      const outputs = rig.node.input({ kind: "apiRequest", subscriber: rig.module, request });
      lines.push(...linesOf(outputs).map((line) => `${n}: ${line}`));
    }
    assert.deepEqual(lines, [`6: hold ${rig.module}`]);
    const flushed = linesOf(rig.node.tick());
    assert.equal(flushed.at(-1), `resume ${rig.module}`);
    assert.equal(rig.node.itemsTo(idle).length, 6);
  });

  it("a link without progress for 250 ms no longer counts, until it moves again", () => {
    const rig = new FlowRig({ limits: { linkQueueFrames: 100 } });
    const slow = rig.frozenLink();
    const other = rig.node.inboundLink();
    assert.deepEqual(rig.announce(90), [`hold ${other}`]);
    assert.deepEqual(rig.advance(249), []);
    assert.deepEqual(rig.advance(1), [`resume ${other}`]);
    rig.announce(500);
    assert.equal(rig.isHeld(other), false);
    assert.ok(rig.node.counter("framesDropped") > 0);
    rig.drain(slow);
    assert.equal(rig.isHeld(other), true);
    rig.drain(slow);
    assert.equal(rig.isHeld(other), false);
  });

  it("two nodes that are full of each other's items cannot block each other for longer", () => {
    const rig = new FlowRig({ limits: { linkQueueFrames: 10 } });
    const only = rig.frozenLink();
    rig.announce(10);
    assert.equal(rig.isHeld(only), false);
    assert.equal(rig.node.subscriberSnapshot(rig.module).reading, "held");
    rig.advance(250);
    assert.equal(rig.node.subscriberSnapshot(rig.module).reading, "open");
  });

  it("a link that closes while all wait for it lets them go on", () => {
    const rig = new FlowRig({ limits: { linkQueueFrames: 10 } });
    const slow = rig.frozenLink();
    const other = rig.node.inboundLink();
    rig.announce(6);
    assert.equal(rig.isHeld(other), true);
    rig.node.tick({ kind: "linkLost", link: slow });
    assert.equal(rig.isHeld(other), false);
  });

  it("a module that connects during a pause joins it", () => {
    const rig = new FlowRig({ limits: { linkQueueFrames: 10 } });
    rig.frozenLink();
    rig.announce(6);
    const late = rig.node.subscriber();
    assert.equal(rig.node.subscriberSnapshot(late).reading, "held");
    rig.advance(250);
    assert.equal(rig.node.subscriberSnapshot(late).reading, "open");
  });
});

describe("[protocol §4.11] the read budget of a link", () => {
  it("holds reading as long as it takes, drops nothing, and leaves other links alone", () => {
    const rig = new FlowRig({ limits: { linkFramesPerSecond: 10 } });
    const [fast, other] = [rig.node.inboundLink(), rig.node.inboundLink()];
    for (let n = 0; n < 50; n++) rig.node.item(fast, n, TYPE, 1, `${n}`);
    assert.equal(rig.node.counter("itemNew"), 50);
    assert.deepEqual([rig.isHeld(fast), rig.isHeld(other)], [true, false]);
    // 40 at once, VERIFY among them; 11 more take 1.1 s.
    assert.deepEqual(rig.advance(1_099), []);
    assert.deepEqual(rig.advance(1), [`resume ${fast}`]);
  });

  it("counts every frame, duplicates and unsubscribed ones, too", () => {
    const rig = new FlowRig({ limits: { linkFramesPerSecond: 10 } });
    const fast = rig.node.inboundLink();
    for (let n = 0; n < 40; n++) rig.node.item(fast, 1, n % 2, 1, "x");
    assert.equal(rig.isHeld(fast), true);
  });

  it("counts bytes", () => {
    const rig = new FlowRig({ limits: { linkBytesPerSecond: 1_000 } });
    const fast = rig.node.inboundLink();
    rig.node.receive(fast, new P2PAnnounce(1, TYPE, 1, new Uint8Array(4_988)));
    assert.equal(rig.isHeld(fast), true);
  });
});
