import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { FrameReader, PARTIAL_FRAME_BYTES_MAX } from "../../src/wire/frame.ts";
import { encodeFrame } from "../../src/wire/message.ts";
import { isMessageType } from "../../src/wire/message-type.ts";
import { anyType, concat, decodeAny } from "./reading.ts";
import { bytesOf, vectors } from "./vectors.ts";

const INPUTS = 1_000_000;

/** xorshift32: enough to choose bytes and cuts, and the same on every machine. */
class Dice {
  #state: number;

  constructor(seed: number) {
    this.#state = seed;
  }

  below(bound: number): number {
    this.#state ^= this.#state << 13;
    this.#state ^= this.#state >>> 17;
    this.#state ^= this.#state << 5;
    return (this.#state >>> 0) % bound;
  }
}

const originals = [
  ...vectors.map((vector) => bytesOf(vector.hex)),
  ...vectors.map((vector) => bytesOf(vector.alsoReceived ?? vector.hex)),
  concat(vectors.map((vector) => bytesOf(vector.hex))),
];

function mutate(dice: Dice, target: Uint8Array): Uint8Array {
  const original = originals[dice.below(originals.length)] ?? assert.fail();
  target.set(original);
  let length = original.length;
  for (let round = dice.below(4); round > 0; round -= 1) {
    const at = dice.below(length);
    switch (dice.below(5)) {
      case 0:
        target[at] = dice.below(256);
        break;
      case 1:
        target[at] = (target[at] ?? 0) ^ (1 << dice.below(8));
        break;
      case 2:
        length = at + 1;
        break;
      case 3:
        target.copyWithin(at, dice.below(length), length);
        break;
      default:
        // Sizes and types are where a reader breaks.
        target[dice.below(Math.min(4, length))] = [0, 1, 3, 4, 0x7f, 0x80, 0xfe, 0xff][
          dice.below(8)
        ] as number;
    }
  }
  return target.subarray(0, length);
}

/** Whatever the frame reader lets through, the decoder reads to its last byte, or finds fault with it. */
function checkMessage(frame: Parameters<typeof decodeAny>[0]): "message" | "badContent" {
  const message = decodeAny(frame);
  if (message.kind === "fault") {
    assert.equal(message.fault.kind, "badContent");
    return "badContent";
  }
  assert.equal(message.type, frame.type);
  assert.equal(frame.body.remaining, 0);
  // What a HELLO holds beside its fields is skipped, and not sent again.
  const skipped = message.kind === "hello" ? frame.frameBytes - message.frameBytes : 0;
  assert.equal(message.frameBytes + skipped, frame.frameBytes);
  assert.equal(encodeFrame(message).length, message.frameBytes);
  return "message";
}

describe("a million mutated inputs", () => {
  it("never make the reader or a decoder throw, loop, or hold more than a frame", () => {
    const dice = new Dice(0x9e37_79b9);
    const target = new Uint8Array(4_096);
    const seen = { frames: 0, badContents: 0, faults: 0, incomplete: 0 };
    for (let input = 0; input < INPUTS; input += 1) {
      const bytes = mutate(dice, target);
      const reader = new FrameReader();
      const cut = dice.below(bytes.length + 1);
      let isDead = false;
      for (const chunk of [bytes.subarray(0, cut), bytes.subarray(cut)]) {
        reader.push(chunk);
        for (;;) {
          const next = reader.next(anyType);
          if (next === undefined) break;
          if (next.kind === "fault") {
            isDead = true;
            seen.faults += 1;
            continue;
          }
          if (isDead || !isMessageType(next.type)) assert.fail(`input ${input}`);
          if (checkMessage(next) === "message") seen.frames += 1;
          else seen.badContents += 1;
        }
        if (reader.bufferedBytes > Math.min(PARTIAL_FRAME_BYTES_MAX, bytes.length)) {
          assert.fail(`input ${input} left ${reader.bufferedBytes} bytes`);
        }
      }
      if (reader.bufferedBytes > 0) seen.incomplete += 1;
    }
    // The mutations reach every outcome, or this test would prove nothing.
    for (const [outcome, count] of Object.entries(seen))
      assert.ok(count > 10_000, `${outcome}: ${count}`);
  });
});
