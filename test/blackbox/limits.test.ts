import assert from "node:assert/strict";
import { describe, it } from "node:test";

import { Daemon, everyAddressCounts } from "./support/daemon.ts";
import {
  MIB,
  announceInStep,
  collectorSlackBytes,
  loadData,
  loadItemBytes,
  loadItems,
} from "./support/load.ts";
import { frame, peerAnnounceFrame, validationFrame } from "./support/raw-frames.ts";
import { RawModule } from "./support/raw-module.ts";
import { RawPeer, anItem } from "./support/raw-peer.ts";
import { RawSocket } from "./support/raw-socket.ts";
import { faults, store, total } from "./support/status.ts";

const topic = 1337;

describe("conformance §3.5: resources", () => {
  it("[protocol §2.6] lock held across a socket drain: a module that stops reading while 300 MB of items pass", async (t) => {
    const daemon = await Daemon.start(t);
    const frozen = await RawModule.subscribed(t, daemon, topic);
    frozen.socket.stopReading();
    const awake = await RawModule.subscribed(t, daemon, topic);
    const peer = await RawPeer.dial(t, daemon);
    const speaker = await RawModule.connect(t, daemon);
    const before = daemon.memoryBytes();
    await announceInStep(speaker, topic, loadItems, [awake.acceptAll(), peer.countItems()]);
    const growth = daemon.peakMemoryBytes() - before;
    // 4 MiB for the module, 50 items of the knowledge base, and what two sockets have in flight.
    const boundBytes = 4 * MIB + 50 * loadItemBytes + 2 * MIB + collectorSlackBytes;
    assert.ok(growth < boundBytes, `grew by ${Math.round(growth / MIB)} MiB`);
    const status = await daemon.status();
    assert.ok(total(status, "notificationsDropped") > 0, "its queue is bounded, and it is counted");
    assert.equal(daemon.events("subscriberLagging").length, 1, "and logged once per episode");
    assert.equal(total(status, "framesDropped"), 0, "peers notice nothing");
    assert.ok(
      status.subscribers.every(({ waitingBytes }) => Number(waitingBytes) <= 4 * MIB),
      "no queue above 4 MiB",
    );
  });

  it("[protocol §4.10] a module that never answers while 300 MB of items pass: pending store bounded, others go on", async (t) => {
    const daemon = await Daemon.start(t, { peer_bytes_per_second: 0, peer_frames_per_second: 0 });
    const silent = await RawModule.subscribed(t, daemon, topic);
    silent.socket.consume(() => undefined);
    const other = await RawModule.subscribed(t, daemon, topic + 1);
    const heard = other.acceptAll();
    const from = await RawPeer.dial(t, daemon);
    const to = await RawPeer.dial(t, daemon);
    const reached = to.countItems();
    const before = daemon.memoryBytes();
    for (let index = 0; index < loadItems; index += 1) {
      from.send(anItem(topic, loadData(index)));
      // Seldom: while verdicts come, a link over half its share waits up to 250 ms for more of them.
      if (index % 256 === 255) {
        from.send(anItem(topic + 1, `between ${index}`));
        await heard.reaches((index + 1) / 256, "another type in between");
      }
    }
    await reached.reaches(heard.count, "the other type at the next peer");
    const status = await daemon.status();
    const pending = store(status, "pendingItems");
    assert.ok(pending.bytes <= 8 * MIB, `${pending.bytes} pending bytes of one link`);
    assert.ok(total(status, "itemNotHeld") > 0, "what was not held is counted");
    const growth = daemon.peakMemoryBytes() - before;
    // 8 MiB pending, 4 MiB for the module, the knowledge base, and what is in flight.
    const boundBytes = 14 * MIB + 50 * loadItemBytes + collectorSlackBytes;
    assert.ok(growth < boundBytes, `grew by ${Math.round(growth / MIB)} MiB`);
  });

  it("[protocol §4.11] a peer that stops reading while 300 MB of items pass: others get all of them", async (t) => {
    const daemon = await Daemon.start(t);
    const frozen = await RawPeer.dial(t, daemon);
    frozen.socket.stopReading();
    const peers = [await RawPeer.dial(t, daemon), await RawPeer.dial(t, daemon)];
    const listener = await RawModule.subscribed(t, daemon, topic);
    const speaker = await RawModule.connect(t, daemon);
    const before = daemon.memoryBytes();
    const tallies = [listener.acceptAll(), ...peers.map((peer) => peer.countItems())];
    await announceInStep(speaker, topic, loadItems, tallies);
    const growth = daemon.peakMemoryBytes() - before;
    const boundBytes = 3 * MIB + 50 * loadItemBytes + collectorSlackBytes;
    assert.ok(growth < boundBytes, `grew by ${Math.round(growth / MIB)} MiB`);
    const { links } = await daemon.status();
    assert.ok(links.every(({ queueBytes }) => Number(queueBytes) <= 1 * MIB + 65_535));
  });

  it("[protocol §4.11] a module announces 20,000 small items at once: it is read more slowly, and peers that read get all of them", async (t) => {
    const daemon = await Daemon.start(t);
    const peers = [await RawPeer.dial(t, daemon), await RawPeer.dial(t, daemon)];
    const tallies = peers.map((peer) => peer.countItems());
    const speaker = await RawModule.connect(t, daemon);
    for (let index = 0; index < 20_000; index += 1) {
      speaker.announce(topic, Buffer.from(`small ${index}`));
    }
    await daemon.statusUntil("all read", ({ totals }) => totals["itemsAnnounced"] === 20_000);
    const { totals } = await daemon.status();
    assert.equal(totals["framesDropped"], 0, "reading pauses before anything is dropped");
    for (const tally of tallies) {
      await tally.reaches(20_000, "all items");
    }
  });

  it("[protocol §4.11] a pause of reading ends for everybody: after a flood both peers are heard", async (t) => {
    const daemon = await Daemon.start(t);
    const module = await RawModule.subscribed(t, daemon, topic);
    const peers = [await RawPeer.dial(t, daemon), await RawPeer.dial(t, daemon)];
    for (const peer of peers) {
      peer.countItems();
    }
    const speaker = await RawModule.connect(t, daemon);
    for (let round = 0; round < 5; round += 1) {
      for (let index = 0; index < 4_000; index += 1) {
        speaker.announce(topic + 1, Buffer.from(`round ${round} item ${index}`));
      }
      for (const [index, peer] of peers.entries()) {
        const item = anItem(topic, `peer ${index} after flood ${round}`);
        peer.send(item);
        await module.expectAndAccept(item.data, `peer ${index} after flood ${round}`);
      }
    }
  });

  it("[protocol §4.11] the read budget of a link is enforced by not reading, never by dropping", async (t) => {
    const daemon = await Daemon.start(t, { peer_frames_per_second: 100 });
    const module = await RawModule.subscribed(t, daemon, topic, topic + 1);
    const fast = await RawPeer.dial(t, daemon);
    const other = await RawPeer.dial(t, daemon);
    const heard = new Set<string>();
    const tally = module.acceptAll(({ data }) => {
      heard.add(data.toString());
    });
    fast.send(...Array.from({ length: 500 }, (_, index) => anItem(topic, `fast ${index}`)));
    other.send(anItem(topic + 1, "of another link"));
    await tally.reaches(501, "every item");
    assert.equal(heard.size, 501);
    const status = await daemon.status();
    assert.ok(total(status, "budgetHolds") > 0);
    assert.equal(total(status, "framesDropped"), 0);
  });

  it("maps that only grow: 1,000 connects and disconnects on each socket leave nothing behind", async (t) => {
    const daemon = await Daemon.start(t);
    const listener = await RawModule.subscribed(t, daemon, topic);
    const connectMany = async (): Promise<void> => {
      for (let batch = 0; batch < 20; batch += 1) {
        await Promise.all(
          Array.from({ length: 25 }, async (_, index) => {
            const module = await RawSocket.dial(daemon.api);
            module.send(Buffer.from("000801f500000539", "hex"));
            const peer = await RawSocket.dial(daemon.p2p);
            await peer.next("INIT");
            peer.send(frame(505, Buffer.alloc(8)));
            await peer.next("OK");
            peer.send(peerAnnounceFrame(anItem(topic + 1, "not wanted")));
            if (index % 2 === 0) {
              module.finish();
              peer.finish();
            } else {
              module.reset();
              peer.reset();
            }
            await Promise.all([module.ending("FIN"), peer.ending("FIN")]);
          }),
        );
      }
      await daemon.statusUntil(
        "all of them to be gone",
        (status) => status.links.length === 0 && status.subscribers.length === 1,
      );
    };
    await connectMany();
    const before = daemon.memoryBytes();
    await connectMany();
    const growth = daemon.memoryBytes() - before;
    assert.ok(growth < 64 * MIB, `the second 500 cost ${Math.round(growth / MIB)} MiB`);
    const status = await daemon.status();
    for (const name of ["links", "halfOpenLinks", "pendingItems"]) {
      assert.equal(store(status, name).entries, 0, name);
    }
    const peer = await RawPeer.dial(t, daemon);
    peer.send(anItem(topic, "after"));
    await listener.expectAndAccept(Buffer.from("after"), "life goes on");
  });

  it("zombie after an exception in a connection task: a broken link is gone from every table", async (t) => {
    const daemon = await Daemon.start(t);
    const module = await RawModule.subscribed(t, daemon, topic);
    const from = await RawPeer.dial(t, daemon);
    for (let round = 0; round < 10; round += 1) {
      const broken = await RawPeer.dial(t, daemon);
      from.send(anItem(topic, `round ${round}`));
      const asked = await module.nextNotification("the item");
      broken.socket.send(frame(506));
      await broken.socket.ending("a malformed message");
      module.accept(asked);
    }
    const { links, stores } = await daemon.status();
    assert.equal(links.length, 1);
    assert.equal(stores.find(({ name }) => name === "links")?.entries, 1);
  });

  it("lock leaked on an early return: one host connects twice, both links work", async (t) => {
    const daemon = await Daemon.start(t, everyAddressCounts);
    const module = await RawModule.subscribed(t, daemon, topic);
    for (let count = 0; count < 2; count += 1) {
      const peer = await RawPeer.dial(t, daemon, { from: "127.0.0.5" });
      peer.send(anItem(topic, `link ${count}`));
      await module.expectAndAccept(Buffer.from(`link ${count}`), "an item");
    }
  });

  it("reconnect storms by clients: 64 doubled connections of one module", async (t) => {
    const daemon = await Daemon.start(t, { validation_policy: "any" });
    const from = await RawPeer.dial(t, daemon);
    const to = await RawPeer.dial(t, daemon);
    const connections: RawModule[] = [];
    for (let count = 0; count < 64; count += 1) {
      connections.push(await RawModule.subscribed(t, daemon, topic));
    }
    for (let round = 0; round < 5; round += 1) {
      from.send(anItem(topic, `round ${round}`));
      // The module accepts on its first connection and takes the rest for weaker copies.
      for (const [index, connection] of connections.entries()) {
        const asked = await connection.nextNotification("the item");
        connection.socket.send(validationFrame(asked.messageId, index === round ? 1 : 0));
      }
      await to.expectItem(Buffer.from(`round ${round}`), "any V = 1 spreads");
    }
  });

  it("[protocol §2.7] modules beyond `api_connections` are closed, those within go on", async (t) => {
    const daemon = await Daemon.start(t, { api_connections: 5 });
    const module = await RawModule.subscribed(t, daemon, topic);
    const others: RawModule[] = [];
    for (let count = 0; count < 4; count += 1) {
      others.push(await RawModule.connect(t, daemon));
    }
    await daemon.statusUntil("five modules", ({ subscribers }) => subscribers.length === 5);
    const sixth = await RawSocket.dial(daemon.api);
    await sixth.expectClosed("the sixth module");
    others[0]?.announce(topic, Buffer.from("within"));
    await module.expectAndAccept(Buffer.from("within"), "an announcement");
    others[1]?.socket.reset();
    await daemon.statusUntil("one gone", ({ subscribers }) => subscribers.length === 4);
    const next = await RawModule.connect(t, daemon);
    next.announce(topic, Buffer.from("room again"));
    await module.expectAndAccept(Buffer.from("room again"), "an announcement");
  });

  it("[protocol §2.3] sequential or overflowing ids: 70,000 notifications, ids over 0x7FFF, none open twice", async (t) => {
    const daemon = await Daemon.start(t);
    const module = await RawModule.subscribed(t, daemon, topic);
    const speaker = await RawModule.connect(t, daemon);
    const seen = new Set<number>();
    let high = 0;
    const heard = module.acceptAll(({ messageId }) => {
      seen.add(messageId);
      high += messageId > 0x7fff ? 1 : 0;
    });
    const text = (index: number): Buffer => Buffer.from(`notification ${index}`);
    // Half of what the queue of a module takes is ahead at most, so none is dropped.
    for (let index = 0; index < 70_000; index += 1) {
      speaker.announce(topic, text(index));
      if (index % 2_000 === 1_999) {
        await heard.reaches(index + 1, "70,000 notifications");
      }
    }
    assert.ok(high > 30_000 && high < 40_000, `${high} of 70,000 ids are over 0x7FFF`);
    assert.ok(seen.size > 30_000, `only ${seen.size} different ids`);

    // Answered in bulk until now, so its window is large: now it falls silent.
    const open: number[] = [];
    module.socket.consume((received) => {
      open.push(received.bytes.readUInt16BE(4));
    });
    for (let index = 0; index < 2_000; index += 1) {
      speaker.announce(topic, text(70_000 + index));
    }
    await daemon.statusUntil("all written that may be", ({ subscribers, totals }) => {
      const [one] = subscribers.filter(({ outstanding }) => Number(outstanding) > 0);
      return totals["itemsAnnounced"] === 72_000 && Number(one?.["outstanding"]) === open.length;
    });
    assert.ok(open.length > 100, `only ${open.length} open`);
    assert.equal(new Set(open).size, open.length, "no id is open twice");
  });

  it("[protocol §3.5] 5,000 half-open sockets: an honest peer gets in", async (t) => {
    const daemon = await Daemon.start(t, { pow_difficulty: 8 });
    const before = daemon.memoryBytes();
    const sockets: RawSocket[] = [];
    for (let batch = 0; batch < 50; batch += 1) {
      const dials = Array.from({ length: 100 }, async () => RawSocket.dial(daemon.p2p));
      sockets.push(...(await Promise.all(dials)));
    }
    const peer = await RawPeer.dial(t, daemon, { difficultyBits: 8 });
    const module = await RawModule.subscribed(t, daemon, topic);
    peer.send(anItem(topic, "got in"));
    await module.expectAndAccept(Buffer.from("got in"), "the honest peer's item");
    const status = await daemon.status();
    assert.ok(store(status, "halfOpenLinks").entries <= 1_024);
    assert.ok(faults(status.linksClosed) >= 5_000 - 1_024);
    const growth = daemon.peakMemoryBytes() - before;
    assert.ok(growth < collectorSlackBytes, `grew by ${Math.round(growth / MIB)} MiB`);
    for (const socket of sockets) {
      socket.destroy();
    }
  });
});
