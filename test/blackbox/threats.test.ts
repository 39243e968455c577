import assert from "node:assert/strict";
import { createHash, randomBytes } from "node:crypto";
import { describe, it } from "node:test";

import { Daemon, everyAddressCounts } from "./support/daemon.ts";
import { MIB, collectorSlackBytes, loadData, loadItemBytes } from "./support/load.ts";
import {
  announceFrame,
  frame,
  header,
  notifyFrame,
  okFrame,
  peerAnnounceFrame,
  verifyFrame,
} from "./support/raw-frames.ts";
import { Tally } from "./support/patience.ts";
import { RawModule } from "./support/raw-module.ts";
import { RawPeer, anItem, challengeOf, solve } from "./support/raw-peer.ts";
import { RawSocket } from "./support/raw-socket.ts";
import { store } from "./support/status.ts";

const topic = 1337;

/** Reproducible bytes: the same on every run, so that a failure can be repeated. */
function noise(seed: number, length: number): Buffer {
  const blocks: Buffer[] = [];
  for (let index = 0; index * 32 < length; index += 1) {
    blocks.push(createHash("sha256").update(`${seed}/${index}`).digest());
  }
  return Buffer.concat(blocks).subarray(0, length);
}

describe("threats", () => {
  it("T5 announce flood / spam: one link blasts, ten honest ones lose nothing", async (t) => {
    const daemon = await Daemon.start(t);
    const greedy = await RawModule.subscribed(t, daemon, topic + 1);
    greedy.acceptAll();
    const module = await RawModule.subscribed(t, daemon, topic);
    const heard = module.acceptAll();
    const honest: RawPeer[] = [];
    for (let count = 0; count < 10; count += 1) {
      honest.push(await RawPeer.dial(t, daemon));
    }
    const received = honest.map((peer) => {
      const texts = new Set<string>();
      const tally = peer.countItems(({ dataType, data }) => {
        if (dataType === topic) {
          texts.add(data.toString());
        }
      });
      return { texts, tally };
    });
    const before = daemon.memoryBytes();
    const blaster = await RawPeer.dial(t, daemon);
    for (let index = 0; index < 1_000; index += 1) {
      blaster.send(anItem(topic + 1, loadData(index)));
    }
    for (let round = 0; round < 50; round += 1) {
      for (const [index, peer] of honest.entries()) {
        peer.send(anItem(topic, `honest ${index} round ${round}`));
      }
      await heard.reaches((round + 1) * 10, "honest items during the blast");
    }
    const growth = daemon.peakMemoryBytes() - before;
    await daemon.terminate();
    for (const [index, { texts }] of received.entries()) {
      await honest[index]?.socket.ending("the end of the daemon");
      assert.equal(texts.size, 450, `honest items at peer ${index}`);
    }
    const boundBytes = 64 * MIB + collectorSlackBytes;
    assert.ok(growth < boundBytes, `grew by ${Math.round(growth / MIB)} MiB`);
  });

  it("T6 slowloris handshake: 5,000 sockets dribbling from 625 addresses, an honest dial gets OK", async (t) => {
    const daemon = await Daemon.start(t, { ...everyAddressCounts, pow_difficulty: 12 });
    const before = daemon.memoryBytes();
    const early = await RawSocket.dial(daemon.p2p, { from: "127.98.0.1" });
    const challenge = challengeOf(await early.next("INIT"));
    const dribble = verifyFrame(Buffer.alloc(8));
    const sockets: RawSocket[] = [];
    for (let host = 0; host < 625; host += 1) {
      const from = `127.66.${host >> 7}.${1 + (host & 0x7f)}`;
      const dials = Array.from({ length: 8 }, async () => RawSocket.dial(daemon.p2p, { from }));
      for (const socket of await Promise.all(dials)) {
        socket.send(dribble.subarray(0, 5));
        sockets.push(socket);
      }
    }
    const peer = await RawPeer.dial(t, daemon, { from: "127.99.0.1", difficultyBits: 12 });
    for (const socket of sockets) {
      if (socket.isOpen) {
        socket.send(dribble.subarray(5, 6));
      }
    }
    // Half-open all the time, and not of the group that holds most.
    early.send(verifyFrame(solve(challenge, 12)));
    assert.deepEqual((await early.next("OK")).bytes, okFrame());
    early.destroy();
    const module = await RawModule.subscribed(t, daemon, topic);
    peer.send(anItem(topic, "honest"));
    await module.expectAndAccept(Buffer.from("honest"), "the honest peer's item");
    assert.ok(store(await daemon.status(), "halfOpenLinks").entries <= 1_024);
    const growth = daemon.peakMemoryBytes() - before;
    assert.ok(growth < collectorSlackBytes, `grew by ${Math.round(growth / MIB)} MiB`);
    for (const socket of sockets) {
      socket.destroy();
    }
  });

  it("T7 PoW precomputed or replayed: 0 of 2,000 old pairs are accepted", async (t) => {
    const daemon = await Daemon.start(t, { pow_difficulty: 20 });
    const victim = await RawSocket.dial(daemon.p2p);
    const challenge = challengeOf(await victim.next("INIT"));
    const verify = verifyFrame(solve(challenge, 20));
    victim.send(verify);
    await victim.next("OK");
    for (let batch = 0; batch < 20; batch += 1) {
      await Promise.all(
        Array.from({ length: 100 }, async (_, index) => {
          const socket = await RawSocket.dial(daemon.p2p);
          assert.notDeepEqual(challengeOf(await socket.next("INIT")), challenge);
          // The old nonce, and nonces chosen before the challenge was known.
          socket.send(index % 2 === 0 ? verify : verifyFrame(randomBytes(8)));
          await socket.expectClosed("an old pair");
        }),
      );
    }
    victim.send(verify);
    await victim.expectClosed("a second VERIFY");
  });

  it("T11 pending validations never answered: memory bounded, new messages still served", async (t) => {
    const daemon = await Daemon.start(t, { peer_bytes_per_second: 0, peer_frames_per_second: 0 });
    const silent = await RawModule.subscribed(t, daemon, topic);
    silent.socket.consume(() => undefined);
    const peers: RawPeer[] = [];
    for (let count = 0; count < 12; count += 1) {
      peers.push(await RawPeer.dial(t, daemon));
    }
    const other = await RawModule.subscribed(t, daemon, topic + 1);
    const heard = other.acceptAll();
    const before = daemon.memoryBytes();
    // 12 links with 30 MB each: more than the 8 MiB of a link and the 64 MiB of all.
    for (let index = 0; index < 500; index += 1) {
      for (const [who, peer] of peers.entries()) {
        peer.send(anItem(topic, loadData(index * 12 + who)));
      }
      if (index % 50 === 49) {
        peers[0]?.send(anItem(topic + 1, `still served ${index}`));
        await heard.reaches((index + 1) / 50, "new messages");
      }
    }
    const pending = store(await daemon.status(), "pendingItems");
    assert.ok(pending.bytes <= 64 * MIB && pending.entries <= 16_384);
    const growth = daemon.peakMemoryBytes() - before;
    const boundBytes = 64 * MIB + 4 * MIB + 50 * loadItemBytes + 12 * 65_536 + collectorSlackBytes;
    assert.ok(growth < boundBytes, `grew by ${Math.round(growth / MIB)} MiB`);
  });

  it("T12 slow consumer: a peer that stops reading, others get every item", async (t) => {
    const daemon = await Daemon.start(t);
    const frozen: RawPeer[] = [];
    for (let count = 0; count < 3; count += 1) {
      const peer = await RawPeer.dial(t, daemon);
      peer.socket.stopReading();
      frozen.push(peer);
    }
    const readers: RawPeer[] = [];
    for (let count = 0; count < 5; count += 1) {
      readers.push(await RawPeer.dial(t, daemon));
    }
    const module = await RawModule.subscribed(t, daemon, topic);
    const from = await RawPeer.dial(t, daemon);
    const tallies = readers.map((reader) => reader.countItems());
    const heard = module.acceptAll();
    for (let index = 0; index < 300; index += 1) {
      from.send(anItem(topic, loadData(index)));
      await heard.reaches(index + 1, "an item");
    }
    for (const tally of tallies) {
      await tally.reaches(300, "every item");
    }
    assert.ok(frozen.every(({ socket }) => socket.isOpen));
  });

  it("T22 hash flooding of maps: 8,000 items with crafted ids are handled like any others", async (t) => {
    const daemon = await Daemon.start(t);
    const module = await RawModule.subscribed(t, daemon, topic);
    const heard = module.acceptAll();
    const attacker = await RawPeer.dial(t, daemon);
    const honest = await RawPeer.dial(t, daemon);
    let expected = 0;
    for (let batch = 0; batch < 8; batch += 1) {
      const items = Array.from({ length: 1_000 }, (_, index) => {
        // One id for all, ids that look like small integers, and the extremes.
        const messageId = [0, index, 0xffff, 0x8000][batch % 4] ?? 0;
        return anItem(topic, `crafted ${batch} ${index}`, { messageId });
      });
      attacker.send(...items);
      honest.send(anItem(topic, `honest ${batch}`));
      expected += items.length + 1;
      await heard.reaches(expected, "all items, honest ones included");
    }
  });

  it("T23 malformed frames: 3,000 connections of noise and mutated sessions crash nothing", async (t) => {
    const daemon = await Daemon.start(t);
    const module = await RawModule.subscribed(t, daemon, topic);
    const session = Buffer.concat([
      verifyFrame(Buffer.alloc(8)),
      peerAnnounceFrame(anItem(60_000, "mutated")),
      notifyFrame(60_001),
      announceFrame(60_002, Buffer.from("mutated")),
    ]);
    const attack = async (seed: number): Promise<void> => {
      const socket = await RawSocket.dial(seed % 2 === 0 ? daemon.p2p : daemon.api);
      socket.consume(() => undefined);
      const random = noise(seed, 64);
      if (seed % 4 < 2) {
        socket.send(random.subarray(0, 1 + ((random[0] ?? 0) % 63)));
      } else {
        const mutated = Buffer.from(seed % 2 === 0 ? session : session.subarray(12));
        for (let change = 0; change < 1 + (seed % 3); change += 1) {
          const at = (random[change] ?? 0) % mutated.length;
          mutated[at] = random[change + 8] ?? 0;
        }
        socket.send(mutated);
      }
      socket.finish();
      await socket.ending("the end of a mutated session");
    };
    for (let batch = 0; batch < 60; batch += 1) {
      await Promise.all(Array.from({ length: 50 }, async (_, index) => attack(batch * 50 + index)));
    }
    const peer = await RawPeer.dial(t, daemon);
    peer.send(anItem(topic, "after the noise"));
    await module.expectAndAccept(Buffer.from("after the noise"), "life goes on");
    await daemon.statusUntil(
      "nothing left behind",
      ({ links, subscribers }) => links.length === 1 && subscribers.length === 1,
    );
  });

  it("T25 connection exhaustion per IP/subnet: 1,000 sockets from one IP, then one from another", async (t) => {
    const daemon = await Daemon.start(t, { ...everyAddressCounts, pow_difficulty: 8 });
    const flood: RawSocket[] = [];
    for (let batch = 0; batch < 20; batch += 1) {
      const dials = Array.from({ length: 50 }, async () =>
        RawSocket.dial(daemon.p2p, { from: "127.50.0.1" }),
      );
      flood.push(...(await Promise.all(dials)));
    }
    await daemon.statusUntil("the flood", ({ totals }) => totals["linksAccepted"] === 1_000);
    assert.equal(store(await daemon.status(), "halfOpenLinks").entries, 8);
    const other = await RawPeer.dial(t, daemon, { from: "127.51.0.1", difficultyBits: 8 });
    const module = await RawModule.subscribed(t, daemon, topic);
    other.send(anItem(topic, "served"));
    await module.expectAndAccept(Buffer.from("served"), "the other host");
    for (const socket of flood) {
      socket.destroy();
    }
  });

  it("T25 connection exhaustion: established inbound links end at max_connections, those there go on", async (t) => {
    const daemon = await Daemon.start(t, { max_connections: 10 });
    const module = await RawModule.subscribed(t, daemon, topic);
    const peers: RawPeer[] = [];
    for (let count = 0; count < 10; count += 1) {
      peers.push(await RawPeer.dial(t, daemon));
    }
    for (let count = 0; count < 20; count += 1) {
      const socket = await RawSocket.dial(daemon.p2p);
      await socket.next("INIT");
      socket.send(verifyFrame(Buffer.alloc(8)));
      await socket.ending("no room for another link");
    }
    for (const [index, peer] of peers.entries()) {
      peer.send(anItem(topic, `peer ${index}`));
      await module.expectAndAccept(Buffer.from(`peer ${index}`), "a link within the bound");
    }
    peers[0]?.socket.reset();
    await daemon.statusUntil("room again", ({ links }) => links.length === 9);
    const next = await RawPeer.dial(t, daemon);
    next.send(anItem(topic, "the next one"));
    await module.expectAndAccept(Buffer.from("the next one"), "the next link");
  });

  it("T30 local client floods or lies about size: peers and other modules are unaffected", async (t) => {
    const daemon = await Daemon.start(t);
    const module = await RawModule.subscribed(t, daemon, topic);
    const heard = module.acceptAll();
    const from = await RawPeer.dial(t, daemon);
    const to = await RawPeer.dial(t, daemon);
    const copies = new Tally();
    to.countItems(({ dataType }) => {
      if (dataType === topic) {
        copies.add();
      }
    });
    const flooder = await RawModule.connect(t, daemon);
    for (let index = 0; index < 20_000; index += 1) {
      flooder.announce(topic + 1, Buffer.from(`flood ${index}`));
    }
    const lies = [header(0, 500), header(7, 500), header(9, 501), header(0xffff, 503), frame(502)];
    for (const lie of lies) {
      const liar = await RawSocket.dial(daemon.api);
      liar.send(lie);
      await liar.expectClosed("a lie about its size");
    }
    // Says 60,000 bytes and sends ten.
    const short = await RawSocket.dial(daemon.api);
    short.send(Buffer.concat([header(60_000, 500), Buffer.alloc(10)]));
    for (let index = 0; index < 100; index += 1) {
      from.send(anItem(topic, `honest ${index}`));
      await heard.reaches(index + 1, "an honest item");
      await copies.reaches(index + 1, "an honest item at the next peer");
    }
    assert.ok(short.isOpen);
    short.destroy();
  });
});
