import assert from "node:assert/strict";
import { describe, it } from "node:test";

import { Daemon } from "./support/daemon.ts";
import { validationFrame } from "./support/raw-frames.ts";
import { RawModule } from "./support/raw-module.ts";
import { RawPeer, anItem } from "./support/raw-peer.ts";
import { store } from "./support/status.ts";
import { Relay } from "./support/verdict-case.ts";

const topic = 1337;

describe("conformance §3.2: verdicts", () => {
  it("verdict without effect: V = 0 reaches no peer", async (t) => {
    const relay = await Relay.open(t, await Daemon.start(t));
    const module = await RawModule.subscribed(t, relay.daemon, topic);
    for (let count = 0; count < 20; count += 1) {
      relay.from.send(anItem(topic, `refused ${count}`));
      module.reject(await module.nextNotification("an item to refuse"));
    }
    assert.deepEqual(await relay.spread(), []);
    // Sent once more, it stays refused, and nobody is asked again [protocol §4.6].
    relay.from.send(anItem(topic, "refused 0"), anItem(topic, "new"));
    await module.expectAndAccept(Buffer.from("new"), "only the new item");
    assert.deepEqual(await relay.spread(), ["new"]);
  });

  it("[protocol §4.3] V = 0 never blames the peer that sent the item", async (t) => {
    const relay = await Relay.open(t, await Daemon.start(t));
    const module = await RawModule.subscribed(t, relay.daemon, topic);
    for (let count = 0; count < 300; count += 1) {
      relay.from.send(anItem(topic, `weaker estimate ${count}`));
      module.reject(await module.nextNotification("an item to refuse"));
    }
    relay.from.send(anItem(topic, "the best estimate"));
    await module.expectAndAccept(Buffer.from("the best estimate"), "an item after 300 refusals");
    assert.deepEqual(await relay.spread(), ["the best estimate"]);
    assert.deepEqual(relay.daemon.events("linkClosed"), []);
  });

  it("relays before the verdict: no frame leaves before V = 1", async (t) => {
    const relay = await Relay.open(t, await Daemon.start(t));
    const module = await RawModule.subscribed(t, relay.daemon, topic);
    relay.from.send(anItem(topic, "held", { ttl: 255 }));
    const asked = await module.nextNotification("the item");
    assert.deepEqual(await relay.spread(), []);
    assert.deepEqual(await relay.spread(), []);
    module.accept(asked);
    assert.deepEqual(await relay.spread(), ["held"]);
  });

  it('no subscriber counts as "all valid": an unsubscribed type stops here, and is not remembered', async (t) => {
    const relay = await Relay.open(t, await Daemon.start(t));
    const other = await RawModule.subscribed(t, relay.daemon, topic + 1);
    const item = anItem(topic, "nobody cares yet");
    relay.from.send(item, anItem(topic + 1, "somebody cares"));
    await other.expectAndAccept(Buffer.from("somebody cares"), "the subscribed type");
    assert.deepEqual(await relay.spread(), ["somebody cares"]);
    // Not remembered [protocol §4.2]: a subscriber that comes later hears the next copy.
    const late = await RawModule.subscribed(t, relay.daemon, topic);
    relay.from.send(item);
    await late.expectAndAccept(item.data, "the next copy");
    assert.deepEqual(await relay.spread(), ["nobody cares yet"]);
  });

  it("[protocol §2.2] a type is relayed only as long as somebody is subscribed to it", async (t) => {
    const relay = await Relay.open(t, await Daemon.start(t));
    const module = await RawModule.subscribed(t, relay.daemon, topic);
    module.socket.finish();
    await module.socket.expectClosed("FIN");
    const other = await RawModule.subscribed(t, relay.daemon, topic + 1);
    relay.from.send(anItem(topic, "too late"), anItem(topic + 1, "marker"));
    await other.expectAndAccept(Buffer.from("marker"), "the other type");
    assert.deepEqual(await relay.spread(), ["marker"]);
  });

  it("verdict from a connection that was not asked: a stranger answers, one client answers twice", async (t) => {
    const relay = await Relay.open(t, await Daemon.start(t));
    const asked = [
      await RawModule.subscribed(t, relay.daemon, topic),
      await RawModule.subscribed(t, relay.daemon, topic),
    ] as const;
    const stranger = await RawModule.connect(t, relay.daemon);
    relay.from.send(anItem(topic, "for two"));
    const first = await asked[0].nextNotification("the item");
    const second = await asked[1].nextNotification("the item");
    for (const { messageId } of [first, second]) {
      stranger.socket.send(validationFrame(messageId, 1));
      stranger.socket.send(validationFrame(messageId, 0));
    }
    asked[0].accept(first);
    asked[0].accept(first);
    assert.deepEqual(await relay.spread(), [], "one of two has answered");
    asked[1].accept(second);
    assert.deepEqual(await relay.spread(), ["for two"]);
  });

  it("asked subscriber leaves: before its answer, and the last one", async (t) => {
    const relay = await Relay.open(t, await Daemon.start(t));
    const leaver = await RawModule.subscribed(t, relay.daemon, topic);
    const stayer = await RawModule.subscribed(t, relay.daemon, topic);
    relay.from.send(anItem(topic, "one leaves"));
    await leaver.nextNotification("the item");
    const asked = await stayer.nextNotification("the item");
    leaver.socket.reset();
    stayer.accept(asked);
    await relay.to.expectItem(Buffer.from("one leaves"), "the item without the leaver");
    relay.from.send(anItem(topic, "both leave"));
    await stayer.nextNotification("the second item");
    stayer.socket.reset();
    await relay.daemon.statusUntil(
      "nothing pending",
      (status) => store(status, "pendingItems").entries === 0,
    );
    assert.deepEqual(await relay.spread(), []);
  });

  it("no deadline: with a silent subscriber the store does not grow", async (t) => {
    const daemon = await Daemon.start(t, { validation_timeout: 1 });
    const silent = await RawModule.subscribed(t, daemon, topic);
    const relay = await Relay.open(t, daemon);
    for (let round = 0; round < 3; round += 1) {
      relay.from.send(
        ...Array.from({ length: 500 }, (_, index) => anItem(topic, `round ${round} item ${index}`)),
      );
      await daemon.statusUntil(
        "500 more items held and expired",
        (status) =>
          status.totals["itemNew"] === (round + 1) * 500 &&
          store(status, "pendingItems").entries === 0,
      );
    }
    assert.ok(silent.unread > 0);
    assert.deepEqual(await relay.spread(), []);
  });

  it("second subscriber's answer desynchronises: answers of two subscribers, crossed", async (t) => {
    const relay = await Relay.open(t, await Daemon.start(t));
    const one = await RawModule.subscribed(t, relay.daemon, topic);
    const other = await RawModule.subscribed(t, relay.daemon, topic);
    relay.from.send(anItem(topic, "item one"), anItem(topic, "item two"));
    const ofOne = [await one.nextNotification("one"), await one.nextNotification("two")] as const;
    const ofOther = [
      await other.nextNotification("one"),
      await other.nextNotification("two"),
    ] as const;
    one.accept(ofOne[1]);
    other.reject(ofOther[0]);
    one.accept(ofOne[0]);
    assert.deepEqual(await relay.spread(), [], "item two still waits for the other");
    other.accept(ofOther[1]);
    assert.deepEqual(await relay.spread(), ["item two"]);
  });

  it("whole node waits for one module's answer: one silent module, another type still flows", async (t) => {
    const relay = await Relay.open(t, await Daemon.start(t));
    await RawModule.subscribed(t, relay.daemon, topic);
    const busy = await RawModule.subscribed(t, relay.daemon, topic + 1);
    for (let count = 0; count < 50; count += 1) {
      relay.from.send(anItem(topic, `unanswered ${count}`), anItem(topic + 1, `answered ${count}`));
      await busy.expectAndAccept(Buffer.from(`answered ${count}`), "the other type");
    }
    const expected = Array.from({ length: 50 }, (_, count) => `answered ${count}`);
    assert.deepEqual(await relay.spread(), expected);
  });

  it("[protocol §4.4] an item of a local module needs no verdict, and a V = 0 does not stop it", async (t) => {
    const relay = await Relay.open(t, await Daemon.start(t));
    const module = await RawModule.subscribed(t, relay.daemon, topic);
    relay.speaker.announce(topic, Buffer.from("local"), 7);
    assert.equal((await relay.to.expectItem(Buffer.from("local"), "at once")).ttl, 7);
    module.reject(await module.nextNotification("the local item"));
    relay.speaker.announce(topic, Buffer.from("again"), 7);
    await relay.to.expectItem(Buffer.from("again"), "at once");
    assert.deepEqual(await relay.spread(), []);
  });
});

describe("[protocol §4.3] observers", () => {
  /** Lets three notifications expire, all with one deadline. */
  async function makeObserver(
    relay: Relay,
    silent: RawModule,
    validator: RawModule,
  ): Promise<void> {
    const texts = ["ignored 0", "ignored 1", "ignored 2"];
    relay.from.send(...texts.map((text) => anItem(topic, text)));
    for (const text of texts) {
      await silent.nextNotification("an item to ignore");
      await validator.expectAndAccept(Buffer.from(text), "an item to accept");
    }
    await relay.daemon.event("observerBegan");
    for (const text of texts) {
      await relay.to.expectItem(Buffer.from(text), "an item at its deadline");
    }
  }

  it("a client that let three in a row expire is not waited for, until it answers", async (t) => {
    const daemon = await Daemon.start(t, { validation_timeout: 2 });
    const relay = await Relay.open(t, daemon);
    const silent = await RawModule.subscribed(t, daemon, topic);
    const validator = await RawModule.subscribed(t, daemon, topic);
    await makeObserver(relay, silent, validator);

    relay.from.send(anItem(topic, "at once"));
    validator.accept(await validator.nextNotification("the fourth item"));
    assert.deepEqual(await relay.spread(), ["at once"], "nobody waits for the observer");
    const late = await silent.nextNotification("the fourth item");

    // Any answer, even a late one, ends it.
    silent.accept(late);
    await daemon.event("observerEnded");
    relay.from.send(anItem(topic, "waited for again"));
    validator.accept(await validator.nextNotification("the fifth item"));
    const asked = await silent.nextNotification("the fifth item");
    silent.reject(asked);
    assert.deepEqual(await relay.spread(), [], "its answer counts again");
  });

  it("an observer's answer to an item still held counts", async (t) => {
    const daemon = await Daemon.start(t, { validation_timeout: 2 });
    const relay = await Relay.open(t, daemon);
    const silent = await RawModule.subscribed(t, daemon, topic);
    const validator = await RawModule.subscribed(t, daemon, topic);
    await makeObserver(relay, silent, validator);
    relay.from.send(anItem(topic, "vetoed"));
    const asked = await validator.nextNotification("the item");
    silent.reject(await silent.nextNotification("the item"));
    await daemon.event("observerEnded");
    validator.accept(asked);
    assert.deepEqual(await relay.spread(), []);
  });

  it("an item of which only observers were asked is held until its deadline, and their answer spreads it", async (t) => {
    const daemon = await Daemon.start(t, { validation_timeout: 2 });
    const relay = await Relay.open(t, daemon);
    const silent = await RawModule.subscribed(t, daemon, topic);
    const validator = await RawModule.subscribed(t, daemon, topic);
    await makeObserver(relay, silent, validator);
    validator.socket.finish();
    await validator.socket.expectClosed("FIN");
    relay.from.send(anItem(topic, "nobody answers"));
    await silent.nextNotification("an item nobody answers");
    await daemon.statusUntil("its deadline", (now) => store(now, "pendingItems").entries === 0);
    assert.deepEqual(await relay.spread(), []);
    relay.from.send(anItem(topic, "the observer answers"));
    silent.accept(await silent.nextNotification("an item it answers"));
    await relay.to.expectItem(Buffer.from("the observer answers"), "the observer's item");
  });

  it("a client that never answered anything is an observer long before the deadline", async (t) => {
    const daemon = await Daemon.start(t, { validation_timeout: 120 });
    const relay = await Relay.open(t, daemon);
    const silent = await RawModule.subscribed(t, daemon, topic);
    const validator = await RawModule.subscribed(t, daemon, topic);
    const peer = await RawPeer.dial(t, daemon);
    for (let count = 0; count < 3; count += 1) {
      peer.send(anItem(topic, `ignored ${count}`));
      await silent.nextNotification("an item to ignore");
      validator.accept(await validator.nextNotification("an item to accept"));
    }
    await daemon.event("observerBegan");
    peer.send(anItem(topic, "at once"));
    validator.accept(await validator.nextNotification("the fourth item"));
    assert.equal((await relay.spread()).at(-1), "at once");
  });
});
