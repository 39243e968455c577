import { Duplex } from "node:stream";

/**
 * One end of a stream inside the process, which behaves like a socket: what is written here is read
 * there, later and never from within the write; a write is done when the other end has room again.
 */
class MemoryDuplex extends Duplex {
  #other: MemoryDuplex | undefined;
  /** Ends the write at the other end that filled our read buffer. */
  #whenRead: (() => void) | undefined;

  constructor() {
    super({ allowHalfOpen: true });
  }

  static pair(): [MemoryDuplex, MemoryDuplex] {
    const one = new MemoryDuplex();
    const other = new MemoryDuplex();
    one.#other = other;
    other.#other = one;
    return [one, other];
  }

  override _read(): void {
    const whenRead = this.#whenRead;
    this.#whenRead = undefined;
    whenRead?.();
  }

  override _write(
    chunk: Buffer,
    _encoding: BufferEncoding,
    callback: (error?: Error | null) => void,
  ): void {
    process.nextTick(() => this.#deliver(chunk, callback));
  }

  /** What was written while the last write was under way arrives as one piece. */
  override _writev(chunks: { chunk: Buffer }[], callback: (error?: Error | null) => void): void {
    const joined = Buffer.concat(chunks.map(({ chunk }) => chunk));
    process.nextTick(() => this.#deliver(joined, callback));
  }

  override _final(callback: (error?: Error | null) => void): void {
    process.nextTick(() => {
      if (this.#other?.destroyed === false) this.#other.push(null);
      callback();
    });
  }

  override _destroy(error: Error | null, callback: (error?: Error | null) => void): void {
    const other = this.#other;
    this.#other = undefined;
    process.nextTick(() => other?.onOtherDestroyed());
    callback(error);
  }

  #deliver(chunk: Buffer, callback: (error?: Error | null) => void): void {
    const other = this.#other;
    if (other === undefined || other.destroyed) callback(new Error("the other end is gone"));
    else if (other.push(chunk)) callback();
    else other.#whenRead = callback;
  }

  /** As with a socket: the reader gets what arrived, then the end; the writer gets nothing any more. */
  protected onOtherDestroyed(): void {
    this.#other = undefined;
    if (this.destroyed) return;
    if (!this.readableEnded) this.push(null);
  }
}

/** Two connected ends. */
export function memoryDuplexPair(): [Duplex, Duplex] {
  return MemoryDuplex.pair();
}
