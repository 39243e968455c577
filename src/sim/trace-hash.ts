/**
 * A running 64-bit fingerprint of everything that happened, in order: two lanes of MurmurHash3 steps
 * with different constants. It tells apart runs that differ by accident, in 2^64 - 1 of 2^64 cases; it
 * is no defence against somebody who wants two runs to look the same.
 */
export class TraceHash {
  #high = 0x243f6a88;
  #low = 0x85a308d3 | 0;
  #records = 0;

  /** One word of a record; of larger numbers the low 32 bits count. */
  add(word: number): void {
    const mixed = Math.imul(word | 0, 0xcc9e2d51);
    const high = this.#high ^ Math.imul((mixed << 15) | (mixed >>> 17), 0x1b873593);
    this.#high = (Math.imul((high << 13) | (high >>> 19), 5) + 0xe6546b64) | 0;
    const low = Math.imul(this.#low ^ (word | 0), 0x01000193) ^ this.#high;
    this.#low = Math.imul((low << 7) | (low >>> 25), 0x9e3779b1);
  }

  /** Begins a record, so that no two sequences of records read alike. */
  begin(kind: number, node: number, at: number): void {
    this.#records++;
    this.add((this.#records << 6) ^ kind);
    this.add(node);
    this.add(at);
  }

  addBytes(bytes: Uint8Array): void {
    this.add(bytes.length);
    for (let at = 0; at < bytes.length; at += 4) {
      const word = (bytes[at] ?? 0) | ((bytes[at + 1] ?? 0) << 8) | ((bytes[at + 2] ?? 0) << 16);
      this.add(word | ((bytes[at + 3] ?? 0) << 24));
    }
  }

  get records(): number {
    return this.#records;
  }

  /** 16 hexadecimal digits. */
  digest(): string {
    return [this.#high, this.#low]
      .map((word) => (word >>> 0).toString(16).padStart(8, "0"))
      .join("");
  }
}
