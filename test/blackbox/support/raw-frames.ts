/**
 * The bytes of the protocol once more, written from its clauses alone. These tests judge the daemon
 * from outside, so nothing here may come from its sources.
 */

/** [protocol §1.4] */
export const MessageNumber = {
  announce: 500,
  notify: 501,
  notification: 502,
  validation: 503,
  init: 504,
  verify: 505,
  ok: 506,
  peerAnnounce: 507,
} as const;

/** `size` and `type` [protocol §1.1]. */
const HEADER_BYTES = 4;
/** Largest data of 500 and 502 [protocol §1.4]. */
export const API_DATA_BYTES_MAX = 65_527;
/** Largest data of 507 [protocol §1.4]. */
export const PEER_DATA_BYTES_MAX = 65_523;

export interface RawFrame {
  readonly size: number;
  readonly type: number;
  /** All of it, header included. */
  readonly bytes: Buffer;
}

/** An item as it travels between peers. */
export interface WireItem {
  readonly messageId: number;
  readonly dataType: number;
  readonly ttl: number;
  /** 24 bits. */
  readonly reserved: number;
  readonly data: Buffer;
}

export interface Notification {
  readonly messageId: number;
  readonly dataType: number;
  readonly data: Buffer;
}

/** A header that may lie about its size. */
export function header(size: number, type: number): Buffer {
  const bytes = Buffer.alloc(HEADER_BYTES);
  bytes.writeUInt16BE(size, 0);
  bytes.writeUInt16BE(type, 2);
  return bytes;
}

export function frame(type: number, body: Uint8Array = Buffer.alloc(0)): Buffer {
  return Buffer.concat([header(HEADER_BYTES + body.length, type), body]);
}

export function announceFrame(
  dataType: number,
  data: Uint8Array,
  options: { readonly ttl?: number; readonly reserved?: number } = {},
): Buffer {
  const head = Buffer.alloc(4);
  head.writeUInt8(options.ttl ?? 0, 0);
  head.writeUInt8(options.reserved ?? 0, 1);
  head.writeUInt16BE(dataType, 2);
  return frame(MessageNumber.announce, Buffer.concat([head, data]));
}

export function notifyFrame(dataType: number, reserved: number = 0): Buffer {
  const body = Buffer.alloc(4);
  body.writeUInt16BE(reserved, 0);
  body.writeUInt16BE(dataType, 2);
  return frame(MessageNumber.notify, body);
}

/** `bits` are all 16 behind the id: V is the lowest, the others are reserved. */
export function validationFrame(messageId: number, bits: number): Buffer {
  const body = Buffer.alloc(4);
  body.writeUInt16BE(messageId, 0);
  body.writeUInt16BE(bits, 2);
  return frame(MessageNumber.validation, body);
}

export function initFrame(challenge: Uint8Array): Buffer {
  return frame(MessageNumber.init, challenge);
}

export function verifyFrame(nonce: Uint8Array): Buffer {
  return frame(MessageNumber.verify, nonce);
}

export function okFrame(): Buffer {
  return frame(MessageNumber.ok);
}

export function peerAnnounceFrame(item: WireItem): Buffer {
  const head = Buffer.alloc(8);
  head.writeUInt16BE(item.messageId, 0);
  head.writeUInt16BE(item.dataType, 2);
  head.writeUInt8(item.ttl, 4);
  head.writeUIntBE(item.reserved, 5, 3);
  return frame(MessageNumber.peerAnnounce, Buffer.concat([head, item.data]));
}

export function readWireItem(received: RawFrame): WireItem {
  if (received.type !== MessageNumber.peerAnnounce || received.size < 12) {
    throw new Error(`wanted a 507, got type ${received.type} with size ${received.size}`);
  }
  return {
    messageId: received.bytes.readUInt16BE(4),
    dataType: received.bytes.readUInt16BE(6),
    ttl: received.bytes.readUInt8(8),
    reserved: received.bytes.readUIntBE(9, 3),
    data: received.bytes.subarray(12),
  };
}

export function readNotification(received: RawFrame): Notification {
  if (received.type !== MessageNumber.notification || received.size < 8) {
    throw new Error(`wanted a 502, got type ${received.type} with size ${received.size}`);
  }
  return {
    messageId: received.bytes.readUInt16BE(4),
    dataType: received.bytes.readUInt16BE(6),
    data: received.bytes.subarray(8),
  };
}

/** Cuts a byte stream into frames, whatever the pieces it comes in. */
export class RawFrameCutter {
  #rest: Buffer = Buffer.alloc(0);

  /** Bytes of a frame that has begun. */
  get incompleteBytes(): number {
    return this.#rest.length;
  }

  push(piece: Buffer): RawFrame[] {
    this.#rest = this.#rest.length === 0 ? piece : Buffer.concat([this.#rest, piece]);
    const frames: RawFrame[] = [];
    while (this.#rest.length >= HEADER_BYTES) {
      const size = this.#rest.readUInt16BE(0);
      if (size < HEADER_BYTES) {
        throw new Error(`the daemon sent a frame of size ${size}`);
      }
      if (this.#rest.length < size) {
        break;
      }
      const bytes = this.#rest.subarray(0, size);
      frames.push({ size, type: bytes.readUInt16BE(2), bytes });
      this.#rest = this.#rest.subarray(size);
    }
    return frames;
  }
}
