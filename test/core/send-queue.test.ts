import assert from "node:assert/strict";
import { describe, it } from "node:test";
import fc from "fast-check";
import { OutgoingFrame } from "../../src/core/outgoing-frame.ts";
import { SendQueue } from "../../src/core/send-queue.ts";
import { P2PAnnounce } from "../../src/wire/p2p/p2p-announce.ts";
import { P2PInit } from "../../src/wire/p2p/p2p-init.ts";
import { P2POk } from "../../src/wire/p2p/p2p-ok.ts";

/** A payload frame of exactly that size. */
const payload = (frameBytes: number, id: number = 0): OutgoingFrame =>
  new OutgoingFrame(new P2PAnnounce(id, 1, 0, new Uint8Array(frameBytes - 12)));
const control = (): OutgoingFrame => new OutgoingFrame(new P2POk());

describe("[protocol §4.11] a send queue", () => {
  it("hands out control first, then payload in order, in one write", () => {
    const queue = new SendQueue({ bytesMax: 1_000, framesMax: 10 });
    const frames = [payload(20, 1), payload(20, 2), control()];
    for (const frame of frames) queue.push(frame);
    assert.deepEqual(queue.takeWrite(), [frames[2], frames[0], frames[1]]);
    assert.equal(queue.isWaiting, false);
    assert.ok(queue.isBusy);
  });

  it("counts what is at the socket until it has taken it", () => {
    const queue = new SendQueue({ bytesMax: 1_000, framesMax: 10 });
    queue.push(payload(100));
    queue.takeWrite();
    queue.push(payload(50));
    assert.deepEqual([queue.bytes, queue.frames], [150, 2]);
    queue.drained();
    assert.deepEqual([queue.bytes, queue.frames], [50, 1]);
  });

  it("writes 128 KiB at most, but at least one frame", () => {
    const queue = new SendQueue({ bytesMax: 1e9, framesMax: 1e6 });
    for (let n = 0; n < 5; n++) queue.push(payload(65_535));
    assert.equal(queue.takeWrite().length, 2);
    assert.equal(queue.takeWrite().length, 2);
    assert.equal(queue.takeWrite().length, 1);
    assert.equal(queue.takeWrite().length, 0);
  });

  it("drops the oldest payloads and no control over its bounds", () => {
    const queue = new SendQueue({ bytesMax: 100, framesMax: 10 });
    const frames = [payload(40, 1), payload(40, 2), control(), payload(40, 3)];
    for (const frame of frames) queue.push(frame);
    assert.equal(queue.trim(), 1);
    assert.deepEqual(queue.takeWrite(), [frames[2], frames[1], frames[3]]);
  });

  it("drops nothing that is at the socket already", () => {
    const queue = new SendQueue({ bytesMax: 100, framesMax: 2 });
    for (let n = 0; n < 3; n++) queue.push(payload(50));
    queue.takeWrite();
    assert.equal(queue.trim(), 0);
    queue.push(payload(50));
    assert.equal(queue.trim(), 1);
    assert.equal(queue.frames, 3);
  });

  it("overflows with more than 64 KiB of control that waits", () => {
    const queue = new SendQueue({ bytesMax: 100, framesMax: 2 });
    const frame = new OutgoingFrame(new P2PInit(new Uint8Array(8)));
    for (let n = 0; n * 12 + 12 <= 65_536; n++) queue.push(frame);
    assert.equal(queue.isControlOverflowing, false);
    queue.push(frame);
    assert.ok(queue.isControlOverflowing);
    queue.takeWrite();
    assert.equal(queue.isControlOverflowing, false);
  });

  it("knows whether it is over half, and whether one more frame would leave half free", () => {
    const queue = new SendQueue({ bytesMax: 200, framesMax: 8 });
    assert.ok(queue.hasRoomInHalf(60_000));
    queue.push(payload(60));
    assert.ok(queue.hasRoomInHalf(40));
    assert.equal(queue.hasRoomInHalf(41), false);
    queue.push(payload(40));
    assert.equal(queue.isOverHalf, false);
    queue.push(payload(12));
    assert.ok(queue.isOverHalf);
  });

  it("behaves like two arrays under any sequence of operations", () => {
    const operation = fc.oneof(
      fc.record({ kind: fc.constant("push" as const), bytes: fc.integer({ min: 12, max: 70 }) }),
      fc.constantFrom(
        { kind: "control" as const },
        { kind: "take" as const },
        { kind: "drained" as const },
        { kind: "trim" as const },
      ),
    );
    const bounds = { bytesMax: 300, framesMax: 7 };
    fc.assert(
      fc.property(fc.array(operation, { maxLength: 60 }), (operations) => {
        const queue = new SendQueue(bounds);
        let controls: OutgoingFrame[] = [];
        let payloads: OutgoingFrame[] = [];
        let written: OutgoingFrame[] = [];
        const all = (): OutgoingFrame[] => [...controls, ...payloads, ...written];
        const bytes = (): number => all().reduce((sum, { frameBytes }) => sum + frameBytes, 0);
        const isOver = (): boolean => bytes() > bounds.bytesMax || all().length > bounds.framesMax;
        for (const step of operations) {
          if (step.kind === "push") {
            const frame = payload(step.bytes);
            queue.push(frame);
            payloads.push(frame);
          } else if (step.kind === "control") {
            const frame = control();
            queue.push(frame);
            controls.push(frame);
          } else if (step.kind === "take") {
            assert.deepEqual(queue.takeWrite(), [...controls, ...payloads]);
            written = all();
            [controls, payloads] = [[], []];
          } else if (step.kind === "drained") {
            queue.drained();
            written = [];
          } else {
            const before = payloads.length;
            while (payloads.length > 0 && isOver()) payloads.shift();
            assert.equal(queue.trim(), before - payloads.length);
          }
          assert.equal(queue.bytes, bytes());
          assert.equal(queue.frames, all().length);
          assert.equal(queue.isBusy, written.length > 0);
          assert.equal(queue.isWaiting, controls.length + payloads.length > 0);
        }
      }),
      { numRuns: 500 },
    );
  });
});
