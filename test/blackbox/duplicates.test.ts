import assert from "node:assert/strict";
import { describe, it } from "node:test";

import { Daemon } from "./support/daemon.ts";
import type { Scope } from "./support/patience.ts";
import { RawModule } from "./support/raw-module.ts";
import { RawPeer, anItem } from "./support/raw-peer.ts";
import { Relay } from "./support/verdict-case.ts";

const topic = 1337;
const text = "the item";
const copy = (ttl: number) => anItem(topic, text, { ttl, messageId: 42 });

/** Three links and a module: what one sends, in which TTL do the others get it? */
interface Stage {
  readonly relay: Relay;
  readonly module: RawModule;
  readonly third: RawPeer;
}

async function aStage(scope: Scope): Promise<Stage> {
  const relay = await Relay.open(scope, await Daemon.start(scope));
  const module = await RawModule.subscribed(scope, relay.daemon, topic);
  const third = await RawPeer.dial(scope, relay.daemon);
  return { relay, module, third };
}

/** TTLs of everything a link gets up to the marker, which has no hops left to lose. */
async function ttlsUntilMarker(peer: RawPeer, marker: string): Promise<number[]> {
  const ttls: number[] = [];
  for (;;) {
    const item = await peer.nextItem(marker);
    if (item.data.toString() === marker) {
      return ttls;
    }
    assert.equal(item.data.toString(), text);
    ttls.push(item.ttl);
  }
}

async function ttlsAt(stage: Stage, marker: string): Promise<Record<string, number[]>> {
  const { relay, third } = stage;
  await relay.daemon.turn();
  relay.speaker.announce(topic + 1, Buffer.from(marker));
  return {
    from: await ttlsUntilMarker(relay.from, marker),
    to: await ttlsUntilMarker(relay.to, marker),
    third: await ttlsUntilMarker(third, marker),
  };
}

describe("[protocol §4.6] copies with more hops left", () => {
  it("T15 TTL poisoning: after an early copy with TTL 1 the good copy is forwarded", async (t) => {
    const stage = await aStage(t);
    const { relay, module } = stage;
    relay.from.send(copy(1));
    await module.expectAndAccept(Buffer.from(text), "the poisoned copy");
    assert.deepEqual(await ttlsAt(stage, "m1"), { from: [], to: [], third: [] });
    relay.to.send(copy(5));
    assert.deepEqual(await ttlsAt(stage, "m2"), { from: [4], to: [], third: [4] });
    assert.equal(module.unread, 0, "nobody is notified again");
  });

  it("while the verdict is open the better TTL replaces the held one", async (t) => {
    const stage = await aStage(t);
    const { relay, module } = stage;
    relay.from.send(copy(1));
    const asked = await module.nextNotification("the poisoned copy");
    relay.to.send(copy(9));
    await relay.daemon.turn();
    relay.to.send(copy(3));
    await relay.daemon.turn();
    module.accept(asked);
    // Not back to who sent 9, but to who sent 1: it has a worse copy [protocol §4.7].
    assert.deepEqual(await ttlsAt(stage, "m1"), { from: [8], to: [], third: [8] });
  });

  it("0 is more than any number, an equal or smaller TTL is a duplicate", async (t) => {
    const stage = await aStage(t);
    const { relay, module } = stage;
    relay.from.send(copy(3));
    await module.expectAndAccept(Buffer.from(text), "the first copy");
    assert.deepEqual(await ttlsAt(stage, "m1"), { from: [], to: [2], third: [2] });
    relay.to.send(copy(3), copy(2), copy(1));
    assert.deepEqual(await ttlsAt(stage, "m2"), { from: [], to: [], third: [] });
    relay.to.send(copy(255));
    assert.deepEqual(await ttlsAt(stage, "m3"), { from: [254], to: [], third: [254] });
    relay.to.send(copy(0));
    assert.deepEqual(await ttlsAt(stage, "m4"), { from: [0], to: [], third: [0] });
    stage.third.send(copy(255), copy(0));
    assert.deepEqual(await ttlsAt(stage, "m5"), { from: [], to: [], third: [] });
  });

  it("each link may cause this at most twice per item", async (t) => {
    const stage = await aStage(t);
    const { relay, module } = stage;
    relay.from.send(copy(1));
    await module.expectAndAccept(Buffer.from(text), "the first copy");
    relay.to.send(copy(3), copy(4), copy(5), copy(6));
    assert.deepEqual(await ttlsAt(stage, "m1"), { from: [2, 3], to: [], third: [2, 3] });
    stage.third.send(copy(7));
    assert.deepEqual(await ttlsAt(stage, "m2"), { from: [6], to: [6], third: [] });
  });

  it("a rejected item stays rejected, whatever its TTL", async (t) => {
    const stage = await aStage(t);
    const { relay, module } = stage;
    relay.from.send(copy(1));
    module.reject(await module.nextNotification("the first copy"));
    await relay.daemon.turn();
    relay.to.send(copy(0));
    assert.deepEqual(await ttlsAt(stage, "m1"), { from: [], to: [], third: [] });
    assert.equal(module.unread, 0);
  });

  it("an item announced here obeys the same rule, so that nothing shows who announced", async (t) => {
    const stage = await aStage(t);
    const { relay, module } = stage;
    relay.speaker.announce(topic, Buffer.from(text), 4);
    await module.expectAndAccept(Buffer.from(text), "the local item");
    const onTheWire = await relay.from.nextItem("our own item");
    assert.equal(onTheWire.ttl, 4);
    assert.deepEqual(await ttlsAt(stage, "m1"), { from: [], to: [4], third: [4] });
    relay.from.send({ ...onTheWire, ttl: 3 });
    assert.deepEqual(await ttlsAt(stage, "m2"), { from: [], to: [], third: [] });
    relay.from.send({ ...onTheWire, ttl: 9 });
    assert.deepEqual(await ttlsAt(stage, "m3"), { from: [], to: [8], third: [8] });
  });
});

describe("T17 verdict confusion", () => {
  it("verdicts under one network id do not mix: only the accepted one of two items leaves", async (t) => {
    const stage = await aStage(t);
    const { relay, module } = stage;
    const other = await RawModule.subscribed(t, relay.daemon, topic + 5);
    relay.from.send(
      anItem(topic, "wanted", { messageId: 77 }),
      anItem(topic, "unwanted", { messageId: 77 }),
      anItem(topic + 5, "of another type", { messageId: 77 }),
    );
    const wanted = await module.nextNotification("the first");
    const unwanted = await module.nextNotification("the second");
    const foreign = await other.nextNotification("the third");
    assert.notEqual(wanted.messageId, unwanted.messageId);
    // Somebody else's ids and the network's id are nobody's verdict here.
    other.socket.send(Buffer.from("000801f7004d0001", "hex"));
    module.socket.send(Buffer.from("000801f7004d0001", "hex"));
    if (foreign.messageId !== wanted.messageId && foreign.messageId !== unwanted.messageId) {
      module.accept(foreign);
    }
    assert.deepEqual(await relay.spread(), []);
    module.reject(unwanted);
    module.accept(unwanted);
    module.accept(wanted);
    assert.deepEqual(await relay.spread(), ["wanted"]);
    other.accept(foreign);
    assert.deepEqual(await relay.spread(), ["of another type"]);
  });
});

describe("T18 time-of-check", () => {
  it("a subscriber that leaves between notification and verdict gives none: no crash, no forward", async (t) => {
    const relay = await Relay.open(t, await Daemon.start(t));
    for (let round = 0; round < 30; round += 1) {
      const module = await RawModule.subscribed(t, relay.daemon, topic);
      relay.from.send(anItem(topic, `round ${round}`));
      const asked = await module.nextNotification("the item");
      if (round % 3 === 0) {
        // Half a verdict.
        module.socket.send(Buffer.from("000801f7", "hex"));
        module.socket.finish();
      } else if (round % 3 === 1) {
        module.socket.reset();
      } else {
        // A whole one with FIN is executed [protocol §2.5a].
        module.accept(asked);
        module.socket.finish();
      }
      await module.socket.ending("the module's end");
    }
    const expected = Array.from({ length: 30 }, (_, round) => `round ${round}`);
    assert.deepEqual(
      await relay.spread(),
      expected.filter((_, round) => round % 3 === 2),
    );
  });

  it("a link that goes down between item and verdict, or between verdict and send, harms nobody", async (t) => {
    const relay = await Relay.open(t, await Daemon.start(t));
    const module = await RawModule.subscribed(t, relay.daemon, topic);
    for (let round = 0; round < 20; round += 1) {
      const from = await RawPeer.dial(t, relay.daemon);
      const target = await RawPeer.dial(t, relay.daemon);
      from.send(anItem(topic, `round ${round}`));
      const asked = await module.nextNotification("the item");
      from.socket.reset();
      target.socket.reset();
      module.accept(asked);
      await relay.to.expectItem(Buffer.from(`round ${round}`), "the link that stays");
    }
  });
});
