import { ByteWriter } from "./byte-writer.ts";
import { FRAME_HEADER_BYTES } from "./message-type.ts";
import type { MessageType } from "./message-type.ts";

/** What every message class offers beside its fields. */
export interface WireMessage {
  readonly kind: string;
  readonly type: MessageType;
  /** Size of the whole frame in bytes, header included. */
  readonly frameBytes: number;
  /** Writes the body, exactly `frameBytes - 4` bytes. */
  encodeBody(writer: ByteWriter): void;
}

/** Writes `size u16, type u16, body` [protocol §1.1]. */
export function writeFrame(message: WireMessage, writer: ByteWriter): void {
  writer.u16(message.frameBytes);
  writer.u16(message.type);
  message.encodeBody(writer);
}

/** The frame in a buffer of its own. */
export function encodeFrame(message: WireMessage): Uint8Array {
  const frame = new Uint8Array(message.frameBytes);
  writeFrame(message, new ByteWriter(frame));
  return frame;
}

export function frameBytesOf(bodyBytes: number): number {
  return FRAME_HEADER_BYTES + bodyBytes;
}
