import { ByteReader } from "./byte-reader.ts";
import { FRAME_BYTES_MAX, FRAME_HEADER_BYTES, FRAME_SIZES, isMessageType } from "./message-type.ts";
import type { MessageType } from "./message-type.ts";
import type { WireFault } from "./wire-fault.ts";

/** One complete frame; `body` reads from the chunk it arrived in, so consume it before the next read. */
export interface Frame {
  readonly kind: "frame";
  readonly type: MessageType;
  readonly frameBytes: number;
  readonly body: ByteReader;
}

export interface FaultyFrame {
  readonly kind: "fault";
  readonly fault: WireFault;
}

/** Which types are legal right now, by socket, direction and state [protocol §1.3]. */
export type TypeFilter = (type: MessageType) => boolean;

/** Judges a frame by its header alone, before any of its body is buffered [protocol §1.3]. */
function judgeHeader(size: number, type: number, isExpected: TypeFilter): WireFault | undefined {
  if (size < FRAME_HEADER_BYTES) return { kind: "sizeBelowHeader", size };
  if (!isMessageType(type)) return { kind: "unknownType", type, size };
  if (!isExpected(type)) return { kind: "unexpectedType", type, size };
  const range = FRAME_SIZES[type];
  if (size < range.min || size > range.max) return { kind: "wrongSize", type, size };
  return undefined;
}

/**
 * Cuts a byte stream into frames, with the same result for every way of splitting the stream
 * [protocol §1.2]. Holds at most the current chunk and one incomplete frame. After a fault the reader
 * is dead: it yields nothing more, because the position of the next frame is unknown.
 *
 * The header of the next frame is judged only when `next` asks for it, so that the answer to the
 * previous frame (which may change what is legal) comes first.
 */
export class FrameReader {
  #chunk: Uint8Array = EMPTY;
  #position = 0;
  /** The incomplete frame carried over from earlier chunks; its first bytes lie here. */
  #partial: Uint8Array = EMPTY;
  #partialLength = 0;
  #isDead = false;

  /** Bytes that arrived and belong to no frame handed out so far. */
  get bufferedBytes(): number {
    return this.#partialLength + this.#chunk.length - this.#position;
  }

  /**
   * Takes the next chunk. Call it only after `next` returned undefined: a chunk that still holds whole
   * frames is not replaced. A dead reader keeps nothing of it.
   *
   * @throws Error when the previous chunk was not drained.
   */
  push(chunk: Uint8Array): void {
    if (this.#isDead) return;
    if (this.#position < this.#chunk.length) {
      throw new Error("the previous chunk still holds unread bytes");
    }
    this.#chunk = chunk;
    this.#position = 0;
  }

  /** The next whole frame, a fault, or undefined when more bytes are needed. */
  next(isExpected: TypeFilter): Frame | FaultyFrame | undefined {
    if (this.#isDead) return undefined;
    return this.#partialLength > 0
      ? this.#completePartial(isExpected)
      : this.#fromChunk(isExpected);
  }

  #fromChunk(isExpected: TypeFilter): Frame | FaultyFrame | undefined {
    const available = this.#chunk.length - this.#position;
    if (available < FRAME_HEADER_BYTES) {
      this.#carryOver(FRAME_HEADER_BYTES, available);
      return undefined;
    }
    const size = u16At(this.#chunk, this.#position);
    const type = u16At(this.#chunk, this.#position + 2);
    const fault = judgeHeader(size, type, isExpected);
    if (fault !== undefined) return this.#die(fault);
    if (available < size) {
      this.#carryOver(size, available);
      return undefined;
    }
    const start = this.#position;
    this.#position += size;
    return frameOf(type as MessageType, this.#chunk, start, size);
  }

  /** Sets the incomplete rest of the chunk aside in a buffer of the frame's final size. */
  #carryOver(frameBytes: number, available: number): void {
    if (available === 0) {
      this.#dropChunk();
      return;
    }
    this.#partial = new Uint8Array(frameBytes);
    this.#partial.set(this.#chunk.subarray(this.#position));
    this.#partialLength = available;
    this.#dropChunk();
  }

  #completePartial(isExpected: TypeFilter): Frame | FaultyFrame | undefined {
    if (this.#partialLength < FRAME_HEADER_BYTES) {
      this.#fill(FRAME_HEADER_BYTES);
      if (this.#partialLength < FRAME_HEADER_BYTES) return undefined;
    }
    const size = u16At(this.#partial, 0);
    const type = u16At(this.#partial, 2);
    const fault = judgeHeader(size, type, isExpected);
    if (fault !== undefined) return this.#die(fault);
    if (this.#partial.length < size) {
      const grown = new Uint8Array(size);
      grown.set(this.#partial);
      this.#partial = grown;
    }
    this.#fill(size);
    if (this.#partialLength < size) return undefined;
    const whole = this.#partial;
    this.#partial = EMPTY;
    this.#partialLength = 0;
    return frameOf(type as MessageType, whole, 0, size);
  }

  /** Moves bytes from the chunk until the partial frame holds `target` bytes or the chunk is empty. */
  #fill(target: number): void {
    const wanted = Math.min(target - this.#partialLength, this.#chunk.length - this.#position);
    if (wanted <= 0) return;
    const end = this.#position + wanted;
    this.#partial.set(this.#chunk.subarray(this.#position, end), this.#partialLength);
    this.#partialLength += wanted;
    this.#position = end;
    if (end === this.#chunk.length) this.#dropChunk();
  }

  #die(fault: WireFault): FaultyFrame {
    this.#isDead = true;
    this.#partial = EMPTY;
    this.#partialLength = 0;
    this.#dropChunk();
    return { kind: "fault", fault };
  }

  /** Lets go of the chunk, which may pin a much larger read buffer. */
  #dropChunk(): void {
    this.#chunk = EMPTY;
    this.#position = 0;
  }
}

const EMPTY = new Uint8Array(0);

function u16At(buffer: Uint8Array, index: number): number {
  return ((buffer[index] ?? 0) << 8) | (buffer[index + 1] ?? 0);
}

function frameOf(type: MessageType, buffer: Uint8Array, start: number, size: number): Frame {
  return {
    kind: "frame",
    type,
    frameBytes: size,
    body: new ByteReader(buffer, start + FRAME_HEADER_BYTES, start + size),
  };
}

/** The most a reader can hold beside the chunk it was last given [protocol §1.2]. */
export const PARTIAL_FRAME_BYTES_MAX: number = FRAME_BYTES_MAX;
