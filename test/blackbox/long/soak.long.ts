import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { describe, it } from "node:test";

import { Daemon } from "../support/daemon.ts";
import { MIB, collectorSlackBytes, loadData, loadItemBytes } from "../support/load.ts";
import { frame, peerAnnounceFrame, verifyFrame } from "../support/raw-frames.ts";
import { RawModule } from "../support/raw-module.ts";
import { RawPeer, anItem, challengeOf, solve } from "../support/raw-peer.ts";
import { RawSocket } from "../support/raw-socket.ts";
import { store, total } from "../support/status.ts";

const topic = 1337;
/** Each step of these tests is a large batch. */
const limitMs = 120_000;
const unlimitedReading = { peer_bytes_per_second: 0, peer_frames_per_second: 0 };

describe("soak", () => {
  it("maps that only grow: 1,000,000 items leave nothing behind but seen keys", async (t) => {
    const daemon = await Daemon.start(t, unlimitedReading);
    const module = await RawModule.subscribed(t, daemon, topic);
    const heard = module.acceptAll();
    const from = await RawPeer.dial(t, daemon);
    const to = await RawPeer.dial(t, daemon);
    const reached = to.countItems();
    const sendItems = async (first: number, end: number): Promise<void> => {
      // At most a fourth of what a module's queue and a link's share hold is under way.
      for (let index = first; index < end; index += 1_000) {
        from.send(
          ...Array.from({ length: 1_000 }, (_, more) => anItem(topic, `item ${index + more}`)),
        );
        await heard.reaches(index + 1_000, "items", limitMs);
      }
      await reached.reaches(end, "items at the next peer", limitMs);
    };
    await sendItems(0, 200_000);
    const before = daemon.memoryBytes();
    await sendItems(200_000, 1_000_000);
    const growth = daemon.memoryBytes() - before;
    // Two generations of 2^20 keys of 20 bytes, in tables that are half empty after doubling.
    const seenKeysBytes = 2 * 2 ** 20 * 20 * 4;
    const boundBytes = seenKeysBytes + collectorSlackBytes;
    assert.ok(growth < boundBytes, `grew by ${Math.round(growth / MIB)} MiB`);
    const status = await daemon.status();
    assert.equal(store(status, "pendingItems").entries, 0);
    assert.equal(total(status, "itemAccepted"), 1_000_000);
    assert.equal(total(status, "framesDropped"), 0);
  });

  it("maps that only grow: 10,000 connects and disconnects on each socket leave nothing behind", async (t) => {
    const daemon = await Daemon.start(t);
    const connectMany = async (count: number): Promise<void> => {
      for (let batch = 0; batch < count / 50; batch += 1) {
        await Promise.all(
          Array.from({ length: 50 }, async (_, index) => {
            const module = await RawSocket.dial(daemon.api);
            module.send(Buffer.from("000801f500000539", "hex"));
            const peer = await RawSocket.dial(daemon.p2p);
            await peer.next("INIT");
            peer.send(frame(505, Buffer.alloc(8)));
            await peer.next("OK or the end").catch(() => undefined);
            peer.send(peerAnnounceFrame(anItem(topic, `batch ${batch} item ${index}`)));
            module.reset();
            peer.reset();
          }),
        );
      }
      await daemon.statusUntil(
        "all of them to be gone",
        ({ links, subscribers }) => links.length + subscribers.length === 0,
        limitMs,
      );
    };
    await connectMany(2_000);
    const before = daemon.memoryBytes();
    await connectMany(8_000);
    const growth = daemon.memoryBytes() - before;
    assert.ok(growth < 64 * MIB, `8,000 more cost ${Math.round(growth / MIB)} MiB`);
  });

  it("T7 PoW precomputed or replayed: 0 of 100,000 old pairs are accepted", async (t) => {
    const daemon = await Daemon.start(t, { pow_difficulty: 22 });
    const victim = await RawSocket.dial(daemon.p2p);
    const verify = verifyFrame(solve(challengeOf(await victim.next("INIT")), 22));
    victim.send(verify);
    await victim.next("OK");
    let accepted = 0;
    for (let batch = 0; batch < 1_000; batch += 1) {
      await Promise.all(
        Array.from({ length: 100 }, async () => {
          const socket = await RawSocket.dial(daemon.p2p);
          await socket.next("INIT");
          socket.send(verify);
          socket.consume(() => {
            accepted += 1;
            socket.destroy();
          });
          await socket.ending("the end of a replay");
        }),
      );
    }
    // Each has a chance of 2^-22; all together 2.4 %, and two of them 0.03 %.
    assert.ok(accepted < 2, `${accepted} replays were accepted`);
    assert.ok(victim.isOpen);
    victim.destroy();
  });

  it("T11 pending validations never answered: 1 GB from 12 links, memory bounded", async (t) => {
    const daemon = await Daemon.start(t, unlimitedReading);
    const silent = await RawModule.subscribed(t, daemon, topic);
    silent.socket.consume(() => undefined);
    const other = await RawModule.subscribed(t, daemon, topic + 1);
    const heard = other.acceptAll();
    const peers: RawPeer[] = [];
    for (let count = 0; count < 12; count += 1) {
      peers.push(await RawPeer.dial(t, daemon));
    }
    const before = daemon.memoryBytes();
    const rounds = Math.ceil(1_000_000_000 / loadItemBytes / peers.length);
    for (let round = 0; round < rounds; round += 1) {
      for (const [who, peer] of peers.entries()) {
        peer.send(anItem(topic, loadData(round * peers.length + who)));
      }
      if (round % 50 === 49) {
        peers[0]?.send(anItem(topic + 1, `still served ${round}`));
        await heard.reaches((round + 1) / 50, "new messages", limitMs);
      }
    }
    const growth = daemon.peakMemoryBytes() - before;
    const boundBytes = 64 * MIB + 4 * MIB + 50 * loadItemBytes + 12 * 65_536 + collectorSlackBytes;
    assert.ok(growth < boundBytes, `grew by ${Math.round(growth / MIB)} MiB`);
    await daemon.statusUntil(
      "everything to expire",
      (status) => store(status, "pendingItems").entries === 0,
      limitMs,
    );
  });

  it("T23 malformed frames: 100,000 mutated connections crash nothing", async (t) => {
    const daemon = await Daemon.start(t);
    const session = Buffer.concat([
      verifyFrame(Buffer.alloc(8)),
      peerAnnounceFrame(anItem(topic, "mutated")),
      peerAnnounceFrame(anItem(topic, "mutated too")),
    ]);
    const attack = async (seed: number): Promise<void> => {
      const socket = await RawSocket.dial(seed % 2 === 0 ? daemon.p2p : daemon.api);
      socket.consume(() => undefined);
      const random = createHash("sha512").update(`mutation ${seed}`).digest();
      const mutated = Buffer.from(session);
      for (let change = 0; change < 1 + (seed % 5); change += 1) {
        mutated[(random[change] ?? 0) % mutated.length] = random[change + 8] ?? 0;
      }
      socket.send(seed % 3 === 0 ? random : mutated);
      socket.finish();
      await socket.ending("the end of a mutated session");
    };
    for (let batch = 0; batch < 1_000; batch += 1) {
      await Promise.all(
        Array.from({ length: 100 }, async (_, index) => attack(batch * 100 + index)),
      );
    }
    const module = await RawModule.subscribed(t, daemon, topic);
    const peer = await RawPeer.dial(t, daemon);
    peer.send(anItem(topic, "after the noise", { ttl: 1 }));
    await module.expectAndAccept(Buffer.from("after the noise"), "life goes on");
    await daemon.statusUntil(
      "nothing left behind",
      ({ links, subscribers }) => links.length === 1 && subscribers.length === 1,
      limitMs,
    );
  });
});
