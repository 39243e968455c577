/**
 * Big-endian reads from a range of a buffer. Reading past the end is our own bug (the size of a frame
 * is judged against its type before a byte of the body is read), so it throws.
 */
export class ByteReader {
  readonly #buffer: Uint8Array;
  readonly #end: number;
  #position: number;

  constructor(buffer: Uint8Array, start: number, end: number) {
    this.#buffer = buffer;
    this.#position = start;
    this.#end = end;
  }

  get remaining(): number {
    return this.#end - this.#position;
  }

  u8(): number {
    return this.#byteAt(this.#advance(1));
  }

  u16(): number {
    const at = this.#advance(2);
    return (this.#byteAt(at) << 8) | this.#byteAt(at + 1);
  }

  u32(): number {
    return this.u16() * 0x1_0000 + this.u16();
  }

  /** Reserved fields are never looked at [protocol §1.1]. */
  skip(length: number): void {
    this.#advance(length);
  }

  /**
   * A view, not a copy: it shares memory with the chunk that was read. Made by hand, because `subarray` of
   * a Node `Buffer` takes twice as long and makes another `Buffer`.
   */
  view(length: number): Uint8Array {
    const at = this.#advance(length);
    const { buffer, byteOffset } = this.#buffer;
    return new Uint8Array(buffer, byteOffset + at, length);
  }

  rest(): Uint8Array {
    return this.view(this.remaining);
  }

  #advance(length: number): number {
    const at = this.#position;
    if (at + length > this.#end) {
      throw new RangeError(`read of ${length} bytes with ${this.#end - at} left`);
    }
    this.#position = at + length;
    return at;
  }

  #byteAt(index: number): number {
    return this.#buffer[index] ?? 0;
  }
}
