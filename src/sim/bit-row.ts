/** A set of small whole numbers, one bit each; grows as needed. */
export class BitRow {
  #bytes: Uint8Array = new Uint8Array(8);

  has(bit: number): boolean {
    return (((this.#bytes[bit >>> 3] ?? 0) >>> (bit & 7)) & 1) === 1;
  }

  delete(bit: number): void {
    const at = bit >>> 3;
    if (this.has(bit)) this.#bytes[at] = (this.#bytes[at] ?? 0) & ~(1 << (bit & 7));
  }

  /** Whether it was not there before. */
  add(bit: number): boolean {
    if (this.has(bit)) return false;
    const at = bit >>> 3;
    if (at >= this.#bytes.length) {
      const grown = new Uint8Array(Math.max(at + 1, this.#bytes.length * 2));
      grown.set(this.#bytes);
      this.#bytes = grown;
    }
    this.#bytes[at] = (this.#bytes[at] ?? 0) | (1 << (bit & 7));
    return true;
  }
}
