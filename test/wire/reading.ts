import {
  decodeApiRequest,
  decodeNotification,
  decodePeerMessage,
  isApiRequestType,
  isNotificationType,
} from "../../src/wire/decode.ts";
import type { FaultyFrame, Frame, TypeFilter } from "../../src/wire/frame.ts";
import { FrameReader } from "../../src/wire/frame.ts";
import { describeWireFault } from "../../src/wire/wire-fault.ts";
import type { WireFault } from "../../src/wire/wire-fault.ts";
import { hexOf } from "./vectors.ts";
import type { AnyMessage } from "./vectors.ts";

export const anyType: TypeFilter = () => true;

/** What a reader yielded, copied out of its chunks. */
export type Reading =
  | { readonly type: number; readonly frameBytes: number; readonly body: string }
  | { readonly fault: WireFault };

export function readingOf(outcome: Frame | FaultyFrame): Reading {
  return outcome.kind === "fault"
    ? { fault: outcome.fault }
    : {
        type: outcome.type,
        frameBytes: outcome.frameBytes,
        body: hexOf(outcome.body.rest()),
      };
}

/** Everything the reader has to say about one more chunk. */
export function readChunk(
  reader: FrameReader,
  chunk: Uint8Array,
  isExpected: TypeFilter = anyType,
): Reading[] {
  const readings: Reading[] = [];
  reader.push(chunk);
  for (let next = reader.next(isExpected); next !== undefined; next = reader.next(isExpected)) {
    readings.push(readingOf(next));
  }
  return readings;
}

export function readAll(chunks: readonly Uint8Array[], isExpected?: TypeFilter): Reading[] {
  const reader = new FrameReader();
  return chunks.flatMap((chunk) => readChunk(reader, chunk, isExpected));
}

/** Cuts before each of the given positions. */
export function splitAt(stream: Uint8Array, positions: readonly number[]): Uint8Array[] {
  const edges = [0, ...positions, stream.length];
  return edges.slice(1).map((end, index) => stream.subarray(edges[index], end));
}

export function concat(parts: readonly Uint8Array[]): Uint8Array {
  return new Uint8Array(Buffer.concat(parts));
}

/** Decodes a frame by the decoder of the socket and direction its type belongs to. */
export function decodeAny(frame: Frame): AnyMessage | FaultyFrame {
  if (isNotificationType(frame.type)) return decodeNotification(frame);
  return isApiRequestType(frame.type) ? decodeApiRequest(frame) : decodePeerMessage(frame);
}

/** @throws Error when the bytes are not exactly one frame, or its body contradicts itself. */
export function decodeOne(bytes: Uint8Array): AnyMessage {
  const reader = new FrameReader();
  reader.push(bytes);
  const frame = reader.next(anyType);
  if (frame?.kind !== "frame" || reader.bufferedBytes > 0) throw new Error("not one frame");
  const message = decodeAny(frame);
  if (message.kind === "fault") throw new Error(describeWireFault(message.fault));
  return message;
}
