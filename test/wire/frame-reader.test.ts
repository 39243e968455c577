import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { GossipAnnounce } from "../../src/wire/api/gossip-announce.ts";
import { FrameReader, PARTIAL_FRAME_BYTES_MAX } from "../../src/wire/frame.ts";
import { encodeFrame } from "../../src/wire/message.ts";
import { describeWireFault } from "../../src/wire/wire-fault.ts";
import { anyType, concat, readAll, readChunk, splitAt } from "./reading.ts";
import type { Reading } from "./reading.ts";
import { bytesOf, vectors } from "./vectors.ts";

const frames = vectors.map((vector) => bytesOf(vector.hex));
const stream = concat(frames);
/** Straight from the vectors, without the reader. */
const expected: readonly Reading[] = vectors.map((vector) => ({
  type: vector.number,
  frameBytes: vector.hex.length / 2,
  body: vector.hex.slice(8),
}));

describe("the frame reader", () => {
  it("gives the same frames for every single cut of a stream of mixed messages", () => {
    for (let cut = 0; cut <= stream.length; cut += 1) {
      assert.deepEqual(readAll(splitAt(stream, [cut])), expected, `cut at ${cut}`);
    }
  });

  it("gives the same frames for every two cuts", () => {
    const twice = [...vectors.keys()].filter((index) => index % 3 === 0);
    const mixed = concat(twice.map((index) => frames[index] ?? stream));
    const wanted = twice.map((index) => expected[index]);
    for (let first = 0; first <= mixed.length; first += 1) {
      for (let second = first; second <= mixed.length; second += 1) {
        assert.deepEqual(readAll(splitAt(mixed, [first, second])), wanted);
      }
    }
  });

  it("gives the same frames byte by byte, and with empty chunks between the bytes", () => {
    const single = Array.from(stream, (byte) => Uint8Array.of(byte));
    assert.deepEqual(readAll(single), expected);
    assert.deepEqual(readAll(single.flatMap((chunk) => [new Uint8Array(0), chunk])), expected);
  });

  it("gives the same frames for every way of gluing neighbours together", () => {
    const some = frames.slice(4, 14);
    const gaps = some.length - 1;
    for (let glued = 0; glued < 1 << gaps; glued += 1) {
      const chunks: Uint8Array[] = [];
      some.forEach((frame, index) => {
        const previous = chunks.at(-1);
        const isGlued = index > 0 && ((glued >> (index - 1)) & 1) === 1;
        if (isGlued && previous !== undefined)
          chunks[chunks.length - 1] = concat([previous, frame]);
        else chunks.push(frame);
      });
      assert.deepEqual(readAll(chunks), expected.slice(4, 14));
    }
  });

  it("says nothing about any truncated frame, and completes it with the rest", () => {
    for (const [index, frame] of frames.entries()) {
      for (let length = 0; length < frame.length; length += 1) {
        const reader = new FrameReader();
        assert.deepEqual(readChunk(reader, frame.subarray(0, length)), []);
        assert.equal(reader.bufferedBytes, length);
        assert.deepEqual(readChunk(reader, frame.subarray(length)), [expected[index]]);
        assert.equal(reader.bufferedBytes, 0);
      }
    }
  });

  it("reads a large body that dribbles in by seven bytes", () => {
    const data = new Uint8Array(40 * 1024).map((_, index) => index % 251);
    const frame = encodeFrame(new GossipAnnounce(1, 2, data));
    const cuts = Array.from({ length: Math.floor(frame.length / 7) }, (_, index) => index * 7 + 7);
    assert.deepEqual(readAll(splitAt(frame, cuts)), readAll([frame]));
  });

  it("reads a frame of the largest size, also behind a carried-over header", () => {
    const frame = encodeFrame(new GossipAnnounce(1, 2, new Uint8Array(65_527).fill(0xa5)));
    assert.equal(frame.length, 65_535);
    for (const cut of [1, 3, 4, 5, 65_534]) {
      assert.deepEqual(readAll(splitAt(frame, [cut])), readAll([frame]));
    }
  });

  it("holds no more than one frame beside the chunk, and lets the chunk go once it is read", () => {
    const frame = encodeFrame(new GossipAnnounce(1, 2, new Uint8Array(65_527)));
    const reader = new FrameReader();
    reader.push(frame.subarray(0, 65_534));
    assert.equal(reader.next(anyType), undefined);
    assert.equal(reader.bufferedBytes, 65_534);
    assert.ok(reader.bufferedBytes <= PARTIAL_FRAME_BYTES_MAX);
    reader.push(concat([frame.subarray(65_534), stream]));
    assert.equal(reader.bufferedBytes, 65_535 + stream.length);
    assert.equal(reader.next(anyType)?.kind, "frame");
    assert.equal(reader.bufferedBytes, stream.length);
    while (reader.next(anyType) !== undefined);
    assert.equal(reader.bufferedBytes, 0);
  });

  it("refuses a chunk before the last one was read: our own bug", () => {
    const reader = new FrameReader();
    reader.push(stream);
    assert.throws(() => reader.push(stream), /still holds unread bytes/);
  });

  it("judges each header only when asked for it, so that one frame can change what is legal", () => {
    const reader = new FrameReader();
    reader.push(bytesOf("000c01f9fedcba9876543210" + "000c01fbffff000001000000"));
    assert.equal(reader.next((type) => type === 505)?.kind, "frame");
    assert.equal(reader.next((type) => type === 507)?.kind, "frame");
  });

  it("delivers the good frames before a fault, for every cut, and nothing behind it", () => {
    const faulty = concat([...frames.slice(0, 5), bytesOf("000301f4ff"), ...frames]);
    const wanted = [...expected.slice(0, 5), { fault: { kind: "sizeBelowHeader", size: 3 } }];
    for (let cut = 0; cut <= faulty.length; cut += 1) {
      assert.deepEqual(readAll(splitAt(faulty, [cut])), wanted, `cut at ${cut}`);
    }
    assert.deepEqual(readAll(Array.from(faulty, (byte) => Uint8Array.of(byte))), wanted);
  });

  it("is dead after a fault and keeps nothing of what still arrives", () => {
    const reader = new FrameReader();
    assert.equal(readChunk(reader, bytesOf("0000000000112233")).length, 1);
    assert.equal(reader.bufferedBytes, 0);
    for (let round = 0; round < 3; round += 1) {
      assert.deepEqual(readChunk(reader, stream), []);
      assert.equal(reader.bufferedBytes, 0);
    }
  });
});

describe("wire faults", () => {
  it("are described in one line with type and size, never content", () => {
    assert.deepEqual(
      (
        [
          { kind: "sizeBelowHeader", size: 3 },
          { kind: "unknownType", type: 520, size: 4 },
          { kind: "unexpectedType", type: 502, size: 8 },
          { kind: "wrongSize", type: 501, size: 9 },
        ] as const
      ).map(describeWireFault),
      [
        "size 3 is smaller than the 4-byte header",
        "unknown message type 520 (size 4)",
        "message type 502 (size 8) is not expected here",
        "size 9 is not legal for message type 501",
      ],
    );
  });
});
