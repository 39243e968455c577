const ID_COUNT = 65_536;

/**
 * Which 16-bit message ids were seen lately, of any data type, in two generations that turn with the
 * seen cache [protocol §4.4]: a fresh id avoids them, so that peers which dedupe by id alone keep apart
 * what they can.
 */
export class RecentIds {
  #current: Uint8Array = new Uint8Array(ID_COUNT / 8);
  #previous: Uint8Array = new Uint8Array(ID_COUNT / 8);

  add(messageId: number): void {
    const at = messageId >>> 3;
    this.#current[at] = (this.#current[at] ?? 0) | (1 << (messageId & 7));
  }

  has(messageId: number): boolean {
    const byte = (this.#current[messageId >>> 3] ?? 0) | (this.#previous[messageId >>> 3] ?? 0);
    return ((byte >>> (messageId & 7)) & 1) === 1;
  }

  turn(): void {
    const oldest = this.#previous;
    this.#previous = this.#current;
    this.#current = oldest.fill(0);
  }
}
