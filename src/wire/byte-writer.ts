/**
 * Big-endian writes into a buffer of fixed length. Writing past the end is our own bug and throws:
 * every message knows its encoded size beforehand.
 */
export class ByteWriter {
  readonly #buffer: Uint8Array;
  #position: number;

  constructor(buffer: Uint8Array, position: number = 0) {
    this.#buffer = buffer;
    this.#position = position;
  }

  get position(): number {
    return this.#position;
  }

  u8(value: number): void {
    this.#buffer[this.#advance(1)] = value;
  }

  u16(value: number): void {
    const at = this.#advance(2);
    this.#buffer[at] = value >>> 8;
    this.#buffer[at + 1] = value;
  }

  u32(value: number): void {
    this.u16(value >>> 16);
    this.u16(value & 0xffff);
  }

  /** Reserved fields are sent as zero [protocol §1.1], whatever the buffer held before. */
  zeros(length: number): void {
    const at = this.#advance(length);
    // Two or three bytes: a call of `fill` costs more.
    for (let offset = 0; offset < length; offset++) this.#buffer[at + offset] = 0;
  }

  bytes(source: Uint8Array): void {
    this.#buffer.set(source, this.#advance(source.length));
  }

  #advance(length: number): number {
    const at = this.#position;
    if (at + length > this.#buffer.length) {
      throw new RangeError(`write of ${length} bytes with ${this.#buffer.length - at} left`);
    }
    this.#position = at + length;
    return at;
  }
}
