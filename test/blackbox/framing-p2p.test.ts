import assert from "node:assert/strict";
import { before, describe, it } from "node:test";
import { setImmediate as nextTurn } from "node:timers/promises";

import { Daemon } from "./support/daemon.ts";
import { suiteScope } from "./support/patience.ts";
import {
  MessageNumber,
  PEER_DATA_BYTES_MAX,
  header,
  peerAnnounceFrame,
  verifyFrame,
} from "./support/raw-frames.ts";
import type { WireItem } from "./support/raw-frames.ts";
import { RawModule } from "./support/raw-module.ts";
import { RawPeer, anItem } from "./support/raw-peer.ts";
import { RawSocket } from "./support/raw-socket.ts";
import { faults } from "./support/status.ts";

const topic = 1337;
const types = [0, 1, 0xffff, ...Array.from({ length: 24 }, (_, index) => 498 + index)];
const sizes = Array.from({ length: 13 }, (_, size) => size);
/** Delivered here and nowhere else, not even offered to links that come later [protocol §4.5, §4.9]. */
const aLastHop = (text: string | Buffer): WireItem => anItem(topic, text, { ttl: 1 });
const anyNonce = verifyFrame(Buffer.alloc(8));

describe("framing on the P2P socket", () => {
  const scope = suiteScope();
  let daemon: Daemon;
  let listener: RawModule;

  before(async () => {
    daemon = await Daemon.start(scope);
    listener = await RawModule.subscribed(scope, daemon, topic);
  });

  async function expectAlive(socket: RawSocket, what: string): Promise<void> {
    const marker = aLastHop(`alive after ${what}`);
    socket.send(peerAnnounceFrame(marker));
    await listener.expectAndAccept(marker.data, what);
  }

  /** A fresh connection whose INIT has been read. */
  async function dialed(): Promise<RawSocket> {
    const socket = await RawSocket.dial(daemon.p2p);
    const init = await socket.next("INIT");
    assert.equal(init.type, MessageNumber.init);
    return socket;
  }

  it("[protocol §1.3, §3.4] size 0, 1, 2, 3: all sizes 0..12 for all types before VERIFY", async () => {
    for (const type of types) {
      for (const size of sizes) {
        const what = `type ${type} with size ${size} before VERIFY`;
        const socket = await dialed();
        socket.send(header(size, type));
        if (type === MessageNumber.verify && size === 12) {
          socket.send(Buffer.alloc(8));
          assert.equal((await socket.next("OK")).type, MessageNumber.ok);
          await expectAlive(socket, what);
          socket.destroy();
        } else {
          await socket.expectClosed(what);
        }
      }
    }
  });

  it("[protocol §1.3, §3.4] size 0, 1, 2, 3: all sizes 0..12 for all types on an established link", async () => {
    for (const type of types) {
      for (const size of sizes) {
        const what = `type ${type} with size ${size} on a link`;
        const socket = await dialed();
        socket.send(anyNonce);
        await socket.next("OK");
        socket.send(header(size, type));
        if (type === MessageNumber.peerAnnounce && size === 12) {
          socket.send(Buffer.alloc(8));
          await expectAlive(socket, what);
          socket.destroy();
        } else {
          await socket.expectClosed(what);
        }
      }
    }
    const status = await daemon.status();
    assert.equal(
      faults(status.linksClosed),
      2 * (types.length * sizes.length - 1),
      "each is counted",
    );
  });

  it("[protocol §1.3] signed 16-bit size: sizes 0x8000 and 0xFFFF are sizes like any other", async () => {
    const peer = await RawPeer.dial(scope, daemon);
    for (const size of [0x7fff, 0x8000, 0x8001, 0xffff]) {
      const item = aLastHop(Buffer.alloc(size - 12, size & 0xff));
      peer.send(item);
      await listener.expectAndAccept(item.data, `an item of size ${size}`);
    }
    for (const size of [0x8000, 0xffff]) {
      for (const type of [MessageNumber.verify, MessageNumber.init, MessageNumber.ok]) {
        const socket = await dialed();
        socket.send(header(size, type));
        await socket.expectClosed(`type ${type} with size ${size}`);
      }
    }
    peer.socket.destroy();
  });

  const stream = (mark: string): Buffer[] => [
    anyNonce,
    peerAnnounceFrame(aLastHop(`${mark} first`)),
    peerAnnounceFrame(aLastHop(mark)),
    peerAnnounceFrame(aLastHop(`${mark} last`)),
  ];

  async function expectStream(socket: RawSocket, mark: string): Promise<void> {
    for (const text of [`${mark} first`, mark, `${mark} last`]) {
      await listener.expectAndAccept(Buffer.from(text), `"${text}"`);
    }
    const ok = await socket.next("OK");
    assert.equal(ok.bytes.toString("hex"), "000401fa");
    socket.destroy();
  }

  it("[protocol §1.2] one read() = one message: VERIFY and three items split at every byte", async () => {
    const length = Buffer.concat(stream("s00")).length;
    for (let cut = 1; cut < length; cut += 1) {
      const mark = `s${String(cut).padStart(2, "0")}`;
      const bytes = Buffer.concat(stream(mark));
      const socket = await dialed();
      socket.send(bytes.subarray(0, cut));
      await daemon.turn();
      socket.send(bytes.subarray(cut));
      await expectStream(socket, mark);
    }
  });

  it("[protocol §1.2] one read() = one message: VERIFY and three items glued in every way", async () => {
    for (let cuts = 0; cuts < 8; cuts += 1) {
      const mark = `glued ${cuts}`;
      const socket = await dialed();
      let piece: Buffer[] = [];
      for (const [index, bytes] of stream(mark).entries()) {
        piece.push(bytes);
        if ((cuts & (1 << index)) !== 0 || index === 3) {
          socket.send(Buffer.concat(piece));
          piece = [];
          await daemon.turn();
        }
      }
      await expectStream(socket, mark);
    }
  });

  it("[protocol §1.2] VERIFY and three items in single bytes, each read on its own", async () => {
    const socket = await dialed();
    for (const byte of Buffer.concat(stream("bytes"))) {
      socket.send(Buffer.of(byte));
      await daemon.turn();
    }
    await expectStream(socket, "bytes");
  });

  it("size that does not count the header, or is constant: OK and items are these golden bytes", async (t) => {
    const own = await Daemon.start(t);
    const socket = await RawSocket.dial(own.p2p);
    const init = await socket.next("INIT");
    assert.equal(init.bytes.subarray(0, 4).toString("hex"), "000c01f8");
    socket.send(Buffer.from("000c01f90000000000000000", "hex"));
    assert.equal((await socket.next("OK")).bytes.toString("hex"), "000401fa");
    const module = await RawModule.connect(t, own);
    module.socket.send(Buffer.from("000c01f404000539deadbeef", "hex"));
    const item = await socket.next("the item");
    const messageId = item.bytes.subarray(4, 6).toString("hex");
    assert.equal(item.bytes.toString("hex"), `001001fb${messageId}053904000000deadbeef`);
    const listener = await RawModule.subscribed(t, own, topic);
    socket.send(Buffer.from("001001fbbeef053901000000cafebabe", "hex"));
    await listener.expectAndAccept(Buffer.from("cafebabe", "hex"), "the golden item");
    socket.destroy();
  });

  it("[protocol §1.2] inexact `read(n)`: a 40 KiB body dribbled in 7-byte pieces", async (t) => {
    const peer = await RawPeer.dial(t, daemon);
    const item = aLastHop(
      Buffer.from(Array.from({ length: 40 * 1_024 }, (_, index) => (index * 29) & 0xff)),
    );
    const bytes = peerAnnounceFrame(item);
    for (let at = 0; at < bytes.length; at += 7) {
      peer.socket.send(bytes.subarray(at, at + 7));
      await nextTurn();
    }
    await listener.expectAndAccept(item.data, "40 KiB");
  });

  it("[protocol §1.2] fewer than 4 bytes: one byte, then close, before and after the handshake", async (t) => {
    for (const count of [1, 2, 3]) {
      const early = await dialed();
      early.send(anyNonce.subarray(0, count));
      early.finish();
      await early.expectClosed(`${count} bytes of VERIFY and FIN`);
      const late = await RawPeer.dial(t, daemon);
      late.socket.send(peerAnnounceFrame(aLastHop("never whole")).subarray(0, count));
      late.socket.finish();
      await late.socket.expectClosed(`${count} bytes of an item and FIN`);
    }
    await daemon.turn();
  });

  it("[protocol §1.4] wrapped P2P header bigger than the API's: 65,523 bytes travel, byte-equal", async (t) => {
    const own = await Daemon.start(t);
    const module = await RawModule.subscribed(t, own, topic);
    const from = await RawPeer.dial(t, own);
    const to = await RawPeer.dial(t, own);
    for (let length = 65_500; length <= PEER_DATA_BYTES_MAX; length += 1) {
      const body = Buffer.from(Array.from({ length }, (_, index) => (index * 13 + length) & 0xff));
      const item = anItem(topic, body, { ttl: 9 });
      from.send(item);
      await module.expectAndAccept(body, `${length} bytes`);
      const forwarded = await to.socket.next(`${length} bytes at the next peer`);
      assert.ok(forwarded.bytes.equals(peerAnnounceFrame({ ...item, ttl: 8 })), `${length} bytes`);
    }
    const speaker = await RawModule.connect(t, own);
    speaker.announce(topic, Buffer.alloc(65_524, 1));
    speaker.announce(topic, Buffer.alloc(65_523, 2));
    await module.expectAndAccept(Buffer.alloc(65_523, 2), "the first announcement that fits");
    await from.expectItem(Buffer.alloc(65_523, 2), "the first announcement that fits");
  });

  it("[protocol §1.2] partial write ignored: 900 KB to a peer that sleeps arrive whole", async (t) => {
    const own = await Daemon.start(t);
    const sleeper = await RawPeer.dial(t, own);
    sleeper.socket.stopReading();
    const speaker = await RawModule.connect(t, own);
    const bodies = Array.from({ length: 15 }, (_, index) => Buffer.alloc(60_000, index + 1));
    for (const body of bodies) {
      speaker.announce(topic + 1, body, 3);
    }
    await speaker.socket.flushed();
    await own.turn();
    sleeper.socket.goOnReading();
    for (const [index, body] of bodies.entries()) {
      await sleeper.expectItem(body, `item ${index} of 15`);
    }
  });
});
