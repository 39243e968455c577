/**
 * The bytes of the protocol, written once more from its clauses: a kit that judges how others build
 * frames must not build its own with the code of one of the candidates.
 */

/** [protocol §1.4] */
export const Num = {
  announce: 500,
  notify: 501,
  notification: 502,
  validation: 503,
  init: 504,
  verify: 505,
  ok: 506,
  item: 507,
} as const;

/** Size and type [protocol §1.1]. */
export const HEADER_BYTES = 4;
/** Largest data of an item between peers: 65,535 less the 12 bytes before it [protocol §1.4]. */
export const ITEM_DATA_BYTES_MAX = 65_523;
/** Largest data at the API: 65,535 less the 8 bytes before it [protocol §1.4]. */
export const API_DATA_BYTES_MAX = 65_527;

/** One frame as it came, header included. */
export type Frame = Buffer;

/** An item between peers [protocol §1.4]; numbers in the width of their fields, `reserved` has 24 bits. */
export interface Item {
  readonly messageId: number;
  readonly dataType: number;
  readonly ttl: number;
  readonly reserved: number;
  readonly data: Buffer;
}

/** What a module is asked [protocol §2.3]. */
export interface Notification {
  readonly messageId: number;
  readonly dataType: number;
  readonly data: Buffer;
}

/** A header, which may lie about the size. */
export function header(size: number, type: number): Buffer {
  const bytes = Buffer.alloc(HEADER_BYTES);
  bytes.writeUInt16BE(size, 0);
  bytes.writeUInt16BE(type, 2);
  return bytes;
}

export const frame = (type: number, ...body: readonly Uint8Array[]): Frame => {
  const bytes = Buffer.concat(body);
  return Buffer.concat([header(HEADER_BYTES + bytes.length, type), bytes]);
};

const uint16 = (value: number): Buffer => Buffer.of(value >> 8, value & 0xff);

export const announce = (dataType: number, data: Uint8Array, ttl = 0, reserved = 0): Frame =>
  frame(Num.announce, Buffer.of(ttl, reserved), uint16(dataType), data);

export const notify = (dataType: number, reserved = 0): Frame =>
  frame(Num.notify, uint16(reserved), uint16(dataType));

/** `bits` are all 16 behind the id; V is the lowest [protocol §1.4]. */
export const validation = (messageId: number, bits: number): Frame =>
  frame(Num.validation, uint16(messageId), uint16(bits));

export const verify = (nonce: Uint8Array): Frame => frame(Num.verify, nonce);

export function item({ messageId, dataType, ttl, reserved, data }: Item): Frame {
  const hops = Buffer.of(ttl, reserved >> 16, (reserved >> 8) & 0xff, reserved & 0xff);
  return frame(Num.item, uint16(messageId), uint16(dataType), hops, data);
}

export const typeOf = (bytes: Frame): number => bytes.readUInt16BE(2);

/** Undefined for what is no notification. */
export function readNotification(bytes: Frame): Notification | undefined {
  if (typeOf(bytes) !== Num.notification || bytes.length < 8) return undefined;
  return {
    messageId: bytes.readUInt16BE(4),
    dataType: bytes.readUInt16BE(6),
    data: bytes.subarray(8),
  };
}

/** Undefined for what is no item. */
export function readItem(bytes: Frame): Item | undefined {
  if (typeOf(bytes) !== Num.item || bytes.length < 12) return undefined;
  return {
    messageId: bytes.readUInt16BE(4),
    dataType: bytes.readUInt16BE(6),
    ttl: bytes.readUInt8(8),
    reserved: bytes.readUIntBE(9, 3),
    data: bytes.subarray(12),
  };
}
