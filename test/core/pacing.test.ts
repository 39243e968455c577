import assert from "node:assert/strict";
import { describe, it } from "node:test";
import type { LinkId, SubscriberId } from "../../src/core/ports.ts";
import type { GossipNotification } from "../../src/wire/api/gossip-notification.ts";
import { P2PAnnounce } from "../../src/wire/p2p/p2p-announce.ts";
import { bytesOf, CoreHarness } from "../support/core-harness.ts";
import { linesOf } from "../support/core-outbox.ts";

const TYPE = 7;

const itemMessage = (id: number): P2PAnnounce => new P2PAnnounce(id, TYPE, 1, bytesOf(`${id}`));

/** A node with one peer that sends items and one module. */
class Rig {
  readonly node = new CoreHarness();
  readonly from: LinkId = this.node.inboundLink();
  readonly module: SubscriberId = this.node.subscriber(TYPE);
  #items = 0;

  /** So many new items arrive, each in a tick of its own. Returns what was written to the module. */
  items(count: number): string[] {
    const first = this.node.outputs.length;
    for (let n = 0; n < count; n++) {
      this.node.item(this.from, this.#items & 0xffff, TYPE, 1, `${this.#items++}`);
    }
    return linesOf(this.node.outputs.slice(first));
  }

  /** Answers everything written, one by one and at once, until nothing more comes. */
  answerAll(isEnough: () => boolean = () => false): void {
    for (; this.#answered < this.#written().length; this.#answered++) {
      const next = this.#written()[this.#answered];
      assert.ok(next !== undefined);
      this.node.answer(this.module, next.messageId, "accept");
      if (isEnough()) {
        this.#answered++;
        return;
      }
    }
  }
  #answered = 0;
  readonly #notifications: GossipNotification[] = [];
  #outputsRead = 0;

  #written(): readonly GossipNotification[] {
    const unread = this.node.outputs.slice(this.#outputsRead);
    this.#notifications.push(...this.node.notificationsTo(this.module, unread));
    this.#outputsRead = this.node.outputs.length;
    return this.#notifications;
  }

  /** The module earns a window of exactly that size, and nothing of it is in use. */
  earn(wanted: number): void {
    for (let window = 1; window < wanted; window = this.#window()) {
      this.items(2 * window + 8);
      const before = window;
      this.answerAll(() => this.#window() > before);
      this.answerAll();
    }
    assert.equal(this.#window(), wanted);
  }

  #window(): number {
    return this.node.subscriberSnapshot(this.module).window;
  }

  notified(): number {
    return this.node.notificationsTo(this.module).length;
  }
}

describe("[protocol §2.5] a module", () => {
  it("gets its first notification alone, and the next with its answer", () => {
    const { node, module, from } = new Rig();
    node.item(from, 1, TYPE, 1, "a");
    assert.deepEqual(linesOf(node.item(from, 2, TYPE, 1, "b")), []);
    assert.deepEqual(linesOf(node.answerLast(module, "accept")), [`notify ${module}: "b"`]);
  });

  it("that has not answered yet gets one more every 50 ms", () => {
    const rig = new Rig();
    assert.equal(rig.items(10).length, 1);
    assert.deepEqual(linesOf(rig.node.advance(49)), []);
    assert.deepEqual(linesOf(rig.node.advance(1)), [`notify ${rig.module}: "1"`]);
    assert.equal(linesOf(rig.node.advance(200)).length, 4);
  });

  it("that has answered once gets one more a second while its window is 1", () => {
    const rig = new Rig();
    rig.items(1);
    rig.node.answerLast(rig.module, "accept");
    assert.equal(rig.items(5).length, 1);
    assert.deepEqual(linesOf(rig.node.advance(999)), []);
    assert.deepEqual(linesOf(rig.node.advance(1)), [`notify ${rig.module}: "2"`]);
    assert.equal(linesOf(rig.node.advance(2_000)).length, 2);
  });

  it("that answers promptly gets a window that doubles while eight more wait", () => {
    const rig = new Rig();
    rig.items(40);
    const windows = new Set<number>();
    for (let n = 0; n < 30; n++) {
      windows.add(rig.node.subscriberSnapshot(rig.module).window);
      rig.node.answerLast(rig.module, "accept");
    }
    assert.deepEqual([...windows], [1, 2, 4, 8, 16]);
  });

  it("with a window below 8 gets one write per notification, from 8 on one per tick", () => {
    for (const [window, writes] of [
      [4, 4],
      [8, 1],
      [16, 1],
    ] as const) {
      const rig = new Rig();
      rig.earn(window);
      const first = rig.node.outputs.length;
      for (let n = 0; n < window; n++) {
        rig.node.input({ kind: "peerMessage", link: rig.from, message: itemMessage(50_000 + n) });
      }
      rig.node.tick();
      const notifies = rig.node.outputs.slice(first).filter(({ kind }) => kind === "notify");
      assert.equal(notifies.length, writes);
      assert.equal(rig.node.notificationsTo(rig.module, notifies).length, window);
    }
  });

  it("with a full window and no answer for 50 ms gets one more", () => {
    const rig = new Rig();
    rig.earn(4);
    assert.equal(rig.items(20).length, 4);
    assert.equal(linesOf(rig.node.advance(49)).length, 0);
    assert.equal(linesOf(rig.node.advance(1)).length, 1);
  });

  it("that loses two which arrived together gets one at a time for good, logged once", () => {
    const rig = new Rig();
    rig.earn(2);
    rig.items(2);
    assert.deepEqual(rig.node.reports(rig.node.advance(1_999)), []);
    assert.deepEqual(rig.node.reports(rig.node.advance(1)), ["oneAtATime"]);
    assert.equal(rig.node.subscriberSnapshot(rig.module).pacing, "oneAtATime");
    rig.node.advance(60_000);
    rig.items(300);
    rig.answerAll();
    const { window, pacing } = rig.node.subscriberSnapshot(rig.module);
    assert.deepEqual({ window, pacing }, { window: 1, pacing: "oneAtATime" });
    assert.equal(rig.node.reports().filter((name) => name === "oneAtATime").length, 1);
  });

  it("that takes each read for one message loses one pair and nothing more", () => {
    const node = new CoreHarness();
    const [from, module] = [node.inboundLink(), node.subscriber(TYPE)];
    for (let n = 0; n < 60; n++) node.item(from, n, TYPE, 1, `${n}`);
    // What one tick wrote arrives as one read: a single message is answered, several are ignored.
    let unread = node.outputs.length;
    let lost = 0;
    let answered = 1;
    let fresh = node.answerLast(module, "accept");
    for (let millisecond = 0; millisecond < 20_000 && answered + lost < 60; millisecond += 10) {
      const read = node.notificationsTo(module, fresh);
      unread = node.outputs.length;
      if (read.length > 1) lost += read.length;
      for (const { messageId } of read.length === 1 ? read : []) {
        answered++;
        node.answer(module, messageId, "accept");
      }
      node.advance(10);
      fresh = node.outputs.slice(unread);
    }
    assert.deepEqual({ lost, answered }, { lost: 2, answered: 58 });
    assert.equal(node.subscriberSnapshot(module).pacing, "oneAtATime");
  });

  it("that answers one of a pair keeps its window", () => {
    const rig = new Rig();
    rig.earn(2);
    rig.items(2);
    const [, second] = rig.node.notificationsTo(rig.module).slice(-2);
    assert.ok(second !== undefined);
    rig.node.answer(rig.module, second.messageId, "accept");
    rig.node.advance(25_000);
    assert.equal(rig.node.subscriberSnapshot(rig.module).pacing, "windowed");
  });

  it("that never answers is not taken for one that loses pairs", () => {
    const rig = new Rig();
    rig.items(10);
    rig.node.advance(2_900);
    assert.equal(rig.node.subscriberSnapshot(rig.module).pacing, "windowed");
  });

  it("that is an observer is not paced", () => {
    const rig = new Rig();
    rig.items(3);
    rig.node.advance(3_100);
    assert.equal(rig.node.subscriberSnapshot(rig.module).role, "observer");
    assert.equal(rig.items(500).length, 500);
  });

  it("that is slow and far behind is not flooded when deadlines pass, nor taken for silent", () => {
    // It answers each notification 1.2 s after it came; a hundred items arrive within 100 ms.
    const rig = new Rig();
    const answerAt: number[] = [];
    const play = (milliseconds: number): void => {
      for (let ms = 0; ms < milliseconds; ms++) {
        rig.node.advance(1);
        while (answerAt.length < rig.notified()) answerAt.push(rig.node.now + 1_200);
        const due = answerAt.indexOf(rig.node.now);
        const notification = rig.node.notificationsTo(rig.module)[due];
        if (notification !== undefined) {
          rig.node.answer(rig.module, notification.messageId, "accept");
        }
      }
    };
    rig.items(1);
    play(3_000);
    for (let n = 0; n < 100; n++) {
      rig.items(1);
      play(1);
    }
    for (let second = 0; second < 40; second++) {
      const before = rig.notified();
      play(1_000);
      assert.ok(rig.notified() - before <= 2, `second ${second}`);
    }
    assert.equal(rig.node.counter("observerBegan"), 0);
    assert.ok(rig.node.counter("verdictsAccept") > 20);
  });

  it("whose notification expires gets room for another", () => {
    const rig = new Rig();
    rig.items(1);
    rig.answerAll();
    rig.items(1);
    rig.node.advance(29_000);
    assert.equal(rig.items(1).length, 1, "one a second beyond the window");
    rig.node.advance(999);
    assert.deepEqual(rig.items(1), []);
    assert.equal(linesOf(rig.node.advance(1)).length, 1);
  });
});

describe("[protocol §2.3] notification ids", () => {
  it("are fresh for each subscriber, and not the network's", () => {
    const node = new CoreHarness();
    const from = node.inboundLink();
    const modules = [node.subscriber(TYPE), node.subscriber(TYPE)];
    const ids = new Set<number>([77]);
    node.item(from, 77, TYPE, 1, "x");
    for (const module of modules) {
      for (const { messageId } of node.notificationsTo(module)) ids.add(messageId);
    }
    assert.equal(ids.size, 3);
  });

  it("are not given out again while a verdict is outstanding, over 70,000 notifications", () => {
    const rig = new Rig();
    const open = new Set<number>();
    let above0x7fff = 0;
    rig.earn(16_384);
    let count = 0;
    let at = rig.node.outputs.length;
    while (count < 70_000) {
      rig.items(100);
      for (; at < rig.node.outputs.length; at++) {
        const output = rig.node.outputs[at];
        if (output?.kind !== "notify") continue;
        for (const { messageId } of output.notifications) {
          assert.ok(!open.has(messageId));
          open.add(messageId);
          count++;
          if (messageId > 0x7fff) above0x7fff++;
        }
      }
      for (const id of [...open].slice(0, open.size - 5_000)) {
        open.delete(id);
        rig.node.answer(rig.module, id, "accept");
      }
    }
    assert.ok(above0x7fff > 30_000);
  });

  it("of an observer are recycled, oldest first", () => {
    const rig = new Rig();
    rig.items(3);
    rig.node.advance(3_100);
    const [oldest] = rig.node.notificationsTo(rig.module);
    assert.ok(oldest !== undefined);
    rig.items(16_384);
    assert.equal(rig.node.subscriberSnapshot(rig.module).outstanding, 16_384);
    rig.node.answer(rig.module, oldest.messageId, "accept");
    assert.equal(rig.node.counter("verdictsUnknown"), 1);
    rig.node.answerLast(rig.module, "accept");
    assert.equal(rig.node.counter("verdictsAccept"), 1);
  });

  it("of a validator are not recycled, even beyond the largest window", () => {
    const rig = new Rig();
    rig.earn(16_384);
    const [oldest] = [rig.notified()];
    rig.items(16_384 + 10);
    rig.node.advance(1_900);
    const { outstanding, role } = rig.node.subscriberSnapshot(rig.module);
    assert.deepEqual({ outstanding, role }, { outstanding: 16_394, role: "validator" });
    const first = rig.node.notificationsTo(rig.module)[oldest];
    assert.ok(first !== undefined);
    rig.node.answer(rig.module, first.messageId, "accept");
    assert.equal(rig.node.counter("verdictsUnknown"), 0);
  });
});
