import assert from "node:assert/strict";
import { describe, it } from "node:test";
import type { ValidationPolicy } from "../../src/core/core-config.ts";
import type { LinkId, SubscriberId } from "../../src/core/ports.ts";
import { CoreHarness } from "../support/core-harness.ts";
import type { HarnessOptions } from "../support/core-harness.ts";

const TYPE = 7;

class Rig {
  readonly node: CoreHarness;
  readonly from: LinkId;
  readonly to: LinkId;
  #items = 0;

  constructor(options: HarnessOptions = {}) {
    this.node = new CoreHarness(options);
    [this.from, this.to] = [this.node.inboundLink(), this.node.inboundLink()];
  }

  items(count: number): void {
    for (let n = 0; n < count; n++) {
      this.node.item(this.from, this.#items, TYPE, 5, `${this.#items++}`);
    }
  }

  role(module: SubscriberId): "validator" | "observer" {
    return this.node.subscriberSnapshot(module).role;
  }

  spread(): number {
    return this.node.itemsTo(this.to).length;
  }

  /** A module that has never answered and is an observer, with nothing pending. */
  observer(): SubscriberId {
    const module = this.node.subscriber(TYPE);
    this.items(3);
    this.node.advance(3_200);
    assert.equal(this.role(module), "observer");
    this.node.advance(30_000);
    return module;
  }
}

describe("[protocol §4.3] a client becomes an observer", () => {
  it("when it never answered anything and has three written ones older than 3 s", () => {
    const rig = new Rig();
    const module = rig.node.subscriber(TYPE);
    rig.items(3);
    rig.node.advance(3_099);
    assert.equal(rig.role(module), "validator");
    rig.node.advance(1);
    assert.equal(rig.role(module), "observer");
    assert.deepEqual(
      rig.node.reports().filter((name) => name.startsWith("observer")),
      ["observerBegan"],
    );
  });

  it("not with two, however old", () => {
    const rig = new Rig();
    const module = rig.node.subscriber(TYPE);
    rig.items(2);
    rig.node.advance(29_000);
    assert.equal(rig.role(module), "validator");
  });

  it("not by silence when it has answered before, even something unknown", () => {
    const rig = new Rig();
    const module = rig.node.subscriber(TYPE);
    rig.node.answer(module, 0, "reject");
    rig.items(3);
    rig.node.advance(29_000);
    assert.equal(rig.role(module), "validator");
  });

  it("when three written ones in a row expired", () => {
    const rig = new Rig();
    const module = rig.node.subscriber(TYPE);
    rig.items(1);
    rig.node.answerLast(module, "accept");
    for (let round = 1; round <= 3; round++) {
      assert.equal(rig.role(module), "validator");
      rig.items(1);
      rig.node.advance(30_000);
    }
    assert.equal(rig.role(module), "observer");
  });

  it("not when an answer comes between the expired ones", () => {
    const rig = new Rig();
    const module = rig.node.subscriber(TYPE);
    for (let round = 0; round < 10; round++) {
      rig.items(1);
      rig.node.advance(30_000);
      rig.items(1);
      rig.node.advance(30_000);
      rig.items(1);
      rig.node.answerLast(module, "accept");
    }
    assert.equal(rig.node.counter("observerBegan"), 0);
  });

  it("not by notifications that were never written", () => {
    const rig = new Rig();
    const module = rig.node.subscriber(TYPE);
    rig.items(1);
    rig.node.answerLast(module, "accept");
    rig.node.freeze(module);
    rig.items(2);
    rig.node.advance(29_000);
    rig.node.drainSubscriber(module);
    assert.equal(rig.role(module), "validator");
  });
});

describe("[protocol §4.3] an observer", () => {
  it("is notified like anybody else", () => {
    const rig = new Rig();
    const module = rig.observer();
    const before = rig.node.notificationsTo(module).length;
    rig.items(20);
    assert.equal(rig.node.notificationsTo(module).length, before + 20);
  });

  it("is not paced from the moment it becomes one: what waits is written at once", () => {
    const rig = new Rig({ validationTimeoutMs: 10_500 });
    const module = rig.node.subscriber(TYPE);
    rig.items(1);
    rig.node.answerLast(module, "accept");
    rig.items(40);
    rig.node.advance(10_400);
    rig.items(5);
    assert.equal(rig.node.subscriberSnapshot(module).waiting, 34);
    rig.node.advance(100);
    assert.equal(rig.role(module), "observer");
    assert.equal(rig.node.subscriberSnapshot(module).waiting, 0);
    assert.deepEqual(
      rig.node
        .notificationsTo(module)
        .slice(-5)
        .map(({ data }) => new TextDecoder().decode(data)),
      ["41", "42", "43", "44", "45"],
    );
  });

  it("is not waited for", () => {
    const rig = new Rig();
    rig.observer();
    const validator = rig.node.subscriber(TYPE);
    rig.items(1);
    rig.node.answerLast(validator, "accept");
    assert.equal(rig.spread(), 1);
  });

  for (const [policy, verdict, outcome] of [
    ["all", "accept", "itemAccepted"],
    ["all", "reject", "itemRejected"],
    ["any", "accept", "itemAccepted"],
    ["any", "reject", "itemRejected"],
    ["first", "accept", "itemAccepted"],
    ["first", "reject", "itemRejected"],
  ] as const) {
    it(`has no part in it when the only validator says ${verdict} under "${policy}"`, () => {
      const rig = new Rig({ validationPolicy: policy });
      rig.observer();
      const validator = rig.node.subscriber(TYPE);
      rig.items(1);
      rig.node.answerLast(validator, verdict);
      assert.equal(rig.node.counter(outcome), 1);
      assert.equal(rig.node.store("pendingItems").entries, 0);
    });
  }

  it("makes those it was waited for spread without it, in the moment it becomes one", () => {
    const rig = new Rig();
    const silent = rig.node.subscriber(TYPE);
    const validator = rig.node.subscriber(TYPE);
    rig.items(1);
    rig.node.answerLast(validator, "accept");
    rig.items(1);
    rig.node.answerLast(validator, "accept");
    rig.items(1);
    rig.node.answerLast(validator, "accept");
    assert.equal(rig.spread(), 0);
    rig.node.advance(3_100);
    assert.equal(rig.role(silent), "observer");
    assert.equal(rig.spread(), 3);
  });

  it("may still answer an item that is held, with effect", () => {
    const policies: readonly ValidationPolicy[] = ["all", "any", "first"];
    for (const validationPolicy of policies) {
      for (const verdict of ["accept", "reject"] as const) {
        const rig = new Rig({ validationPolicy });
        const observer = rig.observer();
        rig.node.subscriber(TYPE);
        rig.items(1);
        rig.node.answerLast(observer, verdict);
        if (verdict === "reject" || validationPolicy === "all") assert.equal(rig.spread(), 0);
        else assert.equal(rig.spread(), 1);
        rig.node.advance(30_000);
        assert.equal(rig.spread(), verdict === "accept" ? 1 : 0);
      }
    }
  });

  it("holds an item of which only observers were asked until its deadline, and not longer", () => {
    const rig = new Rig();
    const observer = rig.observer();
    rig.items(1);
    rig.node.advance(29_999);
    assert.equal(rig.node.store("pendingItems").entries, 1);
    rig.node.answerLast(observer, "accept");
    assert.equal(rig.spread(), 1);
    const again = new Rig();
    again.observer();
    again.items(1);
    again.node.advance(30_000);
    assert.equal(again.node.store("pendingItems").entries, 0);
    assert.equal(again.spread(), 0);
  });

  it("that leaves was the last one asked: the item is not held any longer", () => {
    const rig = new Rig();
    const observer = rig.observer();
    rig.items(1);
    rig.node.tick({ kind: "subscriberGone", subscriber: observer });
    assert.equal(rig.node.store("pendingItems").entries, 0);
    assert.equal(rig.spread(), 0);
  });

  it("is a validator again after any answer, even a late or unknown one", () => {
    const rig = new Rig();
    const observer = rig.observer();
    rig.node.answer(observer, 0, "reject");
    assert.equal(rig.role(observer), "validator");
    assert.equal(rig.node.reports().at(-1), "observerEnded");
    const other = rig.node.subscriber(TYPE);
    rig.items(1);
    rig.node.answerLast(other, "accept");
    assert.equal(rig.spread(), 0, "it is waited for again");
  });

  it("that is silent never holds up another item or type", () => {
    const rig = new Rig();
    rig.node.subscriber(TYPE);
    const other = rig.node.subscriber(TYPE + 1);
    rig.items(50);
    rig.node.item(rig.from, 1, TYPE + 1, 5, "other type");
    rig.node.answerLast(other, "accept");
    assert.equal(rig.spread(), 1);
  });
});
