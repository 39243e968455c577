import assert from "node:assert/strict";
import { describe, it } from "node:test";
import type { LinkId, SubscriberId } from "../../src/core/ports.ts";
import { CoreHarness } from "../support/core-harness.ts";
import type { HarnessOptions } from "../support/core-harness.ts";

const TYPE = 7;
/** Those of [protocol §4.3]. */
const ITEMS_PER_STEP = 256;

/** Many items that one module has accepted, and that another one keeps waiting. */
class Rig {
  readonly node: CoreHarness;
  readonly from: LinkId;
  readonly silent: SubscriberId;
  readonly #prompt: SubscriberId;

  constructor(options: HarnessOptions = {}) {
    this.node = new CoreHarness(options);
    this.from = this.node.inboundLink();
    this.silent = this.node.subscriber(TYPE);
    this.#prompt = this.node.subscriber(TYPE);
  }

  acceptedByOne(count: number, bytes = 4): void {
    for (let n = 0; n < count; n++) {
      this.node.item(this.from, n, TYPE, 5, `${n}`.padEnd(bytes));
      this.node.answerLast(this.#prompt, "accept");
    }
    assert.equal(this.node.store("pendingItems").entries, count);
  }

  silentOneLeaves(): void {
    this.node.tick({ kind: "subscriberGone", subscriber: this.silent });
  }

  /** Its third notification, written after 100 ms, is 3 s old. */
  silentOneIsGivenUp(): void {
    this.node.advance(3_099);
    this.node.oversleep(1);
  }

  /** One wakeup, as from a timer. */
  nextStep(): void {
    this.node.tick({ kind: "wakeup" });
  }
}

describe("[protocol §4.3] items that are decided all at once", () => {
  it("are settled 256 in a step when a module leaves, in the order they came", () => {
    const rig = new Rig();
    const to = rig.node.inboundLink();
    rig.acceptedByOne(1_000);
    rig.silentOneLeaves();
    for (const settled of [256, 512, 768, 1_000]) {
      assert.equal(rig.node.itemsTo(to).length, settled);
      assert.equal(rig.node.store("pendingItems").entries, 1_000 - settled);
      rig.nextStep();
    }
    assert.deepEqual(
      rig.node.itemsTo(to).map(({ messageId }) => messageId),
      Array.from({ length: 1_000 }, (_, n) => n),
    );
  });

  it("are settled 256 in a step when a module is no longer waited for", () => {
    const rig = new Rig();
    rig.acceptedByOne(1_000);
    rig.silentOneIsGivenUp();
    assert.equal(rig.node.subscriberSnapshot(rig.silent).role, "observer");
    assert.equal(rig.node.counter("itemAccepted"), ITEMS_PER_STEP);
    rig.node.advance(0);
    assert.equal(rig.node.counter("itemAccepted"), 1_000);
  });

  it("are settled until the first that reaches 256 KiB", () => {
    const rig = new Rig();
    rig.acceptedByOne(12, 60_000);
    rig.silentOneLeaves();
    assert.equal(rig.node.counter("itemAccepted"), 5);
    rig.nextStep();
    assert.equal(rig.node.counter("itemAccepted"), 10);
  });

  it("wait while most links are full, and are not dropped", () => {
    const rig = new Rig();
    const slow = [rig.node.inboundLink(), rig.node.inboundLink()] as const;
    for (const link of slow) rig.node.freeze(link);
    rig.acceptedByOne(1_000);
    rig.silentOneLeaves();
    rig.node.advance(200);
    assert.equal(rig.node.counter("itemAccepted"), 3 * ITEMS_PER_STEP);
    for (const link of slow) rig.node.drainLink(link);
    rig.node.advance(20);
    assert.equal(rig.node.counter("itemAccepted"), 1_000);
    assert.equal(rig.node.counter("framesDropped"), 0);
  });

  it("do not wait for links that are stuck", () => {
    const rig = new Rig();
    for (const link of [rig.node.inboundLink(), rig.node.inboundLink()]) rig.node.freeze(link);
    rig.acceptedByOne(1_000);
    rig.silentOneLeaves();
    rig.node.advance(260);
    assert.equal(rig.node.counter("itemAccepted"), 1_000);
  });

  it("are still improved by copies, whose links do not get them back", () => {
    const rig = new Rig();
    const [to, copier] = [rig.node.inboundLink(), rig.node.inboundLink()];
    rig.acceptedByOne(300);
    rig.silentOneLeaves();
    rig.node.item(copier, 299, TYPE, 9, "299 ");
    rig.node.advance(0);
    assert.equal(rig.node.counter("itemImproved"), 1);
    assert.equal(rig.node.itemsTo(to).at(-1)?.ttl, 8);
    assert.equal(rig.node.itemsTo(copier).at(-1)?.messageId, 298);
  });

  it("are not undone by a late answer", () => {
    const rig = new Rig();
    rig.acceptedByOne(1_000);
    rig.silentOneIsGivenUp();
    rig.node.answerLast(rig.silent, "reject");
    rig.node.advance(0);
    assert.equal(rig.node.counter("verdictsReject"), 1);
    assert.equal(rig.node.counter("itemAccepted"), 1_000);
  });
});

describe("[protocol §4.3] deadlines that pass all at once", () => {
  it("end 256 items in a step, and nothing that is due is written meanwhile", () => {
    const node = new CoreHarness();
    const from = node.inboundLink();
    const module = node.subscriber(TYPE);
    node.item(from, 0, TYPE, 5, "first");
    node.answerLast(module, "accept");
    for (let n = 1; n <= 1_000; n++) node.item(from, n, TYPE, 5, `${n}`);
    const written = node.notificationsTo(module).length;
    node.oversleep(30_000);
    assert.equal(node.counter("itemExpired"), ITEMS_PER_STEP);
    node.advance(0);
    assert.equal(node.counter("itemExpired"), 1_000);
    assert.equal(node.notificationsTo(module).length, written);
    assert.equal(node.subscriberSnapshot(module).waiting, 0);
    assert.equal(node.store("pendingItems").entries, 0);
  });

  it("let what was decided before go first", () => {
    const rig = new Rig();
    rig.acceptedByOne(1_000);
    rig.node.advance(2_999);
    rig.silentOneLeaves();
    rig.node.oversleep(30_000);
    rig.node.advance(0);
    assert.equal(rig.node.counter("itemAccepted"), 1_000);
    assert.equal(rig.node.counter("itemExpired"), 0);
    assert.equal(rig.node.store("pendingItems").entries, 0);
  });
});
