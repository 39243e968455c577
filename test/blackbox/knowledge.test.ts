import assert from "node:assert/strict";
import { describe, it } from "node:test";

import { Daemon } from "./support/daemon.ts";
import { RawModule } from "./support/raw-module.ts";
import { RawPeer, anItem } from "./support/raw-peer.ts";
import { Relay } from "./support/verdict-case.ts";

const topic = 1337;

/** What a link is offered before the marker, as `text/ttl`, in any order. */
async function offered(peer: RawPeer, speaker: RawModule, marker: string): Promise<string[]> {
  speaker.announce(topic + 1, Buffer.from(marker));
  const items: string[] = [];
  for (;;) {
    const item = await peer.nextItem(marker);
    const text = item.data.toString();
    if (text === marker) {
      return items.sort();
    }
    // Markers of links that came earlier are offered too.
    if (!text.startsWith("marker")) {
      items.push(`${text}/${item.ttl}`);
    }
  }
}

describe("[protocol §4.9] knowledge base", () => {
  it("an announcement made before the first link goes out with its own TTL", async (t) => {
    const daemon = await Daemon.start(t);
    const speaker = await RawModule.connect(t, daemon);
    for (const ttl of [0, 1, 2, 200]) {
      speaker.announce(topic, Buffer.from(`early ${ttl}`), ttl);
    }
    await daemon.turn();
    const peer = await RawPeer.dial(t, daemon);
    assert.deepEqual(await offered(peer, speaker, "marker 1"), [
      "early 0/0",
      "early 1/1",
      "early 2/2",
      "early 200/200",
    ]);
  });

  it("the announcer may be gone before the first link comes", async (t) => {
    const daemon = await Daemon.start(t);
    const brief = await RawModule.connect(t, daemon);
    brief.announce(topic, Buffer.from("from somebody who left"), 3);
    brief.socket.finish();
    await brief.socket.expectClosed("FIN");
    const peer = await RawPeer.dial(t, daemon);
    const item = await peer.expectItem(Buffer.from("from somebody who left"), "the early item");
    assert.equal(item.ttl, 3);
  });

  it("after its first sending it is still offered to links that come up, until `degree` links had it", async (t) => {
    const daemon = await Daemon.start(t, { degree: 2 });
    const speaker = await RawModule.connect(t, daemon);
    speaker.announce(topic, Buffer.from("early"), 9);
    await daemon.turn();
    for (let count = 0; count < 2; count += 1) {
      const peer = await RawPeer.dial(t, daemon);
      const item = await peer.expectItem(Buffer.from("early"), "the early item");
      assert.equal(item.ttl, 9);
    }
    const third = await RawPeer.dial(t, daemon);
    // Nothing but items travels here: what the third sends is heard, and nothing came before.
    const listener = await RawModule.subscribed(t, daemon, topic + 2);
    third.send(anItem(topic + 2, "the third is linked"));
    await listener.expectAndAccept(Buffer.from("the third is linked"), "the third link works");
    await daemon.turn();
    assert.deepEqual(
      third.socket.unread.map(({ bytes }) => bytes.toString("latin1")),
      [],
    );
  });

  it("accepted items are offered to a link that comes later, with TTL 1; those with TTL 1, refused and undecided ones are not", async (t) => {
    const relay = await Relay.open(t, await Daemon.start(t));
    const module = await RawModule.subscribed(t, relay.daemon, topic);
    for (const ttl of [0, 1, 2, 255]) {
      relay.from.send(anItem(topic, `accepted ${ttl}`, { ttl }));
      await module.expectAndAccept(Buffer.from(`accepted ${ttl}`), "an item");
    }
    relay.from.send(anItem(topic, "refused", { ttl: 0 }));
    module.reject(await module.nextNotification("an item to refuse"));
    relay.from.send(anItem(topic, "undecided", { ttl: 0 }));
    const undecided = await module.nextNotification("an item to leave open");
    await relay.daemon.turn();
    const late = await RawPeer.dial(t, relay.daemon);
    assert.deepEqual(await offered(late, relay.speaker, "marker 1"), [
      "accepted 0/1",
      "accepted 2/1",
      "accepted 255/1",
    ]);
    module.accept(undecided);
    const item = await late.expectItem(Buffer.from("undecided"), "the item decided now");
    assert.equal(item.ttl, 0, "an ordinary copy");
  });

  it("a node that comes later hears, and does not pass it on", async (t) => {
    const first = await Daemon.start(t);
    const atFirst = await RawModule.subscribed(t, first, topic);
    const from = await RawPeer.dial(t, first);
    from.send(anItem(topic, "before you came", { ttl: 0 }));
    await atFirst.expectAndAccept(Buffer.from("before you came"), "the item");
    // Its module is there before its first link, as it would be after a restart.
    const late = await Daemon.start(t, { bootstrapper: "127.0.0.1:1" });
    const atLate = await RawModule.subscribed(t, late, topic);
    const bridge = await RawPeer.dial(t, first);
    const offer = await bridge.nextItem("the offer");
    assert.equal(offer.ttl, 1);
    const toLate = await RawPeer.dial(t, late);
    const behind = await RawPeer.dial(t, late);
    toLate.send(offer);
    await atLate.expectAndAccept(Buffer.from("before you came"), "the offered item");
    await late.turn();
    const speaker = await RawModule.connect(t, late);
    assert.deepEqual(await offered(behind, speaker, "marker 1"), []);
    const newcomer = await RawPeer.dial(t, late);
    assert.deepEqual(await offered(newcomer, speaker, "marker 2"), []);
  });

  it("two daemons: the second starts later and hears what the first accepted", async (t) => {
    const first = await Daemon.start(t);
    const atFirst = await RawModule.subscribed(t, first, topic);
    const speaker = await RawModule.connect(t, first);
    speaker.announce(topic, Buffer.from("own"), 4);
    await atFirst.expectAndAccept(Buffer.from("own"), "the local item");
    // The link comes up behind a puzzle; the module connects while it is being solved.
    const second = await Daemon.start(t, { bootstrapper: first.p2pAuthority });
    const atSecond = await RawModule.connect(t, second);
    atSecond.socket.send(Buffer.from("000801f500000539", "hex"));
    await second.event("linkEstablished");
    speaker.announce(topic, Buffer.from("after"), 4);
    for (;;) {
      // NOTIFY may be read after the offer of the first; then only the second item is heard.
      const notification = await atSecond.nextNotification("an item of the first daemon");
      atSecond.accept(notification);
      if (notification.data.toString() === "after") {
        break;
      }
      assert.equal(notification.data.toString(), "own");
    }
  });

  it('"FIFO" that evicts at random: oldest goes first', async (t) => {
    const relay = await Relay.open(t, await Daemon.start(t, { cache_size: 3 }));
    const module = await RawModule.subscribed(t, relay.daemon, topic);
    for (let count = 0; count < 8; count += 1) {
      relay.from.send(anItem(topic, `item ${count}`));
      await module.expectAndAccept(Buffer.from(`item ${count}`), "an item");
    }
    await relay.daemon.turn();
    const late = await RawPeer.dial(t, relay.daemon);
    const offers: string[] = [];
    for (let count = 0; count < 3; count += 1) {
      const item = await late.nextItem("an offer");
      offers.push(item.data.toString());
    }
    assert.deepEqual(offers.sort(), ["item 5", "item 6", "item 7"]);
    assert.deepEqual(await offered(late, relay.speaker, "marker 1"), []);
  });

  it("offers skip links that sent us the item", async (t) => {
    const daemon = await Daemon.start(t);
    const module = await RawModule.subscribed(t, daemon, topic);
    const speaker = await RawModule.connect(t, daemon);
    speaker.announce(topic, Buffer.from("early"), 7);
    await module.expectAndAccept(Buffer.from("early"), "the local item");
    const first = await RawPeer.dial(t, daemon);
    const item = await first.expectItem(Buffer.from("early"), "the early item");
    first.send(item);
    await daemon.turn();
    assert.deepEqual(await offered(first, speaker, "marker 1"), []);
  });
});
