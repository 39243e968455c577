import type { OutgoingFrame } from "../core/outgoing-frame.ts";
import { ByteWriter } from "../wire/byte-writer.ts";
import { writeFrame } from "../wire/message.ts";

/**
 * Frames of one write in one piece. Links that get the same frames in the same tick, which is what links
 * of a flood nearly always do, get the same bytes: frames are encoded once and copied once, whatever
 * the number of links [protocol §4.7].
 *
 * Keeps the last write, 128 KiB at most.
 */
export class FrameJoiner {
  #frames: readonly OutgoingFrame[] = [];
  #bytes: Uint8Array = new Uint8Array(0);

  join(frames: readonly OutgoingFrame[]): Uint8Array {
    if (!isSame(frames, this.#frames)) {
      this.#frames = frames;
      this.#bytes = encode(frames);
    }
    return this.#bytes;
  }
}

function isSame(frames: readonly OutgoingFrame[], others: readonly OutgoingFrame[]): boolean {
  if (frames.length !== others.length) return false;
  for (let at = 0; at < frames.length; at++) if (frames[at] !== others[at]) return false;
  return true;
}

function encode(frames: readonly OutgoingFrame[]): Uint8Array {
  let bytes = 0;
  for (const { frameBytes } of frames) bytes += frameBytes;
  const buffer = Buffer.allocUnsafe(bytes);
  const writer = new ByteWriter(buffer);
  for (const { message } of frames) writeFrame(message, writer);
  return buffer;
}
