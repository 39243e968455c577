import assert from "node:assert/strict";
import { before, describe, it } from "node:test";

import { Daemon } from "./support/daemon.ts";
import { suiteScope } from "./support/patience.ts";
import { peerAnnounceFrame, readWireItem } from "./support/raw-frames.ts";
import { RawModule } from "./support/raw-module.ts";
import { RawPeer, anItem } from "./support/raw-peer.ts";
import { total } from "./support/status.ts";
import { Relay } from "./support/verdict-case.ts";

const topic = 1337;

describe("conformance §3.3: a line of six nodes", () => {
  const scope = suiteScope();
  const daemons: Daemon[] = [];
  const modules: RawModule[] = [];

  before(async () => {
    for (let count = 0; count < 6; count += 1) {
      const previous = daemons.at(-1);
      const daemon = await Daemon.start(scope, {
        extensions: "no",
        ...(previous === undefined ? {} : { bootstrapper: previous.p2pAuthority }),
      });
      await daemon.eventCount("linkEstablished", previous === undefined ? 0 : 1);
      await previous?.event("linkEstablished", { direction: "inbound" });
      daemons.push(daemon);
      modules.push(await RawModule.subscribed(scope, daemon, topic));
    }
  });

  /** Items announced at one end, then a marker without limit: what each node's module hears. */
  async function heard(from: number, announcements: readonly (readonly [string, number])[]) {
    const order = from === 0 ? modules : modules.toReversed();
    const speaker = await RawModule.connect(scope, daemons[from] as Daemon);
    for (const [text, ttl] of announcements) {
      speaker.announce(topic, Buffer.from(text), ttl);
    }
    speaker.announce(topic, Buffer.from("marker"), 0);
    return Promise.all(
      order.map(async (module) => {
        const texts: string[] = [];
        for (;;) {
          const notification = await module.nextNotification("an item or the marker");
          module.accept(notification);
          const text = notification.data.toString();
          if (text === "marker") {
            return texts;
          }
          texts.push(text);
        }
      }),
    );
  }

  const ttls = [1, 2, 3, 4, 5, 6, 0, 127, 128, 255];

  for (const from of [0, 5]) {
    it(`[protocol §4.5] TTL off by one, TTL 0, TTL as signed byte: exact reach from node ${from}`, async () => {
      const announcements = ttls.map((ttl) => [`ttl ${ttl} from ${from}`, ttl] as const);
      const perNode = await heard(from, announcements);
      perNode.forEach((texts, hops) => {
        const expected = announcements
          .filter(([, ttl]) => ttl === 0 || ttl >= hops)
          .map(([text]) => text);
        assert.deepEqual(texts, expected, `${hops} hops away`);
      });
    });
  }

  it("[protocol §4.3] a node whose module refuses ends the way of an item", async () => {
    const speaker = await RawModule.connect(scope, daemons[0] as Daemon);
    speaker.announce(topic, Buffer.from("refused by the third"), 0);
    for (const [index, module] of modules.slice(0, 3).entries()) {
      const notification = await module.nextNotification("the item");
      if (index === 2) {
        module.reject(notification);
      } else {
        module.accept(notification);
      }
    }
    const perNode = await heard(0, []);
    assert.deepEqual(perNode, [[], [], [], [], [], []]);
  });
});

describe("conformance §3.3: triangles", () => {
  for (const { name, settings } of [
    { name: "no dedupe at all: TTL 0, traffic ends", settings: {} },
    {
      name: "dedupe memory = `cache_size`: cache_size 1, 100 items, TTL 0",
      settings: { cache_size: 1 },
    },
  ]) {
    it(`[protocol §4.8] T14 TTL 0 / 255 loops, ${name}: each node forwards a key once`, async (t) => {
      const first = await Daemon.start(t, settings);
      const second = await Daemon.start(t, { ...settings, bootstrapper: first.p2pAuthority });
      const third = await Daemon.start(t, {
        ...settings,
        bootstrapper: `${first.p2pAuthority}, ${second.p2pAuthority}`,
      });
      const daemons = [first, second, third];
      await Promise.all(daemons.map(async (daemon) => daemon.eventCount("linkEstablished", 2)));
      const modules = await Promise.all(
        daemons.map(async (daemon) => RawModule.subscribed(t, daemon, topic)),
      );
      const texts = Array.from({ length: 100 }, (_, index) => `item ${index}`);
      const speaker = await RawModule.connect(t, first);
      for (const [index, text] of texts.entries()) {
        speaker.announce(topic, Buffer.from(text), index % 2 === 0 ? 0 : 255);
      }
      await Promise.all(
        modules.map(async (module) => {
          const heard: string[] = [];
          while (heard.length < texts.length) {
            const notification = await module.nextNotification("an item");
            module.accept(notification);
            heard.push(notification.data.toString());
          }
          assert.deepEqual(heard.sort(), [...texts].sort());
        }),
      );
      // One marker from each node crosses every link behind whatever still circulates.
      for (const [index, daemon] of daemons.entries()) {
        const marker = Buffer.from(`marker ${index}`);
        (await RawModule.connect(t, daemon)).announce(topic, marker, 0);
        await Promise.all(
          modules.map(async (module) => module.expectAndAccept(marker, "each item once")),
        );
      }
      const received = await Promise.all(
        daemons.map(async (daemon) => total(await daemon.status(), "itemsReceived")),
      );
      // The announcer sends to two links, each of the others to the one that did not send it.
      const copiesMax = 4 * (texts.length + daemons.length);
      const copies = received.reduce((sum, count) => sum + count, 0);
      assert.ok(copies <= copiesMax, `${copies} copies of at most ${copiesMax}`);
    });
  }
});

describe("conformance §3.3: identity of an item", () => {
  it("[protocol §4.1] key contains the TTL: the same item over two paths is one delivery", async (t) => {
    const relay = await Relay.open(t, await Daemon.start(t));
    const module = await RawModule.subscribed(t, relay.daemon, topic);
    const second = await RawPeer.dial(t, relay.daemon);
    relay.from.send(anItem(topic, "twice", { ttl: 4, reserved: 0 }));
    await module.expectAndAccept(Buffer.from("twice"), "the first copy");
    second.send(anItem(topic, "twice", { ttl: 3, reserved: 0xabcdef }), anItem(topic, "next"));
    await module.expectAndAccept(Buffer.from("next"), "no second delivery");
    assert.deepEqual((await relay.spread()).sort(), ["next", "twice"]);
  });

  it("[protocol §4.1] key = content only: the same bytes announced twice on purpose are two items", async (t) => {
    const relay = await Relay.open(t, await Daemon.start(t));
    const module = await RawModule.subscribed(t, relay.daemon, topic);
    const said = Buffer.from("said on purpose");
    relay.from.send(
      anItem(topic, said, { messageId: 1 }),
      anItem(topic, said, { messageId: 2 }),
      anItem(topic, said, { messageId: 1 }),
    );
    await module.expectAndAccept(said, "the first");
    await module.expectAndAccept(said, "the second");
    for (let count = 0; count < 30; count += 1) {
      relay.speaker.announce(topic, said, 2);
      await module.expectAndAccept(said, "repetitions of a module are never held back");
    }
    assert.equal((await relay.spread()).length, 32);
  });

  it("[protocol §4.1] two items under one id, and one content under two types, are different items", async (t) => {
    const relay = await Relay.open(t, await Daemon.start(t));
    const module = await RawModule.subscribed(t, relay.daemon, topic, topic + 1);
    const items = [
      anItem(topic, "one", { messageId: 7 }),
      anItem(topic, "two", { messageId: 7 }),
      anItem(topic + 1, "one", { messageId: 7 }),
    ];
    relay.from.send(...items);
    for (const { data, dataType } of items) {
      const notification = await module.nextNotification("each of the three");
      assert.deepEqual(notification.data, data);
      assert.equal(notification.dataType, dataType);
      module.accept(notification);
    }
    assert.deepEqual(await relay.spread(), ["one", "two", "one"]);
  });

  it("[protocol §4.1] key = 16 bits: 1,000 items in flight under 10 ids, none lost", async (t) => {
    const relay = await Relay.open(t, await Daemon.start(t));
    const module = await RawModule.subscribed(t, relay.daemon, topic);
    const texts = Array.from({ length: 1_000 }, (_, index) => `in flight ${index}`);
    relay.from.send(
      ...texts.map((text, index) => anItem(topic, text, { messageId: index % 10, ttl: 2 })),
    );
    for (const text of texts) {
      await module.expectAndAccept(Buffer.from(text), text);
    }
    assert.deepEqual(await relay.spread(), texts);
  });

  it("[protocol §4.2] one link repeating one content under new ids gets eight through, another link still gets one", async (t) => {
    const relay = await Relay.open(t, await Daemon.start(t));
    const module = await RawModule.subscribed(t, relay.daemon, topic);
    const said = Buffer.from("again and again");
    relay.from.send(
      ...Array.from({ length: 20 }, (_, messageId) => anItem(topic, said, { messageId })),
      anItem(topic, "end of the first link"),
    );
    for (let count = 0; count < 8; count += 1) {
      await module.expectAndAccept(said, `repetition ${count}`);
    }
    await module.expectAndAccept(Buffer.from("end of the first link"), "no ninth");
    const other = await RawPeer.dial(t, relay.daemon);
    other.send(anItem(topic, said, { messageId: 999 }));
    await module.expectAndAccept(said, "the copy of another link");
    assert.deepEqual(relay.daemon.events("linkClosed"), [], "without blame");
  });
});

describe("conformance §3.3: fan-out", () => {
  it("[protocol §4.7] sends back to the sender: never on the link it came from", async (t) => {
    const relay = await Relay.open(t, await Daemon.start(t));
    const module = await RawModule.subscribed(t, relay.daemon, topic);
    for (let count = 0; count < 20; count += 1) {
      const item = anItem(topic, `item ${count}`);
      // From both: whoever sent it already gets no copy either.
      relay.from.send(item);
      const asked = await module.nextNotification("the item");
      if (count % 2 === 0) {
        relay.to.send(item, anItem(topic + 1, "order"));
      }
      await relay.daemon.turn();
      module.accept(asked);
    }
    const reached = Array.from({ length: 20 }, (_, count) => `item ${count}`);
    assert.deepEqual(
      await relay.spread(),
      reached.filter((_, count) => count % 2 === 1),
    );
    await relay.from.expectItem(Buffer.from("marker 1"), "nothing of its own");
  });

  it("[protocol §4.7] `degree` ignored, sender excluded after sampling: 40 peers, degree 3, exactly 3 copies", async (t) => {
    const daemon = await Daemon.start(t, { degree: 3 });
    const module = await RawModule.subscribed(t, daemon, topic);
    const peers: RawPeer[] = [];
    for (let count = 0; count < 40; count += 1) {
      peers.push(await RawPeer.dial(t, daemon));
    }
    const relayed = Array.from({ length: 40 }, (_, index) => `relayed ${index}`);
    for (const text of relayed) {
      peers[0]?.send(anItem(topic, text));
      await module.expectAndAccept(Buffer.from(text), text);
    }
    const own = Array.from({ length: 20 }, (_, index) => `own ${index}`);
    for (const text of own) {
      module.announce(topic, Buffer.from(text));
    }
    // The last verdict and the announcements came over one socket, so the latest is the last.
    const other = await RawModule.subscribed(t, daemon, topic + 1);
    module.announce(topic + 1, Buffer.from("end"));
    await other.expectAndAccept(Buffer.from("end"), "the end");
    // What is queued is flushed before the sockets close [protocol §7.4].
    await daemon.terminate();
    const copies = new Map<string, number[]>();
    for (const [index, peer] of peers.entries()) {
      await peer.socket.ending("the end of the daemon");
      for (const received of peer.socket.unread) {
        const text = readWireItem(received).data.toString();
        copies.set(text, [...(copies.get(text) ?? []), index]);
      }
    }
    for (const text of [...relayed, ...own, "end"]) {
      assert.equal(new Set(copies.get(text)).size, 3, `copies of "${text}"`);
      assert.equal(copies.get(text)?.length, 3, `copies of "${text}"`);
    }
    assert.ok(
      relayed.every((text) => !copies.get(text)?.includes(0)),
      "none to the sender",
    );
    const chosen = new Set([...copies.values()].flat());
    // 61 draws of 3 of 39 leave a given peer out with probability below 1 %; 20 of 40 never.
    assert.ok(chosen.size > 20, `only ${chosen.size} different peers were chosen`);
  });

  it("[protocol §4.7] message buffer grows per neighbour: all chosen neighbours get identical bytes", async (t) => {
    const daemon = await Daemon.start(t);
    const module = await RawModule.subscribed(t, daemon, topic);
    const from = await RawPeer.dial(t, daemon);
    const neighbours: RawPeer[] = [];
    for (let count = 0; count < 10; count += 1) {
      neighbours.push(await RawPeer.dial(t, daemon));
    }
    for (const length of [0, 1, 5_000, 60_000]) {
      const item = anItem(topic, Buffer.alloc(length, 0xa5), { ttl: 77, messageId: 0xbeef });
      from.send(item);
      await module.expectAndAccept(item.data, "the item");
      const expected = peerAnnounceFrame({ ...item, ttl: 76 });
      for (const neighbour of neighbours) {
        const { bytes } = await neighbour.socket.next("a copy");
        assert.ok(bytes.equals(expected), `a copy of ${length} bytes`);
      }
    }
  });

  it("T24 reserved bits as covert tag or future use: forwarded copies carry zero", async (t) => {
    const relay = await Relay.open(t, await Daemon.start(t));
    const module = await RawModule.subscribed(t, relay.daemon, topic);
    for (const reserved of [1, 0x800000, 0xffffff, 0x123456]) {
      const item = anItem(topic, `tagged ${reserved}`, { reserved, ttl: 0 });
      relay.from.send(item);
      await module.expectAndAccept(item.data, "a tagged item");
      assert.equal((await relay.to.expectItem(item.data, "its copy")).reserved, 0);
    }
  });

  it("hop list inside the message: nothing in a frame depends on who announced", async (t) => {
    const relay = await Relay.open(t, await Daemon.start(t));
    const module = await RawModule.subscribed(t, relay.daemon, topic);
    relay.speaker.announce(topic, Buffer.from("own"), 5);
    await module.expectAndAccept(Buffer.from("own"), "the local item");
    const own = await relay.to.socket.next("our own item");
    relay.from.send(anItem(topic, "foreign", { ttl: 6 }));
    await module.expectAndAccept(Buffer.from("foreign"), "the foreign item");
    const foreign = await relay.to.socket.next("a foreign item");
    // Beside id and data every byte is the same: type, data type, TTL and reserved.
    const shape = (bytes: Buffer): string =>
      Buffer.concat([bytes.subarray(2, 4), bytes.subarray(6, 12)]).toString("hex");
    assert.equal(shape(own.bytes), shape(foreign.bytes));
    assert.equal(own.size, 12 + "own".length);
    assert.equal(foreign.size, 12 + "foreign".length);
  });

  it("random wait 0-60 s per item: 500 items one after the other wait for no timer", async (t) => {
    const relay = await Relay.open(t, await Daemon.start(t));
    const module = await RawModule.subscribed(t, relay.daemon, topic);
    for (let count = 0; count < 500; count += 1) {
      const item = anItem(topic, `item ${count}`);
      relay.from.send(item);
      await module.expectAndAccept(item.data, "the item");
      await relay.to.expectItem(item.data, "its copy");
    }
  });
});
