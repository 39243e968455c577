import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { KnowledgeBase, OWN_ITEMS_MAX } from "../../src/core/knowledge-base.ts";
import type { KnownItem, OfferedItem } from "../../src/core/knowledge-base.ts";
import { instant, linkId } from "../../src/core/ports.ts";

const [A, B, C] = [linkId(1), linkId(2), linkId(3)];
const itemOf = (item: number, bytes: number = 10): OfferedItem => ({
  trace: "unwanted",
  item,
  dataType: 1,
  messageId: item,
  payload: new Uint8Array(bytes),
});
const newBase = (cacheSize = 3, bytesMax = 1_000, degree = 2): KnowledgeBase =>
  new KnowledgeBase(cacheSize, bytesMax, degree);

const offer = (
  base: KnowledgeBase,
  item: number,
  link: typeof A,
  now: number,
): KnownItem | undefined => {
  const known = base.offerOf(item, link, instant(now));
  if (known !== undefined) base.onOffered(known, link, instant(now));
  return known;
};

describe("[protocol §4.9] the knowledge base", () => {
  it("keeps the last accepted items, oldest out first", () => {
    const base = newBase(3);
    for (const item of [5, 6, 7, 8]) base.addForeign(itemOf(item), [], [], instant(0));
    assert.deepEqual(base.items(), [6, 7, 8]);
    assert.equal(base.foreignCount, 3);
  });

  it("keeps none with a cache size of 0", () => {
    const base = newBase(0);
    base.addForeign(itemOf(5), [], [], instant(0));
    assert.deepEqual(base.items(), []);
    assert.equal(base.bytes, 0);
  });

  it("offers a foreign item for 60 s, with TTL 1, once to each link, not to its senders", () => {
    const base = newBase();
    base.addForeign(itemOf(5), [A], [], instant(0));
    assert.equal(offer(base, 5, A, 0), undefined);
    assert.equal(offer(base, 5, B, 59_999)?.ttl, 1);
    assert.equal(offer(base, 5, B, 59_999), undefined);
    assert.equal(offer(base, 5, C, 60_000), undefined);
  });

  it("skips a link that has brought the item meanwhile", () => {
    const base = newBase();
    base.addForeign(itemOf(5), [], [], instant(0));
    base.noteHolder(5, B, 2);
    base.noteHolder(5, B, 2);
    base.noteHolder(99, B, 2);
    assert.equal(base.offerOf(5, B, instant(1)), undefined);
    assert.equal(base.offerOf(5, A, instant(1))?.isHeldBy(B), true);
  });

  it("offers an own item also to a link whose node has handled a worse copy only", () => {
    const base = newBase();
    base.addOwn(itemOf(5), 9, [], instant(0));
    base.noteHolder(5, A, 9);
    base.noteHolder(5, B, 8);
    assert.equal(base.offerOf(5, A, instant(1)), undefined);
    assert.equal(base.offerOf(5, B, instant(1))?.ttl, 9);
  });

  it("keeps an own item that nobody got for five minutes, with its own TTL", () => {
    const base = newBase();
    base.addOwn(itemOf(5), 9, [], instant(0));
    assert.equal(base.offerOf(5, A, instant(299_999))?.ttl, 9);
    assert.equal(base.offerOf(5, A, instant(300_000)), undefined);
  });

  it("offers an own item for 30 s after its first sending", () => {
    const base = newBase();
    base.addOwn(itemOf(5), 9, [], instant(0));
    offer(base, 5, A, 200_000);
    assert.equal(base.offerOf(5, B, instant(229_999))?.ttl, 9);
    assert.equal(base.offerOf(5, B, instant(230_000)), undefined);
    base.addOwn(itemOf(6), 9, [A], instant(0));
    assert.equal(base.offerOf(6, B, instant(30_000)), undefined);
  });

  it("is done with an own item when `degree` links had it", () => {
    const base = newBase(3, 1_000, 2);
    base.addOwn(itemOf(5), 9, [], instant(0));
    offer(base, 5, A, 1);
    assert.equal(base.ownCount, 1);
    offer(base, 5, B, 2);
    assert.equal(base.ownCount, 0);
    base.addOwn(itemOf(6), 9, [A, B], instant(3));
    assert.equal(base.ownCount, 0);
    assert.equal(base.bytes, 0);
    assert.equal(base.takeForgottenUnsent(), 0);
  });

  it("does not count an own item out of the last accepted ones", () => {
    const base = newBase(1);
    base.addOwn(itemOf(1), 0, [], instant(0));
    base.addForeign(itemOf(2), [], [], instant(0));
    assert.deepEqual(base.items(), [1, 2]);
  });

  it("holds no more bytes than it may: foreign items make room first, then own ones", () => {
    const base = newBase(100, 1_000);
    base.addOwn(itemOf(1, 400), 0, [], instant(0));
    base.addForeign(itemOf(2, 400), [], [], instant(0));
    base.addForeign(itemOf(3, 400), [], [], instant(0));
    assert.deepEqual(base.items(), [1, 3]);
    base.addOwn(itemOf(4, 400), 0, [], instant(0));
    base.addOwn(itemOf(5, 400), 0, [], instant(0));
    assert.deepEqual(base.items(), [4, 5]);
    assert.equal(base.bytes, 800);
    assert.equal(base.takeForgottenUnsent(), 1);
    assert.equal(base.takeForgottenUnsent(), 0);
  });

  it("bounds own items by number, too", () => {
    const base = newBase(3, 1e9);
    for (let item = 0; item < OWN_ITEMS_MAX + 5; item++) {
      base.addOwn(itemOf(item, 1), 0, [], instant(0));
    }
    assert.equal(base.ownCount, OWN_ITEMS_MAX);
    assert.equal(base.takeForgottenUnsent(), 5);
  });

  it("forgets what is offered no more and says when to look again", () => {
    const base = newBase(10);
    base.addForeign(itemOf(1), [], [], instant(0));
    base.addForeign(itemOf(2), [], [], instant(10_000));
    base.addOwn(itemOf(3), 0, [A], instant(20_000));
    base.addOwn(itemOf(4), 0, [], instant(20_000));
    assert.equal(base.expire(instant(49_999)), 50_000);
    assert.equal(base.expire(instant(50_000)), 60_000);
    assert.deepEqual(base.items(), [1, 2, 4]);
    assert.equal(base.expire(instant(60_000)), 70_000);
    assert.equal(base.expire(instant(70_000)), 320_000);
    assert.equal(base.takeForgottenUnsent(), 0);
    assert.equal(base.expire(instant(320_000)), undefined);
    assert.equal(base.takeForgottenUnsent(), 1);
    assert.equal(base.bytes, 0);
  });
});
