import assert from "node:assert/strict";
import { before, describe, it } from "node:test";
import { setImmediate as nextTurn } from "node:timers/promises";

import { Daemon } from "./support/daemon.ts";
import { suiteScope } from "./support/patience.ts";
import {
  API_DATA_BYTES_MAX,
  MessageNumber,
  announceFrame,
  frame,
  header,
  notifyFrame,
  readNotification,
  validationFrame,
} from "./support/raw-frames.ts";
import { RawModule } from "./support/raw-module.ts";
import { RawSocket } from "./support/raw-socket.ts";
import { faults } from "./support/status.ts";

const topic = 1337;

/** Every number around the block of gossip, and both ends of the range. */
const types = [0, 1, 0xffff, ...Array.from({ length: 24 }, (_, index) => 498 + index)];
const sizes = Array.from({ length: 13 }, (_, size) => size);

function isLegal(type: number, size: number): boolean {
  switch (type) {
    case MessageNumber.announce:
      return size >= 8;
    case MessageNumber.notify:
    case MessageNumber.validation:
      return size === 8;
    default:
      return false;
  }
}

/** All ways of cutting a list into runs, without changing the order. */
function gluings(frames: readonly Buffer[]): Buffer[][] {
  return Array.from({ length: 2 ** (frames.length - 1) }, (_, cuts) => {
    const pieces: Buffer[][] = [[]];
    frames.forEach((bytes, index) => {
      pieces.at(-1)?.push(bytes);
      if ((cuts & (1 << index)) !== 0 && index < frames.length - 1) {
        pieces.push([]);
      }
    });
    return pieces.map((piece) => Buffer.concat(piece));
  });
}

describe("framing on the API socket", () => {
  const scope = suiteScope();
  let daemon: Daemon;
  let listener: RawModule;

  before(async () => {
    daemon = await Daemon.start(scope);
    listener = await RawModule.subscribed(scope, daemon, topic);
  });

  /** The connection still works: what it announces arrives. */
  async function expectAlive(socket: RawSocket, what: string): Promise<void> {
    const marker = Buffer.from(`alive after ${what}`);
    socket.send(announceFrame(topic, marker));
    await listener.expectAndAccept(marker, what);
  }

  it("[protocol §1.3] size 0, 1, 2, 3: all sizes 0..12 for all types, judged by the header alone", async () => {
    let illegal = 0;
    for (const type of types) {
      for (const size of sizes) {
        const what = `type ${type} with size ${size}`;
        const socket = await RawSocket.dial(daemon.api);
        socket.send(header(size, type));
        if (isLegal(type, size)) {
          socket.send(Buffer.alloc(size - 4));
          await expectAlive(socket, what);
          socket.destroy();
        } else {
          illegal += 1;
          await socket.expectClosed(what);
        }
      }
    }
    const status = await daemon.status();
    assert.equal(faults(status.subscribersClosed), illegal, "each malformed message is counted");
    const reasons = new Set(daemon.events("subscriberClosed").map((line) => line["cause"]));
    assert.ok(reasons.has("sizeBelowHeader"), "and logged with its reason");
  });

  it("[protocol §1.3] signed 16-bit size: sizes 0x8000 and 0xFFFF are sizes like any other", async () => {
    for (const size of [0x7fff, 0x8000, 0x8001, 0xffff]) {
      const socket = await RawSocket.dial(daemon.api);
      const unheard = Buffer.alloc(size - 8, 0x61);
      socket.send(announceFrame(topic + 1, unheard));
      await expectAlive(socket, `an announcement of size ${size}`);
      socket.destroy();
      for (const type of [MessageNumber.notify, MessageNumber.validation, 502, 507]) {
        const wrong = await RawSocket.dial(daemon.api);
        wrong.send(header(size, type));
        await wrong.expectClosed(`type ${type} with size ${size}`);
      }
    }
  });

  const session = (mark: string): Buffer[] => [
    notifyFrame(topic + 2),
    announceFrame(topic, Buffer.from(`${mark} first`)),
    validationFrame(0x1234, 1),
    announceFrame(topic, Buffer.from(mark)),
    notifyFrame(topic + 2),
    announceFrame(topic, Buffer.from(`${mark} last`)),
  ];

  async function expectSession(mark: string): Promise<void> {
    for (const text of [`${mark} first`, mark, `${mark} last`]) {
      await listener.expectAndAccept(Buffer.from(text), `"${text}"`);
    }
  }

  it("[protocol §1.2] one read() = one message: a session split at every byte gives the same result", async () => {
    const length = Buffer.concat(session("s000")).length;
    for (let cut = 1; cut < length; cut += 1) {
      const mark = `s${String(cut).padStart(3, "0")}`;
      const stream = Buffer.concat(session(mark));
      const socket = await RawSocket.dial(daemon.api);
      socket.send(stream.subarray(0, cut));
      await daemon.turn();
      socket.send(stream.subarray(cut));
      await expectSession(mark);
      socket.destroy();
    }
  });

  it("[protocol §1.2] one read() = one message: a session glued in every way gives the same result", async () => {
    const ways = gluings(session("g"));
    for (const [index] of ways.entries()) {
      const mark = `g${index}`;
      const socket = await RawSocket.dial(daemon.api);
      for (const piece of gluings(session(mark))[index] ?? []) {
        socket.send(piece);
        await daemon.turn();
      }
      await expectSession(mark);
      socket.destroy();
    }
  });

  it("[protocol §1.2] a session of single bytes, each read on its own, gives the same result", async () => {
    const socket = await RawSocket.dial(daemon.api);
    for (const byte of Buffer.concat(session("bytes"))) {
      socket.send(Buffer.of(byte));
      await daemon.turn();
    }
    await expectSession("bytes");
    socket.destroy();
  });

  it("[protocol §1.2] reads `size` more bytes, not `size - 2`: NOTIFY + ANNOUNCE in one segment", async () => {
    const socket = await RawSocket.dial(daemon.api);
    const said = Buffer.from("behind NOTIFY");
    socket.send(Buffer.concat([notifyFrame(topic + 3), announceFrame(topic, said)]));
    await listener.expectAndAccept(said, "the announcement behind NOTIFY");
    (await RawModule.connect(scope, daemon)).announce(topic + 3, said);
    assert.deepEqual(readNotification(await socket.next("its own type")).data, said);
    socket.destroy();
  });

  it("[protocol §1.2] inexact `read(n)`: a 40 KiB body dribbled in 7-byte pieces", async () => {
    const said = Buffer.from(Array.from({ length: 40 * 1_024 }, (_, index) => (index * 31) & 0xff));
    const stream = announceFrame(topic, said);
    const socket = await RawSocket.dial(daemon.api);
    for (let at = 0; at < stream.length; at += 7) {
      socket.send(stream.subarray(at, at + 7));
      await nextTurn();
    }
    await listener.expectAndAccept(said, "40 KiB");
    socket.destroy();
  });

  it("[protocol §1.2] fewer than 4 bytes: one byte, then close", async () => {
    for (const count of [1, 2, 3]) {
      const socket = await RawSocket.dial(daemon.api);
      socket.send(header(8, MessageNumber.notify).subarray(0, count));
      await daemon.turn();
      socket.finish();
      await socket.expectClosed(`${count} bytes and FIN`);
    }
    await daemon.turn();
  });

  it("[protocol §1.3] unknown type = retry the same bytes for ever: processor stays idle", async (t) => {
    const own = await Daemon.start(t, { pow_timeout: 2 });
    for (let round = 0; round < 50; round += 1) {
      const unknown = await RawSocket.dial(own.api);
      unknown.send(frame(600, Buffer.alloc(20)));
      await unknown.expectClosed("an unknown type");
      const cut = await RawSocket.dial(own.api);
      cut.send(announceFrame(topic, Buffer.alloc(1_000)).subarray(0, 500));
      cut.reset();
    }
    await own.turn();
    // The deadline of a silent dialler, 2 s, is the clock of this measurement.
    const ticksBefore = own.processorTicks();
    const silent = await RawSocket.dial(own.p2p);
    await silent.next("INIT");
    await silent.expectClosed("no VERIFY within pow_timeout");
    const ticks = own.processorTicks() - ticksBefore;
    assert.ok(ticks < 100, `${ticks} of 200 ticks of processor time while nothing happened`);
  });

  it("[protocol §1.3] text error messages on a binary socket: nothing but frames ever leaves the port", async () => {
    const intruders = [
      Buffer.from("GET / HTTP/1.1\r\nHost: localhost\r\n\r\n"),
      Buffer.from("hello\n"),
      Buffer.from("\r\n\r\n\r\n\r\n"),
      Buffer.alloc(4_096, 0xff),
      Buffer.alloc(4_096),
      // The first bytes of a TLS handshake.
      Buffer.from("16030100a5010000a10303", "hex"),
    ];
    for (const bytes of intruders) {
      for (const address of [daemon.api, daemon.p2p]) {
        const socket = await RawSocket.dial(address);
        if (address === daemon.p2p) {
          await socket.next("INIT");
        }
        socket.send(bytes);
        await socket.expectClosed(`intruder ${bytes.subarray(0, 8).toString("hex")}`);
      }
    }
  });

  it("[protocol §1.1] binary data through UTF-8: all 256 byte values and invalid UTF-8 arrive as sent", async () => {
    const socket = await RawSocket.dial(daemon.api);
    const bodies = [
      Buffer.from(Array.from({ length: 256 }, (_, value) => value)),
      Buffer.from("c328a0a1e28281f0288cbcf8a1a1a1a1eda080fefffffe00c080", "hex"),
      Buffer.alloc(1_000, 0),
    ];
    for (const body of bodies) {
      socket.send(announceFrame(topic, body));
      await listener.expectAndAccept(body, body.subarray(0, 8).toString("hex"));
    }
    socket.destroy();
  });

  it("header bytes leak into the data: the data is byte-equal, whatever its length", async () => {
    const socket = await RawSocket.dial(daemon.api);
    for (const length of [0, 1, 2, 3, 4, 7, 8, 9, 255, 256, 1_092, 4_095, 65_000]) {
      const body = Buffer.from(Array.from({ length }, (_, index) => (index * 7 + length) & 0xff));
      socket.send(announceFrame(topic, body, { ttl: 200, reserved: 0xff }));
      await listener.expectAndAccept(body, `${length} bytes`);
    }
    socket.destroy();
  });

  it("size that does not count the header, or is constant: a notification is these golden bytes", async () => {
    const socket = await RawSocket.dial(daemon.api);
    socket.send(Buffer.from("000c01f404ff0539deadbeef", "hex"));
    const received = await listener.socket.next("the notification");
    const messageId = received.bytes.subarray(4, 6).toString("hex");
    assert.equal(received.bytes.toString("hex"), `000c01f6${messageId}0539deadbeef`);
    listener.socket.send(Buffer.from(`000801f7${messageId}0001`, "hex"));
    await expectAlive(socket, "golden bytes");
    socket.destroy();
  });

  it("reader's buffer handed on, then reused: two items announced quickly both arrive intact", async () => {
    const socket = await RawSocket.dial(daemon.api);
    const first = Buffer.alloc(3_000, "first ");
    const second = Buffer.alloc(2_900, "second ");
    socket.send(Buffer.concat([announceFrame(topic, first), announceFrame(topic, second)]));
    socket.send(Buffer.concat([announceFrame(topic, second), announceFrame(topic, first)]));
    for (const body of [first, second, second, first]) {
      await listener.expectAndAccept(body, "an item sent back to back");
    }
    socket.destroy();
  });

  it("partial write ignored: 1 MB to a module that sleeps arrives whole", async (t) => {
    const sleeper = await RawModule.subscribed(t, daemon, topic + 4);
    sleeper.socket.stopReading();
    const bodies = Array.from({ length: 20 }, (_, index) => Buffer.alloc(52_000, index + 1));
    const announcer = await RawModule.connect(t, daemon);
    for (const body of bodies) {
      announcer.announce(topic + 4, body);
    }
    await announcer.socket.flushed();
    await daemon.turn();
    sleeper.socket.goOnReading();
    for (const [index, body] of bodies.entries()) {
      await sleeper.expectAndAccept(body, `item ${index} of 20`);
    }
  });

  it("[protocol §2.1] wrapped P2P header bigger than the API's: data over 65,523 bytes is refused, the connection stays", async (t) => {
    const own = await Daemon.start(t);
    const hearer = await RawModule.subscribed(t, own, topic);
    const announcer = await RawModule.connect(t, own);
    for (let length = 65_500; length <= API_DATA_BYTES_MAX; length += 1) {
      announcer.announce(topic, Buffer.alloc(length, length & 0xff));
      if (length <= 65_523) {
        await hearer.expectAndAccept(Buffer.alloc(length, length & 0xff), `${length} bytes`);
      }
    }
    announcer.announce(topic, Buffer.from("still here"));
    await hearer.expectAndAccept(Buffer.from("still here"), "an announcement after 65,527 bytes");
    const { totals } = await own.status();
    assert.equal(totals["announcementTooLarge"], 4);
    const [warning] = own.events("announcementTooLarge");
    assert.deepEqual([warning?.["dataBytes"], warning?.["dataBytesMax"]], [65_524, 65_523]);
  });
});
