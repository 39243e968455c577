import assert from "node:assert/strict";
import { describe, it } from "node:test";

import { Daemon } from "./support/daemon.ts";
import { Tally } from "./support/patience.ts";
import {
  MessageNumber,
  announceFrame,
  frame,
  notifyFrame,
  readNotification,
  validationFrame,
} from "./support/raw-frames.ts";
import { RawModule } from "./support/raw-module.ts";
import { RawPeer, anItem } from "./support/raw-peer.ts";
import { RawSocket } from "./support/raw-socket.ts";

const topic = 1337;
const text = (value: string): Buffer => Buffer.from(value);

describe("conformance §3.2: announcements and notifications", () => {
  it("wide id put into 16 bits: an item from a peer is relayed to a subscriber", async (t) => {
    const daemon = await Daemon.start(t);
    const module = await RawModule.subscribed(t, daemon, topic);
    const peer = await RawPeer.dial(t, daemon);
    for (const messageId of [0, 1, 0x7fff, 0x8000, 0xffff]) {
      const item = anItem(topic, `network id ${messageId}`, { messageId });
      peer.send(item);
      await module.expectAndAccept(item.data, `an item with id ${messageId}`);
    }
  });

  it("[protocol §2.3] the id of a notification is fresh per subscriber and never the network's", async (t) => {
    const daemon = await Daemon.start(t);
    const modules = [
      await RawModule.subscribed(t, daemon, topic),
      await RawModule.subscribed(t, daemon, topic),
    ];
    const peer = await RawPeer.dial(t, daemon);
    const seen = [0, 0];
    for (let count = 0; count < 40; count += 1) {
      const item = anItem(topic, `item ${count}`, { messageId: 0x0101 });
      peer.send(item);
      for (const [index, module] of modules.entries()) {
        const notification = await module.nextNotification("the item");
        seen[index] = (seen[index] ?? 0) + (notification.messageId === 0x0101 ? 1 : 0);
        module.accept(notification);
      }
    }
    // A fresh draw repeats the network's id with probability 40 / 65,536.
    assert.ok((seen[0] ?? 0) < 3 && (seen[1] ?? 0) < 3, "the network's id leaked");
  });

  it("await forgotten: TTL 1 from a peer is delivered", async (t) => {
    const daemon = await Daemon.start(t);
    const module = await RawModule.subscribed(t, daemon, topic);
    const peer = await RawPeer.dial(t, daemon);
    const item = anItem(topic, "last hop", { ttl: 1 });
    peer.send(item);
    await module.expectAndAccept(item.data, "an item with TTL 1");
  });

  it("[protocol §2.3] one shared queue for all subscribers: two subscribers both get it, the announcer does not", async (t) => {
    const daemon = await Daemon.start(t);
    const announcer = await RawModule.subscribed(t, daemon, topic);
    const others = [
      await RawModule.subscribed(t, daemon, topic),
      await RawModule.subscribed(t, daemon, topic),
    ];
    announcer.announce(topic, text("from the announcer"));
    for (const module of others) {
      await module.expectAndAccept(text("from the announcer"), "somebody else's announcement");
    }
    others[0]?.announce(topic, text("from another"));
    await announcer.expectAndAccept(text("from another"), "nothing of its own before");
    await others[1]?.expectAndAccept(text("from another"), "somebody else's announcement");
    announcer.announce(topic, text("last"));
    await others[0]?.expectAndAccept(text("last"), "nothing of its own before");
  });

  it("[protocol §2.1] whoever announces need not be subscribed, and empty data is legal", async (t) => {
    const daemon = await Daemon.start(t);
    const module = await RawModule.subscribed(t, daemon, topic);
    const peer = await RawPeer.dial(t, daemon);
    const announcer = await RawModule.connect(t, daemon);
    announcer.announce(topic, Buffer.alloc(0), 5);
    await module.expectAndAccept(Buffer.alloc(0), "empty data");
    const item = await peer.nextItem("empty data");
    assert.equal(item.data.length, 0);
    assert.equal(item.ttl, 5);
  });

  it("[protocol §2.5a] FIN right behind ANNOUNCE: the announcement is executed and lives on", async (t) => {
    const daemon = await Daemon.start(t);
    const module = await RawModule.subscribed(t, daemon, topic);
    const peer = await RawPeer.dial(t, daemon);
    for (let count = 0; count < 20; count += 1) {
      const socket = await RawSocket.dial(daemon.api);
      const said = text(`last words ${count}`);
      socket.send(Buffer.concat([notifyFrame(topic), announceFrame(topic, said, { ttl: 2 })]));
      socket.finish();
      await module.expectAndAccept(said, "an announcement with FIN");
      await peer.expectItem(said, "an announcement with FIN, on the wire");
      await socket.expectClosed("after FIN");
    }
    assert.equal((await daemon.status()).subscribers.length, 1, "their subscriptions are gone");
  });

  it("[protocol §1.1] reserved bits are ignored on receipt, whatever they hold", async (t) => {
    const daemon = await Daemon.start(t);
    const peer = await RawPeer.dial(t, daemon);
    const module = await RawModule.connect(t, daemon);
    module.socket.send(notifyFrame(topic, 0xffff));
    await daemon.turn();
    const announcer = await RawModule.connect(t, daemon);
    announcer.socket.send(announceFrame(topic, text("reserved"), { ttl: 2, reserved: 0xff }));
    await module.expectAndAccept(text("reserved"), "an announcement with reserved bits");
    assert.equal((await peer.expectItem(text("reserved"), "the item")).reserved, 0);
  });

  it("[protocol §2.2] subscriber lists: NOTIFY three times is one notification", async (t) => {
    const daemon = await Daemon.start(t);
    const module = await RawModule.subscribed(t, daemon, topic);
    module.socket.send(Buffer.concat([notifyFrame(topic), notifyFrame(topic)]));
    module.announce(topic + 1, text("order"));
    const peer = await RawPeer.dial(t, daemon);
    await daemon.turn();
    for (let count = 0; count < 5; count += 1) {
      const item = anItem(topic, `item ${count}`);
      peer.send(item);
      await module.expectAndAccept(item.data, "each item once");
    }
    assert.equal(module.unread, 0);
  });

  it("subscriber lists: two clients die in one round, the others stay", async (t) => {
    const daemon = await Daemon.start(t);
    const modules: RawModule[] = [];
    for (let count = 0; count < 6; count += 1) {
      modules.push(await RawModule.subscribed(t, daemon, topic));
    }
    const peer = await RawPeer.dial(t, daemon);
    peer.send(anItem(topic, "first"));
    modules[1]?.socket.reset();
    modules[3]?.socket.reset();
    const rest = modules.filter((_, index) => index !== 1 && index !== 3);
    for (const module of rest) {
      await module.expectAndAccept(text("first"), "the first item");
    }
    peer.send(anItem(topic, "second"));
    for (const module of rest) {
      await module.expectAndAccept(text("second"), "the second item");
    }
    await daemon.statusUntil("two clients gone", ({ subscribers }) => subscribers.length === 4);
  });

  it("API port closes for good: an item nobody subscribed to, then a new client", async (t) => {
    const daemon = await Daemon.start(t);
    const announcer = await RawModule.connect(t, daemon);
    announcer.announce(topic, text("nobody listens"));
    const peer = await RawPeer.dial(t, daemon);
    peer.send(anItem(topic, "nobody listens here either"));
    const module = await RawModule.subscribed(t, daemon, topic);
    announcer.announce(topic, text("somebody listens"));
    await module.expectAndAccept(text("somebody listens"), "the item after");
  });

  it("client sends 502: only that connection closes", async (t) => {
    const daemon = await Daemon.start(t);
    const module = await RawModule.subscribed(t, daemon, topic);
    const wrong = await RawModule.subscribed(t, daemon, topic);
    wrong.socket.send(frame(MessageNumber.notification, Buffer.alloc(8)));
    await wrong.socket.expectClosed("502 from a client");
    await daemon.event("subscriberClosed", { cause: "unexpectedType" });
    (await RawModule.connect(t, daemon)).announce(topic, text("after"));
    await module.expectAndAccept(text("after"), "life goes on");
  });

  it("[protocol §2.7] one API client at a time: 100 clients, one of them idle", async (t) => {
    const daemon = await Daemon.start(t);
    const idle = await RawModule.subscribed(t, daemon, topic + 1);
    const modules = await Promise.all(
      Array.from({ length: 100 }, async () => RawModule.connect(t, daemon)),
    );
    for (const module of modules) {
      module.socket.send(notifyFrame(topic));
    }
    await daemon.statusUntil(
      "100 subscriptions",
      ({ subscribers }) =>
        subscribers.filter(({ dataTypes }) => String(dataTypes) === String(topic)).length === 100,
    );
    for (const [index, announcer] of modules.entries()) {
      const said = text(`from client ${index}`);
      announcer.announce(topic, said);
      await Promise.all(
        modules
          .filter((module) => module !== announcer)
          .map(async (module) => module.expectAndAccept(said, `client ${index} speaking`)),
      );
    }
    modules[0]?.announce(topic + 1, text("wake up"));
    await idle.expectAndAccept(text("wake up"), "the idle client");
  });

  it("local item spread twice: copies on the wire, with a subscriber that accepts and announces too", async (t) => {
    const daemon = await Daemon.start(t);
    const announcer = await RawModule.subscribed(t, daemon, topic);
    const other = await RawModule.subscribed(t, daemon, topic);
    const peer = await RawPeer.dial(t, daemon);
    for (let count = 0; count < 10; count += 1) {
      const said = text(`once ${count}`);
      announcer.announce(topic, said, 4);
      await other.expectAndAccept(said, "the local item");
      await peer.expectItem(said, "exactly one copy of each item");
    }
    other.announce(topic, text("marker"));
    await peer.expectItem(text("marker"), "no second copy before the marker");
  });

  it("[protocol §4.5] TTL of the API ignored: API TTL n goes out as n", async (t) => {
    const daemon = await Daemon.start(t);
    const peer = await RawPeer.dial(t, daemon);
    const announcer = await RawModule.connect(t, daemon);
    for (const ttl of [0, 1, 2, 3, 127, 128, 254, 255]) {
      announcer.announce(topic, text(`ttl ${ttl}`), ttl);
      const item = await peer.expectItem(text(`ttl ${ttl}`), `TTL ${ttl}`);
      assert.equal(item.ttl, ttl);
    }
  });

  it("V inverted: both verdicts, in both directions of the wire", async (t) => {
    const daemon = await Daemon.start(t);
    const module = await RawModule.subscribed(t, daemon, topic);
    const from = await RawPeer.dial(t, daemon);
    const to = await RawPeer.dial(t, daemon);
    // V is the lowest bit and nothing else [protocol §2.4].
    for (const bits of [0x0000, 0x0001, 0xfffe, 0xffff, 0x0100, 0x0002, 0x8001]) {
      const item = anItem(topic, `verdict bits ${bits}`);
      from.send(item);
      const asked = await module.nextNotification("the item");
      module.socket.send(validationFrame(asked.messageId, bits));
      if ((bits & 1) === 1) {
        await to.expectItem(item.data, `an item accepted by ${bits}`);
      }
    }
    module.announce(topic, text("marker"));
    await to.expectItem(text("marker"), "nothing rejected before the marker");
  });

  it("[protocol §2.4] an unknown, repeated or late id is ignored and counted, never a reason to close", async (t) => {
    const daemon = await Daemon.start(t);
    const module = await RawModule.subscribed(t, daemon, topic);
    for (const messageId of [0, 1, 0x7fff, 0xffff]) {
      module.socket.send(validationFrame(messageId, 0));
    }
    const peer = await RawPeer.dial(t, daemon);
    peer.send(anItem(topic, "asked once"));
    const asked = await module.nextNotification("the item");
    module.accept(asked);
    module.accept(asked);
    module.reject(asked);
    module.announce(topic, text("still here"));
    await peer.expectItem(text("still here"), "the module's connection works");
    const status = await daemon.status();
    assert.equal(status.totals["verdictsUnknown"], 6);
  });

  it("[protocol §2.5] naive clients: until answers prove otherwise, each notification is a read of its own", async (t) => {
    const daemon = await Daemon.start(t);
    const module = await RawModule.subscribed(t, daemon, topic);
    const announcer = await RawModule.connect(t, daemon);
    announcer.socket.send(
      Buffer.concat(
        Array.from({ length: 5 }, (_, index) => announceFrame(topic, text(`n${index}`))),
      ),
    );
    for (let count = 0; count < 5; count += 1) {
      const received = await module.socket.next("a notification");
      assert.equal(module.socket.unread.length, 0, "nothing arrived with it");
      module.accept(readNotification(received));
    }
    assert.deepEqual(module.socket.framesPerRead, [1, 1, 1, 1, 1]);
  });

  it("[protocol §2.5] a module that takes each read for one message is found out, and from then on gets one at a time", async (t) => {
    const daemon = await Daemon.start(t);
    const naive = await RawModule.subscribed(t, daemon, topic);
    const answered = new Tally();
    let lost = 0;
    naive.socket.consumeReads((frames) => {
      const [only, ...more] = frames;
      if (only !== undefined && more.length === 0) {
        naive.accept(readNotification(only));
        answered.add();
      } else {
        lost += frames.length;
      }
    });
    const announcer = await RawModule.connect(t, daemon);
    const announce = (first: number, count: number): void => {
      const frames = Array.from({ length: count }, (_, index) =>
        announceFrame(topic, text(`item ${first + index}`)),
      );
      announcer.socket.send(Buffer.concat(frames));
    };
    // So many wait that the window grows until some arrive together.
    announce(0, 60);
    await daemon.event("oneAtATime");
    const lostUntilFound = lost;
    announce(60, 4);
    await answered.reaches(64 - lostUntilFound, "everything but what was lost before");
    assert.equal(lost, lostUntilFound);
  });

  it("[protocol §4.4] message ids of announcements are random, not counted", async (t) => {
    const daemon = await Daemon.start(t);
    const peer = await RawPeer.dial(t, daemon);
    const announcer = await RawModule.connect(t, daemon);
    const ids: number[] = [];
    for (let count = 0; count < 300; count += 1) {
      announcer.announce(topic, text(`item ${count}`));
      ids.push((await peer.nextItem("an item")).messageId);
    }
    assert.equal(new Set(ids).size, ids.length, "none seen in the last two minutes comes again");
    const rising = ids.filter((id, index) => id > (ids[index - 1] ?? 0)).length;
    // A fair coin for each: 300 of them leave 90 to 210 with probability below 1e-11.
    assert.ok(rising > 90 && rising < 210, `${rising} of 300 ids are larger than the one before`);
  });
});

describe("[protocol §2.1] api_strict", () => {
  it("closes whoever announces a type it is not subscribed to", async (t) => {
    const daemon = await Daemon.start(t, { api_strict: "yes" });
    const module = await RawModule.subscribed(t, daemon, topic);
    const stranger = await RawModule.subscribed(t, daemon, topic + 1);
    stranger.announce(topic, text("not subscribed"));
    await stranger.socket.expectClosed("an announcement without a subscription");
    const member = await RawModule.subscribed(t, daemon, topic);
    member.announce(topic, text("subscribed"));
    await module.expectAndAccept(text("subscribed"), "only the member's announcement");
  });

  it("closes whoever announces nothing", async (t) => {
    const daemon = await Daemon.start(t, { api_strict: "yes" });
    const module = await RawModule.subscribed(t, daemon, topic);
    module.announce(topic, Buffer.alloc(0));
    await module.socket.expectClosed("an empty announcement");
  });
});
