import assert from "node:assert/strict";
import { describe, it } from "node:test";
import fc from "fast-check";
import { FrameReader } from "../../src/wire/frame.ts";
import type { TypeFilter } from "../../src/wire/frame.ts";
import { encodeFrame } from "../../src/wire/message.ts";
import { concat, readingOf } from "./reading.ts";
import type { Reading } from "./reading.ts";
import { hexOf, messageOf, vectors } from "./vectors.ts";

const KNOWN_TYPES = [500, 501, 502, 503, 504, 505, 506, 507, 508, 510, 511];
const SIZES_MIN: Readonly<Record<number, number>> = {
  504: 12,
  505: 12,
  506: 4,
  507: 12,
  508: 20,
  510: 16,
};

/**
 * The reader as one would write it without care for memory or speed: all bytes in one hex string,
 * looked at from the front each time.
 */
class NaiveReader {
  #pending = "";
  #isDead = false;

  get bufferedBytes(): number {
    return this.#pending.length / 2;
  }

  push(chunk: Uint8Array): void {
    if (!this.#isDead) this.#pending += hexOf(chunk);
  }

  next(isExpected: (type: number) => boolean): Reading | undefined {
    if (this.#pending.length < 8) return undefined;
    const size = parseInt(this.#pending.slice(0, 4), 16);
    const type = parseInt(this.#pending.slice(4, 8), 16);
    if (size < 4) return this.#die({ fault: { kind: "sizeBelowHeader", size } });
    if (!KNOWN_TYPES.includes(type))
      return this.#die({ fault: { kind: "unknownType", type, size } });
    if (!isExpected(type)) return this.#die({ fault: { kind: "unexpectedType", type, size } });
    const min = SIZES_MIN[type] ?? 8;
    const isFixed = [501, 503, 504, 505, 506, 510].includes(type);
    if (size < min || (isFixed && size !== min)) {
      return this.#die({ fault: { kind: "wrongSize", type, size } });
    }
    if (this.#pending.length < size * 2) return undefined;
    const body = this.#pending.slice(8, size * 2);
    this.#pending = this.#pending.slice(size * 2);
    return { type, frameBytes: size, body };
  }

  #die(reading: Reading): Reading {
    this.#isDead = true;
    this.#pending = "";
    return reading;
  }
}

const goodFrame = fc.constantFrom(...vectors).map((vector) => encodeFrame(messageOf(vector)));
const anyFrame = fc.oneof(
  { weight: 8, arbitrary: goodFrame },
  { weight: 1, arbitrary: fc.uint8Array({ maxLength: 20 }) },
  {
    weight: 1,
    arbitrary: fc
      .tuple(fc.nat(40), fc.integer({ min: 498, max: 521 }), fc.uint8Array({ maxLength: 40 }))
      .map(([size, type, body]) => concat([Uint8Array.of(0, size, type >> 8, type & 0xff), body])),
  },
);

describe("the frame reader and a naive one", () => {
  it("agree on every stream, every split and every filter that changes on the way", () => {
    fc.assert(
      fc.property(
        fc.array(anyFrame, { maxLength: 12 }),
        fc.array(fc.nat(30), { maxLength: 60 }),
        fc.infiniteStream(fc.integer({ min: 0, max: 0xfff }).map((mask) => mask | (mask << 1))),
        (frames, lengths, masks) => {
          const reader = new FrameReader();
          const model = new NaiveReader();
          let rest = concat(frames);
          for (const length of [...lengths, rest.length]) {
            const chunk = rest.subarray(0, length);
            rest = rest.subarray(chunk.length);
            reader.push(chunk);
            model.push(chunk);
            for (;;) {
              assert.equal(reader.bufferedBytes, model.bufferedBytes);
              // Most masks let most types through, or streams would end after a frame.
              const mask = masks.next().value | 0b1011_1011_0101;
              const isExpected: TypeFilter = (type) => ((mask >> (type - 500)) & 1) === 1;
              const wanted = model.next(isExpected as (type: number) => boolean);
              const got = reader.next(isExpected);
              assert.deepEqual(got && readingOf(got), wanted);
              if (wanted === undefined) break;
            }
          }
        },
      ),
      { numRuns: 5_000 },
    );
  });
});
