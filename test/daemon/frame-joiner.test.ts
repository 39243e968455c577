import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { OutgoingFrame } from "../../src/core/outgoing-frame.ts";
import { FrameJoiner } from "../../src/daemon/frame-joiner.ts";
import { encodeFrame } from "../../src/wire/message.ts";
import { P2PAnnounce } from "../../src/wire/p2p/p2p-announce.ts";
import { P2POk } from "../../src/wire/p2p/p2p-ok.ts";

const item = (id: number): OutgoingFrame =>
  new OutgoingFrame(new P2PAnnounce(id, 2, 3, Buffer.from(`item ${id}`)));
const bytesOf = (frames: readonly OutgoingFrame[]): Uint8Array =>
  Uint8Array.from(Buffer.concat(frames.map(({ message }) => encodeFrame(message))));

describe("[protocol §4.7] the frames of one write", () => {
  it("are joined in their order", () => {
    const frames = [item(1), new OutgoingFrame(new P2POk()), item(2)];
    assert.deepEqual(Uint8Array.from(new FrameJoiner().join(frames)), bytesOf(frames));
  });

  it("are joined once for all links that get the same ones", () => {
    const joiner = new FrameJoiner();
    const frames = [item(1), item(2)];
    assert.equal(joiner.join(frames), joiner.join([...frames]));
  });

  it("are joined anew when they differ, be it in number, in order or in one frame", () => {
    const [first, second, third] = [item(1), item(2), item(3)];
    const joiner = new FrameJoiner();
    for (const frames of [[first, second], [first], [second, first], [second, third], [third]]) {
      assert.deepEqual(Uint8Array.from(joiner.join(frames)), bytesOf(frames));
    }
  });
});
