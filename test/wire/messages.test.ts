import assert from "node:assert/strict";
import { describe, it } from "node:test";
import fc from "fast-check";
import { GossipAnnounce } from "../../src/wire/api/gossip-announce.ts";
import { GossipNotification } from "../../src/wire/api/gossip-notification.ts";
import { GossipNotify } from "../../src/wire/api/gossip-notify.ts";
import { GossipValidation } from "../../src/wire/api/gossip-validation.ts";
import { ByteReader } from "../../src/wire/byte-reader.ts";
import { ByteWriter } from "../../src/wire/byte-writer.ts";
import {
  decodeApiRequest,
  decodePeerMessage,
  isApiRequestType,
  isNotificationType,
} from "../../src/wire/decode.ts";
import type { Frame } from "../../src/wire/frame.ts";
import { encodeFrame, writeFrame } from "../../src/wire/message.ts";
import {
  API_DATA_BYTES_MAX,
  FRAME_SIZES,
  MessageType,
  PEER_DATA_BYTES_MAX,
} from "../../src/wire/message-type.ts";
import { Hello } from "../../src/wire/p2p/hello.ts";
import { P2PAnnounce } from "../../src/wire/p2p/p2p-announce.ts";
import { P2PInit } from "../../src/wire/p2p/p2p-init.ts";
import { P2POk } from "../../src/wire/p2p/p2p-ok.ts";
import { P2PVerify } from "../../src/wire/p2p/p2p-verify.ts";
import { Peers } from "../../src/wire/p2p/peers.ts";
import { Ping } from "../../src/wire/p2p/ping.ts";
import { decodeOne } from "./reading.ts";
import { fieldsOf, hexOf, messageOf, vectors } from "./vectors.ts";
import type { AnyMessage } from "./vectors.ts";

const u8 = fc.integer({ min: 0, max: 0xff });
const u16 = fc.integer({ min: 0, max: 0xffff });
const u32 = fc.integer({ min: 0, max: 0xffff_ffff });
const bytes = fc.uint8Array({ maxLength: 300 });
const eightBytes = fc.uint8Array({ minLength: 8, maxLength: 8 });

const peerRecord = fc.record({
  address: fc.oneof(
    fc.uint8Array({ minLength: 4, maxLength: 4 }),
    fc.uint8Array({ minLength: 16, maxLength: 16 }),
  ),
  port: u16,
  ageSeconds: u32,
});

const anyMessage: fc.Arbitrary<AnyMessage> = fc.oneof(
  fc.tuple(u8, u16, bytes).map((fields) => new GossipAnnounce(...fields)),
  u16.map((dataType) => new GossipNotify(dataType)),
  fc.tuple(u16, u16, bytes).map((fields) => new GossipNotification(...fields)),
  fc
    .tuple(u16, fc.constantFrom("accept" as const, "reject" as const))
    .map((fields) => new GossipValidation(...fields)),
  eightBytes.map((challenge) => new P2PInit(challenge)),
  eightBytes.map((nonce) => new P2PVerify(nonce)),
  fc.constant(new P2POk()),
  fc.tuple(u16, u16, u8, bytes).map((fields) => new P2PAnnounce(...fields)),
  fc
    .record({
      version: u8,
      inbound: fc.constantFrom("accepted" as const, "none" as const),
      peerExchange: fc.constantFrom("offered" as const, "refused" as const),
      listenPort: u16,
      features: u32,
      challenge: eightBytes,
    })
    .map((fields) => new Hello(fields)),
  fc
    .tuple(fc.constantFrom("ask" as const, "answer" as const), eightBytes)
    .map((fields) => new Ping(...fields)),
  fc.constant(new Peers("get")),
  fc.array(peerRecord, { maxLength: 32 }).map((records) => new Peers("list", records)),
);

describe("messages", () => {
  it("come back from their bytes with the same fields", () => {
    fc.assert(
      fc.property(anyMessage, (message) => {
        const frame = encodeFrame(message);
        assert.equal(frame.length, message.frameBytes);
        const decoded = decodeOne(frame);
        assert.equal(decoded.kind, message.kind);
        assert.equal(decoded.type, message.type);
        assert.deepEqual(fieldsOf(decoded), fieldsOf(message));
      }),
      { numRuns: 1_000 },
    );
  });

  it("send reserved bits as zero, whatever the buffer held, and touch nothing around them", () => {
    for (const vector of vectors) {
      const message = messageOf(vector);
      const buffer = new Uint8Array(message.frameBytes + 6).fill(0xff);
      const writer = new ByteWriter(buffer, 3);
      writeFrame(message, writer);
      assert.equal(hexOf(buffer), `ffffff${vector.hex}ffffff`);
      assert.equal(writer.position, 3 + message.frameBytes);
    }
  });

  it("carry the largest data their header leaves room for, and not a byte more", () => {
    const largest = new Uint8Array(65_527).fill(7);
    assert.equal(API_DATA_BYTES_MAX, 65_527);
    assert.equal(PEER_DATA_BYTES_MAX, 65_523);
    for (const message of [
      new GossipAnnounce(0, 1, largest),
      new GossipNotification(0, 1, largest),
      new P2PAnnounce(0, 1, 0, largest.subarray(0, 65_523)),
    ]) {
      const frame = encodeFrame(message);
      assert.equal(hexOf(frame.subarray(0, 2)), "ffff");
      assert.deepEqual(fieldsOf(decodeOne(frame)), fieldsOf(message));
    }
    const tooLarge = new Uint8Array(65_528);
    assert.throws(() => new GossipAnnounce(0, 1, tooLarge), /data must be at most 65527 bytes/);
    assert.throws(() => new GossipNotification(0, 1, tooLarge), RangeError);
    assert.throws(() => new P2PAnnounce(0, 1, 0, new Uint8Array(65_524)), /at most 65523 bytes/);
  });

  it("refuse fields that do not fit their place, naming them", () => {
    const none = new Uint8Array(0);
    const bad16 = [-1, 65_536, 0.5, NaN, Infinity];
    const bad8 = [-1, 256, 1.5, NaN];
    for (const bad of bad8) {
      assert.throws(() => new GossipAnnounce(bad, 0, none), /ttl must be .* 0 to 255/);
      assert.throws(() => new P2PAnnounce(0, 0, bad, none), /ttl/);
    }
    for (const bad of bad16) {
      assert.throws(() => new GossipAnnounce(0, bad, none), /data type must be .* 0 to 65535/);
      assert.throws(() => new GossipNotify(bad), /data type/);
      assert.throws(() => new GossipNotification(bad, 0, none), /message id/);
      assert.throws(() => new GossipNotification(0, bad, none), /data type/);
      assert.throws(() => new GossipValidation(bad, "accept"), /message id/);
      assert.throws(() => new P2PAnnounce(bad, 0, 0, none), /message id/);
      assert.throws(() => new P2PAnnounce(0, bad, 0, none), /data type/);
    }
    for (const length of [0, 7, 9]) {
      const wrong = new Uint8Array(length);
      assert.throws(() => new P2PInit(wrong), /challenge must be 8 bytes long/);
      assert.throws(() => new P2PVerify(wrong), /nonce must be 8 bytes long/);
    }
  });

  it("take the verdict from the lowest bit alone", () => {
    for (let low = 0; low < 256; low += 1) {
      for (const high of [0, 1, 0x80, 0xff]) {
        const decoded = decodeOne(Uint8Array.of(0, 8, 0x01, 0xf7, 0, 1, high, low));
        assert.equal(decoded.kind, "gossipValidation");
        assert.deepEqual(fieldsOf(decoded), {
          messageId: 1,
          verdict: (low & 1) === 1 ? "accept" : "reject",
        });
      }
    }
  });

  it("belong to exactly one socket and direction", () => {
    const types = Object.values(MessageType);
    assert.deepEqual(types.filter(isApiRequestType), [500, 501, 503]);
    assert.deepEqual(types.filter(isNotificationType), [502]);
  });

  it("of the other socket never reach a decoder: that would be our own bug", () => {
    const frameOf = (type: MessageType): Frame => ({
      kind: "frame",
      type,
      frameBytes: 16,
      body: new ByteReader(new Uint8Array(12), 0, 12),
    });
    for (const type of [502, 504, 505, 506, 507, 508, 510, 511] as const) {
      assert.throws(() => decodeApiRequest(frameOf(type)), /no API request/);
    }
    for (const type of [500, 501, 502, 503] as const) {
      assert.throws(() => decodePeerMessage(frameOf(type)), /no peer message/);
    }
  });

  it("have the sizes of the table", () => {
    assert.deepEqual(
      Object.entries(FRAME_SIZES).map(([type, { min, max }]) => [Number(type), min, max]),
      [
        [500, 8, 65_535],
        [501, 8, 8],
        [502, 8, 65_535],
        [503, 8, 8],
        [504, 12, 12],
        [505, 12, 12],
        [506, 4, 4],
        [507, 12, 65_535],
        [508, 20, 65_535],
        [510, 16, 16],
        [511, 8, 65_535],
      ],
    );
  });
});

describe("byte reader and writer", () => {
  it("are big-endian and agree with each other", () => {
    fc.assert(
      fc.property(u8, u16, fc.integer({ min: 0, max: 0xffff_ffff }), (small, middle, large) => {
        const buffer = new Uint8Array(7);
        const writer = new ByteWriter(buffer);
        writer.u8(small);
        writer.u16(middle);
        writer.u32(large);
        const view = new DataView(buffer.buffer);
        assert.deepEqual(
          [view.getUint8(0), view.getUint16(1), view.getUint32(3)],
          [small, middle, large],
        );
        const reader = new ByteReader(buffer, 0, 7);
        assert.deepEqual([reader.u8(), reader.u16(), reader.u32()], [small, middle, large]);
        assert.equal(reader.remaining, 0);
      }),
    );
  });

  it("never pass the end of their range, even where the buffer goes on", () => {
    const buffer = new Uint8Array(8);
    const reader = new ByteReader(buffer, 2, 5);
    reader.skip(2);
    assert.throws(() => reader.u16(), /read of 2 bytes with 1 left/);
    assert.equal(reader.u8(), 0);
    assert.throws(() => reader.u8(), RangeError);
    assert.equal(reader.rest().length, 0);
    const writer = new ByteWriter(buffer, 7);
    assert.throws(() => writer.u16(1), /write of 2 bytes with 1 left/);
    assert.throws(() => writer.bytes(buffer), RangeError);
    writer.u8(9);
    assert.throws(() => writer.zeros(1), RangeError);
    assert.equal(buffer[7], 9);
  });

  it("hand out data as a view, so that an item is copied once, by whoever keeps it", () => {
    const buffer = Uint8Array.of(1, 2, 3, 4);
    assert.equal(new ByteReader(buffer, 1, 4).view(2).buffer, buffer.buffer);
  });
});
