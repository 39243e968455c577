import assert from "node:assert/strict";
import { describe, it } from "node:test";

import { Daemon, everyAddressCounts } from "./support/daemon.ts";
import {
  ExtensionNumber,
  isPeersList,
  peersList,
  peersRequest,
  pingFrame,
} from "./support/extension-frames.ts";
import { ExtendedPeer } from "./support/extended-peer.ts";
import { initFrame, peerAnnounceFrame, verifyFrame } from "./support/raw-frames.ts";
import { RawModule } from "./support/raw-module.ts";
import { RawAcceptor, RawPeer, anItem, challengeOf } from "./support/raw-peer.ts";
import { RawSocket } from "./support/raw-socket.ts";
import { store, total } from "./support/status.ts";
import { kernelTimerOf } from "./support/tcp-table.ts";

const topic = 1337;

/** Addresses at which nobody listens, each in a group of its own. */
const fakeAddresses = (count: number): { host: string; port: number }[] =>
  Array.from({ length: count }, (_, at) => ({
    host: `127.${1 + (at % 250)}.${at >> 8}.${1 + (at & 0x7f)}`,
    port: 9,
  }));

describe("threats to the overlay", () => {
  it("T3 poisoned knowledge: neighbours behind one address cannot have each other's links closed", async (t) => {
    const acceptor = await RawAcceptor.listen(t);
    const daemon = await Daemon.start(t, { bootstrapper: acceptor.bootstrapper });
    // Of two links to one peer this one would have to go: it has the greatest challenge.
    const neighbor = await ExtendedPeer.accept(acceptor, Buffer.alloc(8, 0xff));
    const module = await RawModule.subscribed(t, daemon, topic);
    const claimed = Number(acceptor.bootstrapper.split(":").at(-1));
    for (let claim = 0; claim < 4; claim += 1) {
      const liar = await ExtendedPeer.dial(t, daemon, { listenPort: claimed });
      liar.socket.send(peersList([]));
      neighbor.socket.send(peerAnnounceFrame(anItem(topic, `claim ${claim}`)));
      await module.expectAndAccept(Buffer.from(`claim ${claim}`), "an item of the neighbour");
    }
    assert.ok(neighbor.socket.isOpen);
    assert.equal((await daemon.status()).outboundLinks, 1);
  });

  it("T8 PoW relay: an honest dialler solves for a relay no more than its budget of work", async (t) => {
    const difficultyBits = 16;
    const victim = await Daemon.start(t, { pow_difficulty: difficultyBits });
    const relay = await RawAcceptor.listen(t, { count: 30 });
    const relayed: RawSocket[] = [];
    const relayOne = async (dialler: RawSocket): Promise<void> => {
      const towards = await RawSocket.dial(victim.p2p);
      relayed.push(towards);
      dialler.send(initFrame(challengeOf(await towards.next("INIT"))));
      const { bytes } = await dialler.next("VERIFY");
      towards.send(verifyFrame(bytes.subarray(4)));
      // The proof is in other hands now; the dialler may go.
      dialler.destroy();
    };
    relay.consume((dialler) => {
      // Whom the dialler leaves without a proof is of no use to the relay.
      void relayOne(dialler).catch(() => undefined);
    });
    const honest = await Daemon.start(t, {
      bootstrapper: relay.bootstrapper,
      pow_difficulty: difficultyBits,
    });
    const status = await honest.statusUntil(
      "the proofs that may be spent at once",
      ({ totals }) => (totals["proofsRequested"] ?? 0) >= 12,
      90_000,
    );
    await victim.eventCount("linkEstablished", 1);
    // One a minute at 24 bits, and as much more often as a proof is cheaper [protocol §7.3].
    const intervalMs = 60_000 * 2 ** (difficultyBits - 24);
    const allowed = 12 + 1 + status.uptimeMs / intervalMs;
    assert.ok(total(status, "proofsRequested") <= allowed, `more than ${allowed}`);
    for (const socket of relayed) {
      socket.destroy();
    }
  });

  it("T10 PoW drain: a book of 10,000 fake addresses costs no proof, and dials at a bounded pace", async (t) => {
    const entries = fakeAddresses(5_120).map((address, at) => ({
      ...address,
      sourceGroup: `4:${at % 250}.${at >> 8}`,
      table: at < 4_096 ? "new" : "tried",
      ageSeconds: 0,
      failures: 0,
    }));
    const book = JSON.stringify({ format: 1, secret: "5a".repeat(16), entries, anchors: [] });
    const daemon = await Daemon.start(
      t,
      { ...everyAddressCounts, data_dir: "." },
      { files: { "addresses.json": book } },
    );
    // As many again by hearsay; what has no place is forgotten.
    const liar = await ExtendedPeer.dial(t, daemon, { from: "127.66.0.1" });
    liar.socket.send(peersList(fakeAddresses(32)));
    const status = await daemon.statusUntil(
      "more dials than may follow each other at once",
      ({ totals }) => (totals["dialsStarted"] ?? 0) >= 400,
    );
    const allowed = 256 + status.uptimeMs / 20 + 30;
    assert.ok(total(status, "dialsStarted") <= allowed, `more than ${allowed}`);
    assert.equal(total(status, "proofsRequested"), 0);
    assert.ok(store(status, "newAddresses").entries <= 4_096);
    const module = await RawModule.subscribed(t, daemon, topic);
    const honest = await RawPeer.dial(t, daemon, { from: "127.67.0.1" });
    honest.send(anItem(topic, "served meanwhile"));
    await module.expectAndAccept(Buffer.from("served meanwhile"), "an honest item");
  });

  it("T25 connection exhaustion: 100 proofs from one /16 leave room for another one", async (t) => {
    const daemon = await Daemon.start(t, { ...everyAddressCounts, max_connections: 24 });
    const flood: RawSocket[] = [];
    for (let host = 0; host < 100; host += 1) {
      const socket = await RawSocket.dial(daemon.p2p, {
        from: `127.50.${host >> 7}.${1 + (host & 0x7f)}`,
      });
      await socket.next("INIT");
      socket.send(verifyFrame(Buffer.alloc(8)));
      socket.consume(() => undefined);
      flood.push(socket);
    }
    await daemon.statusUntil("the flood", ({ totals }) => totals["linksAccepted"] === 100);
    const others: RawPeer[] = [];
    for (let group = 0; group < 3; group += 1) {
      others.push(await RawPeer.dial(t, daemon, { from: `127.${60 + group}.0.1` }));
    }
    const module = await RawModule.subscribed(t, daemon, topic);
    for (const [at, other] of others.entries()) {
      other.send(anItem(topic, `served ${at}`));
      await module.expectAndAccept(Buffer.from(`served ${at}`), "a peer of another group");
    }
    const fromFlood = (await daemon.status()).links.filter(({ remote }) =>
      String(remote).startsWith("127.50."),
    );
    assert.ok(fromFlood.length <= 16, `${fromFlood.length} links from one /16`);
    for (const socket of flood) {
      socket.destroy();
    }
  });

  it("T26 address floods: a list nobody asked for closes the link, however small", async (t) => {
    const daemon = await Daemon.start(t);
    const liar = await ExtendedPeer.dial(t, daemon);
    const list = peersList(fakeAddresses(32));
    // One was asked for. The daemon asks again after 5 s at the earliest.
    liar.socket.send(Buffer.concat([list, peersList([])]));
    await liar.socket.ending("the end of a liar");
    await daemon.event("linkClosed", { cause: "unaskedPeers" });
    assert.ok(store(await daemon.status(), "newAddresses").entries <= 32);
    const greedy = await ExtendedPeer.dial(t, daemon);
    greedy.socket.send(peersList(fakeAddresses(33)));
    await greedy.socket.ending("the end of one with 33 records");
    const early = await ExtendedPeer.dialSilently(t, daemon);
    early.socket.send(list);
    await early.socket.ending("the end of one who has not said HELLO");
  });

  it("T26 address floods: a thousand requests are answered four times, and the link stays", async (t) => {
    const daemon = await Daemon.start(t);
    const curious = await ExtendedPeer.dial(t, daemon);
    curious.socket.send(Buffer.concat(Array.from({ length: 1_000 }, () => peersRequest)));
    const module = await RawModule.subscribed(t, daemon, topic);
    const marker = await RawPeer.dial(t, daemon);
    marker.send(anItem(topic, "after the flood"));
    await module.expectAndAccept(Buffer.from("after the flood"), "an item");
    await curious.receives("the item", ({ type }) => type === 507);
    assert.equal(curious.count(isPeersList), 4);
    assert.ok(curious.socket.isOpen);
  });

  it("[protocol §6.4] a flood of pings is answered ten times at once and ten times a second", async (t) => {
    const daemon = await Daemon.start(t);
    const flooder = await ExtendedPeer.dial(t, daemon);
    const module = await RawModule.subscribed(t, daemon, topic);
    const start = performance.now();
    const token = Buffer.from("01234567");
    const isAnswer = ({ type, bytes }: { type: number; bytes: Buffer }): boolean =>
      type === ExtensionNumber.ping && bytes.readUInt8(4) === 1;
    flooder.socket.send(Buffer.concat(Array.from({ length: 500 }, () => pingFrame("ask", token))));
    await flooder.receives("the first answers", isAnswer, 10);
    const marker = await RawPeer.dial(t, daemon);
    marker.send(anItem(topic, "after the flood"));
    await module.expectAndAccept(Buffer.from("after the flood"), "an item");
    await flooder.receives("the item", ({ type }) => type === 507);
    const allowed = 10 + (performance.now() - start) / 100 + 1;
    assert.ok(flooder.count(isAnswer) <= allowed, `${flooder.count(isAnswer)} answers`);
    const answer = flooder.frames.find(isAnswer);
    assert.deepEqual(answer?.bytes.subarray(8), token);
  });

  it("[protocol §6.4] base links have TCP keepalive, whoever dialled", async (t) => {
    const acceptor = await RawAcceptor.listen(t);
    const daemon = await Daemon.start(t, { bootstrapper: acceptor.bootstrapper });
    await acceptor.handshake(Buffer.from("0123456789abcdef", "hex"));
    await RawPeer.dial(t, daemon);
    const { links } = await daemon.statusUntil(
      "both links",
      (status) => status.links.filter(({ phase }) => phase === "established").length === 2,
    );
    for (const { direction, remote } of links) {
      const port = Number(String(remote).split(":").at(-1));
      const own = direction === "inbound" ? daemon.p2p.port : undefined;
      await daemon.statusUntil(
        `the kernel to keep the ${String(direction)} link alive`,
        () => kernelTimerOf(own, port) === "keepalive",
      );
    }
  });
});
