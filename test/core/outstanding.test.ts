import assert from "node:assert/strict";
import { describe, it } from "node:test";
import fc from "fast-check";
import type { Ask, Notice } from "../../src/core/notice.ts";
import { Outstanding } from "../../src/core/outstanding.ts";
import { instant, subscriberId } from "../../src/core/ports.ts";

const ask: Ask = {
  item: 0,
  dataType: 1,
  messageId: 2,
  askedAt: instant(0),
  trace: "unwanted",
  notices: [],
  openNotices: 0,
  verdict: { kind: "none" },
};
const written = (messageId: number): Notice => ({
  ask,
  subscriber: subscriberId(1),
  role: "validator",
  state: { kind: "written", messageId, at: instant(0), window: 1, fate: "expected" },
});

describe("outstanding notifications", () => {
  it("are found by id and in the order of writing, whichever end first", () => {
    fc.assert(
      fc.property(fc.array(fc.oneof(fc.constant("write" as const), fc.nat())), (operations) => {
        const outstanding = new Outstanding();
        const model: Notice[] = [];
        let id = 0;
        for (const operation of operations) {
          if (operation === "write") {
            const notice = written(id);
            outstanding.add(id++, notice);
            model.push(notice);
          } else if (model.length > 0) {
            const [gone] = model.splice(operation % model.length, 1);
            if (gone?.state.kind !== "written") continue;
            const { messageId } = gone.state;
            gone.state = { kind: "ended" };
            outstanding.delete(messageId);
            assert.equal(outstanding.has(messageId), false);
          }
          assert.equal(outstanding.size, model.length);
          assert.equal(outstanding.oldest, model[0]);
          assert.equal(outstanding.nth(2), model[1]);
          assert.deepEqual([...outstanding], model);
        }
      }),
    );
  });

  it("keep no more of what has ended than of what has not, however long the oldest stays", () => {
    const outstanding = new Outstanding();
    outstanding.add(0, written(0));
    for (let id = 1; id < 10_000; id++) {
      const notice = written(id);
      outstanding.add(id, notice);
      notice.state = { kind: "ended" };
      outstanding.delete(id);
      assert.ok(outstanding.places <= 128);
    }
    assert.equal(outstanding.oldest, outstanding.get(0));
  });
});
