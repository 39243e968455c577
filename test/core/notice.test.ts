import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { Ask, Notice } from "../../src/core/notice.ts";
import { instant, linkId, subscriberId } from "../../src/core/ports.ts";

const [a, b, c] = [linkId(1), linkId(2), linkId(3)];
const newAsk = (): Ask => new Ask(7, "unwanted", { dataType: 1, messageId: 2 }, instant(0));

describe("[protocol §4.7] who brought copies of an item that waits", () => {
  it("is listed once each, in the order of first copies, with the most hops any of them had", () => {
    const ask = newAsk();
    ask.noteSender(a, 3);
    ask.noteSender(b, 5);
    ask.noteSender(a, 6);
    ask.noteSender(c, 2);
    ask.noteSender(b, 4);
    assert.deepEqual(ask.sendersWith(0), [a, b, c]);
    assert.deepEqual(ask.sendersWith(3), [a, b]);
    assert.deepEqual(ask.sendersWith(6), [a]);
    assert.deepEqual(ask.sendersWith(7), []);
  });

  it("is one link for most items, which is left out like any other", () => {
    const ask = newAsk();
    assert.deepEqual(ask.sendersWith(0), []);
    ask.noteSender(a, 3);
    assert.deepEqual(ask.sendersWith(3), [a]);
    assert.deepEqual(ask.sendersWith(4), []);
  });

  it("is forgotten with the data once the item is settled, while open notices stay", () => {
    const ask = newAsk();
    ask.noteSender(a, 3);
    ask.payload = new Uint8Array(4);
    ask.add(new Notice(ask, subscriberId(9), "validator", ask.payload));
    ask.letGo();
    assert.deepEqual(ask.sendersWith(0), []);
    assert.equal(ask.payload, undefined);
    assert.equal(ask.openNotices, 1);
  });
});

describe("[protocol §4.3] the notices of an item", () => {
  it("are told in the order of asking", () => {
    const ask = newAsk();
    const payload = new Uint8Array(1);
    for (const id of [5, 4, 6]) ask.add(new Notice(ask, subscriberId(id), "validator", payload));
    assert.deepEqual(
      Array.from(ask.notices(), ({ subscriber }) => Number(subscriber)),
      [5, 4, 6],
    );
    assert.equal(ask.openNotices, 3);
  });
});
