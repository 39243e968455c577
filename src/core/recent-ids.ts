const ID_COUNT = 65_536;
/** Up to here a set of numbers is smaller than a bit for every id. */
const FEW_MAX = 64;

/**
 * Which 16-bit message ids were seen lately, of any data type, in two generations that turn with the
 * seen cache [protocol §4.4]: a fresh id avoids them, so that peers which dedupe by id alone keep apart
 * what they can.
 */
export class RecentIds {
  #current = new IdSet();
  #previous = new IdSet();

  add(messageId: number): void {
    this.#current.add(messageId);
  }

  has(messageId: number): boolean {
    return this.#current.has(messageId) || this.#previous.has(messageId);
  }

  turn(): void {
    this.#previous = this.#current;
    this.#current = new IdSet();
  }
}

/** A set of ids, sparse until used: simulated nodes are many, and most see few. */
class IdSet {
  #few = new Set<number>();
  #bits: Uint8Array | undefined;

  add(id: number): void {
    if (this.#bits !== undefined) {
      mark(this.#bits, id);
    } else if (this.#few.size < FEW_MAX) {
      this.#few.add(id);
    } else {
      this.#bits = new Uint8Array(ID_COUNT / 8);
      for (const known of this.#few.add(id)) mark(this.#bits, known);
      this.#few = new Set();
    }
  }

  has(id: number): boolean {
    if (this.#bits === undefined) return this.#few.has(id);
    return (((this.#bits[id >>> 3] ?? 0) >>> (id & 7)) & 1) === 1;
  }
}

function mark(bits: Uint8Array, id: number): void {
  const at = id >>> 3;
  bits[at] = (bits[at] ?? 0) | (1 << (id & 7));
}
