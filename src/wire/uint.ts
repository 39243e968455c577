/**
 * Refuses a field that does not fit its place on the wire. Only our own code can cause this (whatever
 * arrives from outside has the right width by construction), so it throws.
 *
 * @throws RangeError naming the field, the value and the range.
 */
export function requireUint(value: number, max: number, field: string): number {
  if (!Number.isInteger(value) || value < 0 || value > max) {
    throw new RangeError(`${field} must be a whole number from 0 to ${max}, got ${value}`);
  }
  return value;
}

/** @throws RangeError when `bytes` has not exactly `length` bytes. */
export function requireLength(bytes: Uint8Array, length: number, field: string): Uint8Array {
  if (bytes.length !== length) {
    throw new RangeError(`${field} must be ${length} bytes long, got ${bytes.length}`);
  }
  return bytes;
}

/** @throws RangeError when `bytes` has more than `max` bytes. */
export function requireLengthAtMost(bytes: Uint8Array, max: number, field: string): Uint8Array {
  if (bytes.length > max) {
    throw new RangeError(`${field} must be at most ${max} bytes long, got ${bytes.length}`);
  }
  return bytes;
}

export const UINT8_MAX = 0xff;
export const UINT16_MAX = 0xffff;
export const UINT32_MAX = 0xffff_ffff;
