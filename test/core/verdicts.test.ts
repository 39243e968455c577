import assert from "node:assert/strict";
import { describe, it } from "node:test";
import type { ValidationPolicy } from "../../src/core/core-config.ts";
import type { LinkId, SubscriberId } from "../../src/core/ports.ts";
import { CoreHarness } from "../support/core-harness.ts";
import type { HarnessOptions } from "../support/core-harness.ts";
import { linesOf } from "../support/core-outbox.ts";

const TYPE = 7;
const POLICIES: readonly ValidationPolicy[] = ["all", "any", "first"];

/** A node with a link that items come from, a link they go to, and modules. */
class Rig {
  readonly node: CoreHarness;
  readonly from: LinkId;
  readonly to: LinkId;
  readonly modules: readonly SubscriberId[];

  constructor(modules: number, options: HarnessOptions = {}) {
    this.node = new CoreHarness(options);
    [this.from, this.to] = [this.node.inboundLink(), this.node.inboundLink()];
    this.modules = Array.from({ length: modules }, () => this.node.subscriber(TYPE));
  }

  module(index: number): SubscriberId {
    const module = this.modules[index];
    assert.ok(module !== undefined);
    return module;
  }

  item(id: number = 1): void {
    this.node.item(this.from, id, TYPE, 5, `item ${id}`);
  }

  leave(index: number): void {
    this.node.tick({ kind: "subscriberGone", subscriber: this.module(index) });
  }

  hasSpread(): boolean {
    return this.node.itemsTo(this.to).length > 0;
  }
}

type Act = "accept" | "reject" | "leave" | "accept, leave" | "reject, accept" | "silence";
const ACTS: readonly Act[] = [
  "accept",
  "reject",
  "leave",
  "accept, leave",
  "reject, accept",
  "silence",
];
const ORDERS = [
  [0, 1, 2],
  [0, 2, 1],
  [1, 0, 2],
  [1, 2, 0],
  [2, 0, 1],
  [2, 1, 0],
] as const;

function perform(rig: Rig, index: number, act: Act): void {
  for (const word of act.split(", ")) {
    if (word === "leave") rig.leave(index);
    else if (word !== "silence") {
      const [notification] = rig.node.notificationsTo(rig.module(index));
      assert.ok(notification !== undefined);
      rig.node.answer(
        rig.module(index),
        notification.messageId,
        word === "accept" ? word : "reject",
      );
    }
  }
}

/** The policies of §4.3 in the plainest words: what counts of each module, in order, and who is waited for. */
function expected(policy: ValidationPolicy, acts: readonly Act[]): "spreads" | "later" | "stays" {
  const votes = acts.map((act) => act.split(", ")[0]);
  const first = votes.find((vote) => vote === "accept" || vote === "reject");
  const hasSilence = votes.includes("silence");
  const [accepts, rejects] = [votes.includes("accept"), votes.includes("reject")];
  if (policy === "first") return first === "accept" ? "spreads" : "stays";
  if (policy === "any") return accepts ? "spreads" : "stays";
  if (rejects || !accepts) return "stays";
  return hasSilence ? "later" : "spreads";
}

describe("[protocol §4.3] the verdict of three modules", () => {
  for (const policy of POLICIES) {
    it(`under "${policy}" is what the clause says, whatever they do and in whatever order`, () => {
      for (const acts of ACTS.flatMap((a) =>
        ACTS.flatMap((b) => ACTS.map((c) => [a, b, c] as const)),
      )) {
        for (const order of ORDERS) {
          const rig = new Rig(3, { validationPolicy: policy });
          rig.item();
          const inOrder: Act[] = [];
          for (const index of order) {
            perform(rig, index, acts[index]);
            inOrder.push(acts[index]);
          }
          const outcome = expected(policy, inOrder);
          const where = `${policy}: ${inOrder.join(" / ")}`;
          assert.equal(rig.hasSpread(), outcome === "spreads", where);
          rig.node.advance(30_000);
          assert.equal(rig.hasSpread(), outcome !== "stays", `${where}, at the deadline`);
          assert.equal(rig.node.store("pendingItems").entries, 0);
          rig.node.advance(30_000);
          assert.ok(rig.node.itemsTo(rig.to).length <= 1, where);
        }
      }
    });
  }
});

describe("[protocol §4.3] a verdict", () => {
  for (const policy of POLICIES) {
    it(`of one module decides under "${policy}"`, () => {
      for (const verdict of ["accept", "reject"] as const) {
        const rig = new Rig(1, { validationPolicy: policy });
        rig.item();
        rig.node.answerLast(rig.module(0), verdict);
        assert.equal(rig.hasSpread(), verdict === "accept");
        assert.equal(rig.node.store("pendingItems").entries, 0);
      }
    });
  }

  it("of V = 0 under all discards for good, even when V = 1 follows", () => {
    const rig = new Rig(2);
    rig.item();
    rig.node.answerLast(rig.module(0), "reject");
    rig.node.answerLast(rig.module(1), "accept");
    rig.node.advance(60_000);
    assert.equal(rig.hasSpread(), false);
    assert.equal(rig.node.counter("itemRejected"), 1);
  });

  it("comes too late at the deadline, and in time one millisecond before", () => {
    for (const [wait, spreads] of [
      [29_999, true],
      [30_000, false],
    ] as const) {
      const rig = new Rig(1);
      rig.item();
      rig.node.advance(wait);
      rig.node.answerLast(rig.module(0), "accept");
      assert.equal(rig.hasSpread(), spreads);
    }
  });

  it("has its deadline counted from the item's arrival, each item on its own", () => {
    const rig = new Rig(1);
    rig.item(1);
    rig.node.advance(20_000);
    rig.item(2);
    assert.equal(rig.node.store("pendingItems").entries, 2);
    rig.node.advance(10_000);
    assert.equal(rig.node.store("pendingItems").entries, 1);
    rig.node.advance(20_000);
    assert.equal(rig.node.store("pendingItems").entries, 0);
    assert.equal(rig.node.counter("itemExpired"), 2);
  });

  it("never blames the peer: a thousand V = 0 leave its link as it was", () => {
    const rig = new Rig(1);
    for (let id = 0; id < 1_000; id++) {
      rig.item(id);
      rig.node.answerLast(rig.module(0), "reject");
    }
    assert.equal(rig.node.counter("itemRejected"), 1_000);
    assert.equal(rig.node.linkSnapshot(rig.from).phase, "established");
  });

  it("is not needed of a module whose notification was dropped", () => {
    const rig = new Rig(2, { limits: { subscriberQueueMessages: 1 } });
    const [open, full] = [rig.module(0), rig.module(1)];
    rig.item(1);
    rig.node.answerLast(open, "accept");
    rig.item(2);
    rig.node.answerLast(open, "accept");
    assert.equal(rig.node.notificationsTo(full).length, 1);
    rig.item(3);
    assert.equal(rig.node.counter("notificationsDropped"), 1);
    rig.node.answerLast(open, "accept");
    assert.deepEqual(
      rig.node.itemsTo(rig.to).map(({ messageId }) => messageId),
      [3],
    );
  });

  it("is not needed of anybody when every notification was dropped: the item stays", () => {
    const rig = new Rig(1, { limits: { subscriberQueueMessages: 1 } });
    rig.item(1);
    rig.item(2);
    rig.item(3);
    assert.equal(rig.node.counter("notificationsDropped"), 1);
    assert.equal(rig.node.counter("itemExpired"), 1);
    assert.equal(rig.node.store("pendingItems").entries, 2);
  });

  it("is not needed of a module that was not written to until the deadline", () => {
    const rig = new Rig(2, { validationTimeoutMs: 1_500 });
    const [quick, slow] = [rig.module(0), rig.module(1)];
    rig.item(0);
    rig.node.answerLast(quick, "accept");
    rig.node.answerLast(slow, "accept");
    for (let id = 1; id <= 40; id++) {
      rig.item(id);
      rig.node.answerLast(quick, "accept");
    }
    rig.node.advance(1_499);
    assert.equal(rig.node.itemsTo(rig.to).length, 1);
    rig.node.advance(1);
    assert.equal(rig.node.itemsTo(rig.to).length, 41);
    assert.equal(rig.node.counter("notificationsUnwritten"), 38);
  });
});

describe("[protocol §2.4] VALIDATION", () => {
  it("of an unknown id is counted and ignored, under api_strict, too", () => {
    for (const announceRule of ["lenient", "strict"] as const) {
      const rig = new Rig(1, { announceRule });
      rig.item();
      const [notification] = rig.node.notificationsTo(rig.module(0));
      assert.ok(notification !== undefined);
      const unknown = notification.messageId ^ 1;
      assert.deepEqual(linesOf(rig.node.answer(rig.module(0), unknown, "accept")), []);
      assert.equal(rig.node.counter("verdictsUnknown"), 1);
      assert.equal(rig.hasSpread(), false);
    }
  });

  it("counts only from the client that was notified", () => {
    const rig = new Rig(1);
    const stranger = rig.node.subscriber(TYPE + 1);
    rig.item();
    const [notification] = rig.node.notificationsTo(rig.module(0));
    assert.ok(notification !== undefined);
    rig.node.answer(stranger, notification.messageId, "accept");
    assert.equal(rig.hasSpread(), false);
    rig.node.answer(stranger, notification.messageId, "reject");
    rig.node.answer(rig.module(0), notification.messageId, "accept");
    assert.ok(rig.hasSpread());
  });

  it("counts once: a client that answers twice does not stand for two", () => {
    const rig = new Rig(2);
    rig.item();
    const [notification] = rig.node.notificationsTo(rig.module(0));
    assert.ok(notification !== undefined);
    rig.node.answer(rig.module(0), notification.messageId, "accept");
    rig.node.answer(rig.module(0), notification.messageId, "accept");
    assert.equal(rig.hasSpread(), false);
    assert.equal(rig.node.counter("verdictsUnknown"), 1);
  });

  it("of a client that has gone is ignored", () => {
    const rig = new Rig(1);
    rig.item();
    rig.leave(0);
    assert.deepEqual(rig.node.answerLast(rig.module(0), "accept"), []);
    assert.equal(rig.hasSpread(), false);
  });
});
