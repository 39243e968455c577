import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { isApiRequestType, isNotificationType } from "../../src/wire/decode.ts";
import { FrameReader } from "../../src/wire/frame.ts";
import type { TypeFilter } from "../../src/wire/frame.ts";
import { isMessageType } from "../../src/wire/message-type.ts";
import type { WireFault } from "../../src/wire/wire-fault.ts";
import { anyType, readChunk } from "./reading.ts";

/** The sizes of the protocol's table, written down once more by hand. */
const LEGAL_SIZES: ReadonlyMap<number, readonly [min: number, max: number]> = new Map([
  [500, [8, 65_535]],
  [501, [8, 8]],
  [502, [8, 65_535]],
  [503, [8, 8]],
  [504, [12, 12]],
  [505, [12, 12]],
  [506, [4, 4]],
  [507, [12, 65_535]],
  [508, [20, 65_535]],
  [510, [16, 16]],
  [511, [8, 65_535]],
]);

const range = (first: number, last: number): number[] =>
  Array.from({ length: last - first + 1 }, (_, index) => first + index);

const TYPES = [0, 1, 255, 256, ...range(490, 530), 600, 666, 0x7fff, 0x8000, 0xf401, 0xffff];
const SIZES = [...range(0, 24), 255, 256, 0x7fff, 0x8000, 0x8001, 0xfffe, 0xffff];

const SOCKETS: readonly (readonly [name: string, filter: TypeFilter, types: readonly number[]])[] =
  [
    ["API, from modules", isApiRequestType, [500, 501, 503]],
    ["API, from gossip", isNotificationType, [502]],
    ["P2P", (type) => type >= 504, [504, 505, 506, 507, 508, 510, 511]],
    ["no restriction", anyType, [500, 501, 502, 503, 504, 505, 506, 507, 508, 510, 511]],
  ];

function judgementOf(size: number, type: number, types: readonly number[]): WireFault | "legal" {
  if (size < 4) return { kind: "sizeBelowHeader", size };
  const legal = LEGAL_SIZES.get(type);
  if (legal === undefined) return { kind: "unknownType", type, size };
  if (!types.includes(type)) return { kind: "unexpectedType", type, size };
  return size < legal[0] || size > legal[1] ? { kind: "wrongSize", type, size } : "legal";
}

describe("a frame's header", () => {
  for (const [name, filter, types] of SOCKETS) {
    it(`is judged with its fourth byte, not before and not later (${name})`, () => {
      for (const type of TYPES) {
        for (const size of SIZES) {
          const header = Uint8Array.of(size >> 8, size & 0xff, type >> 8, type & 0xff);
          const wanted = judgementOf(size, type, types);
          const byteWise = new FrameReader();
          for (const byte of header.subarray(0, 3)) {
            assert.deepEqual(readChunk(byteWise, Uint8Array.of(byte), filter), []);
          }
          const atOnce = new FrameReader();
          for (const readings of [
            readChunk(byteWise, header.subarray(3), filter),
            readChunk(atOnce, header, filter),
          ]) {
            if (wanted !== "legal") assert.deepEqual(readings, [{ fault: wanted }]);
            else if (size === 4) assert.deepEqual(readings, [{ type, frameBytes: 4, body: "" }]);
            else assert.deepEqual(readings, [], `type ${type}, size ${size}`);
          }
          const buffered = wanted === "legal" && size > 4 ? 4 : 0;
          assert.equal(byteWise.bufferedBytes, buffered);
          assert.equal(atOnce.bufferedBytes, buffered);
        }
      }
    });
  }

  it("knows exactly the types of the table", () => {
    assert.deepEqual(range(0, 0xffff).filter(isMessageType), [...LEGAL_SIZES.keys()]);
  });
});
