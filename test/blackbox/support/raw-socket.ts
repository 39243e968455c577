import assert from "node:assert/strict";
import { connect } from "node:net";
import type { Socket } from "node:net";

import { Mailbox, patienceMs, within } from "./patience.ts";
import { RawFrameCutter } from "./raw-frames.ts";
import type { RawFrame } from "./raw-frames.ts";

export interface SocketAddress {
  readonly host: string;
  readonly port: number;
}

/** How the daemon ended a connection: with FIN, or with a reset. */
export type Ending = "fin" | "reset";

export interface DialOptions {
  /** A loopback address to dial from, to act as another host. */
  readonly from?: string;
}

/** One TCP connection to the daemon: raw bytes out, whole frames in. */
export class RawSocket {
  readonly #socket: Socket;
  readonly #frames = new Mailbox<RawFrame>();
  readonly #cutter = new RawFrameCutter();
  readonly #ended: Promise<Ending>;
  #takeRead = (frames: readonly RawFrame[]): void => {
    for (const received of frames) {
      this.#frames.put(received);
    }
  };
  /** Frames that each read brought, to see what left the daemon as one write. */
  readonly framesPerRead: number[] = [];
  bytesRead = 0;

  constructor(socket: Socket) {
    this.#socket = socket;
    socket.setNoDelay(true);
    let ending: Ending = "reset";
    socket.on("data", (piece: Buffer) => {
      this.#onPiece(piece);
    });
    socket.on("end", () => {
      ending = "fin";
    });
    // A reset; "close" follows and says so to whoever waits.
    socket.on("error", () => undefined);
    this.#ended = new Promise((resolve) => {
      socket.on("close", () => {
        this.#frames.close(new Error(`the connection ended (${ending})`));
        resolve(ending);
      });
    });
  }

  static async dial(address: SocketAddress, options: DialOptions = {}): Promise<RawSocket> {
    const socket = connect({
      ...address,
      ...(options.from === undefined ? {} : { localAddress: options.from }),
    });
    await within(
      new Promise<void>((resolve, reject) => {
        socket.once("connect", resolve);
        socket.once("error", reject);
      }),
      `a connection to ${address.host}:${address.port}`,
    );
    return new RawSocket(socket);
  }

  #onPiece(piece: Buffer): void {
    this.bytesRead += piece.length;
    const frames = this.#cutter.push(piece);
    this.framesPerRead.push(frames.length);
    this.#takeRead(frames);
  }

  /** From now on frames go here as they come, and `next` has nothing to give. */
  consume(take: (received: RawFrame) => void): void {
    this.consumeReads((frames) => {
      frames.forEach(take);
    });
  }

  /** The same, with everything that one read brought. */
  consumeReads(take: (frames: readonly RawFrame[]) => void): void {
    this.#takeRead = take;
  }

  get isOpen(): boolean {
    return !this.#socket.destroyed;
  }

  get unread(): readonly RawFrame[] {
    return this.#frames.unread;
  }

  send(bytes: Uint8Array): void {
    this.#socket.write(bytes);
  }

  /** Resolves when the kernel has taken everything written so far. */
  async flushed(what: string = "the daemon to take what was sent"): Promise<void> {
    if (this.#socket.writableLength === 0) {
      return;
    }
    await within(
      new Promise<void>((resolve) => {
        this.#socket.write(Buffer.alloc(0), () => {
          resolve();
        });
      }),
      what,
    );
  }

  async next(what: string): Promise<RawFrame> {
    return this.#frames.next(what);
  }

  /** The daemon closes, having sent nothing that was not read before. */
  async expectClosed(what: string, limitMs: number = patienceMs): Promise<Ending> {
    const ending = await within(this.#ended, `the daemon to close: ${what}`, limitMs);
    assert.deepEqual(
      this.unread.map(({ type }) => type),
      [],
      `frames before the close: ${what}`,
    );
    assert.equal(this.#cutter.incompleteBytes, 0, `half a frame before the close: ${what}`);
    return ending;
  }

  /** The end, however much came before it. */
  async ending(what: string, limitMs: number = patienceMs): Promise<Ending> {
    return within(this.#ended, what, limitMs);
  }

  stopReading(): void {
    this.#socket.pause();
  }

  goOnReading(): void {
    this.#socket.resume();
  }

  /** FIN behind the last byte. */
  finish(): void {
    this.#socket.end();
  }

  reset(): void {
    this.#socket.resetAndDestroy();
  }

  destroy(): void {
    this.#socket.destroy();
  }
}
