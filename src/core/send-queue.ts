import { Fifo } from "./fifo.ts";
import type { OutgoingFrame } from "./outgoing-frame.ts";

/** One write is at most this large, so that progress of a slow link shows, in bytes. A guess. */
const WRITE_BYTES_MAX = 131_072;
/** More unsent control bytes than this close the link [protocol §4.11]. */
const CONTROL_BYTES_MAX = 65_536;

export interface SendQueueLimits {
  readonly bytesMax: number;
  readonly framesMax: number;
}

/** How much more a queue may hold. */
export interface QueueRoom {
  readonly bytes: number;
  readonly frames: number;
}

/**
 * What is on its way to one link: at most one write at the socket, and behind it two lanes, of which
 * control goes first and payload gives way: when the bounds are exceeded at the end of a tick, the
 * oldest payloads are dropped [protocol §4.11].
 */
export class SendQueue {
  readonly #limits: SendQueueLimits;
  readonly #control = new Fifo<OutgoingFrame>();
  readonly #payload = new Fifo<OutgoingFrame>();
  #controlBytes = 0;
  #waitingBytes = 0;
  #writtenBytes = 0;
  #writtenFrames = 0;

  constructor(limits: SendQueueLimits) {
    this.#limits = limits;
  }

  /** Bytes and frames that the socket has not taken. */
  get bytes(): number {
    return this.#waitingBytes + this.#writtenBytes;
  }

  get frames(): number {
    return this.#control.length + this.#payload.length + this.#writtenFrames;
  }

  /** Whether a write is at the socket. */
  get isBusy(): boolean {
    return this.#writtenFrames > 0;
  }

  get isWaiting(): boolean {
    return this.#control.length + this.#payload.length > 0;
  }

  get isOverHalf(): boolean {
    const { bytes, frames } = this.roomInHalf;
    return bytes < 0 || frames < 0;
  }

  /** What may come before it is over half full. */
  get roomInHalf(): QueueRoom {
    const { bytesMax, framesMax } = this.#limits;
    return { bytes: bytesMax / 2 - this.bytes, frames: framesMax / 2 - this.frames };
  }

  /** Whether one more frame leaves half of the queue free; the first frame always finds room. */
  hasRoomInHalf(frameBytes: number): boolean {
    if (this.frames === 0) return true;
    const { bytes, frames } = this.roomInHalf;
    return frameBytes <= bytes && frames >= 1;
  }

  get isControlOverflowing(): boolean {
    return this.#controlBytes > CONTROL_BYTES_MAX;
  }

  push(frame: OutgoingFrame): void {
    this.#waitingBytes += frame.frameBytes;
    if (frame.lane === "control") {
      this.#controlBytes += frame.frameBytes;
      this.#control.push(frame);
    } else {
      this.#payload.push(frame);
    }
  }

  /** The same for payloads, of that many bytes together. */
  pushPayloads(frames: readonly OutgoingFrame[], bytes: number): void {
    this.#waitingBytes += bytes;
    this.#payload.pushAll(frames);
  }

  /** Takes the frames of the next write. At least one, if any waits. */
  takeWrite(): OutgoingFrame[] {
    if (this.#waitingBytes <= WRITE_BYTES_MAX) return this.#takeAll();
    const frames: OutgoingFrame[] = [];
    let bytes = 0;
    for (let next = this.#peek(); next !== undefined; next = this.#peek()) {
      if (frames.length > 0 && bytes + next.frameBytes > WRITE_BYTES_MAX) break;
      bytes += next.frameBytes;
      frames.push(next);
      this.#shift();
    }
    this.#writtenBytes += bytes;
    this.#writtenFrames += frames.length;
    return frames;
  }

  /** The same for all that waits, which is the usual case: no frame is looked at. */
  #takeAll(): OutgoingFrame[] {
    const payload = this.#payload.takeAll();
    const frames = this.#control.length === 0 ? payload : [...this.#control.takeAll(), ...payload];
    this.#writtenBytes += this.#waitingBytes;
    this.#writtenFrames += frames.length;
    this.#waitingBytes = 0;
    this.#controlBytes = 0;
    return frames;
  }

  /** The socket has taken the write. */
  drained(): void {
    this.#writtenBytes = 0;
    this.#writtenFrames = 0;
  }

  /** Drops the oldest payloads until the bounds hold again. Returns how many. */
  trim(): number {
    let dropped = 0;
    while (this.bytes > this.#limits.bytesMax || this.frames > this.#limits.framesMax) {
      const oldest = this.#payload.shift();
      if (oldest === undefined) break;
      this.#waitingBytes -= oldest.frameBytes;
      dropped++;
    }
    return dropped;
  }

  #peek(): OutgoingFrame | undefined {
    return this.#control.peek() ?? this.#payload.peek();
  }

  #shift(): void {
    const control = this.#control.shift();
    const frame = control ?? this.#payload.shift();
    if (control !== undefined) this.#controlBytes -= control.frameBytes;
    this.#waitingBytes -= frame?.frameBytes ?? 0;
  }
}
