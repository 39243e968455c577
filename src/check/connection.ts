import { connect, type Socket } from "node:net";
import { HEADER_BYTES, type Frame } from "./frames.ts";
import { Mismatch, shownBytes } from "./mismatch.ts";
import type { Address } from "./settings.ts";

/** More unread bytes than any case provokes: whoever sends them floods us. */
const UNREAD_BYTES_MAX = 32 * 1_048_576;

type State = "open" | "finished" | "reset" | "flooded";

/** A TCP connection to the module under test: raw bytes out, frames in. */
export class Connection {
  readonly #socket: Socket;
  readonly #patienceMs: number;
  readonly #waiting = new Set<() => void>();
  readonly #frames: Frame[] = [];
  #rest: Buffer = Buffer.alloc(0);
  #unreadBytes = 0;
  #state: State = "open";
  /** Most frames that one read brought, and reads that ended inside a frame. */
  mostFramesInARead = 0;
  partialReads = 0;
  /** Frames for which this is false are not kept. */
  keeps: (frame: Frame) => boolean = () => true;

  private constructor(socket: Socket, patienceMs: number) {
    this.#socket = socket;
    this.#patienceMs = patienceMs;
    socket.setNoDelay(true);
    socket.on("data", (bytes) => {
      this.#take(bytes);
    });
    socket.on("end", () => {
      this.#become("finished");
    });
    socket.on("error", () => {
      this.#become("reset");
    });
    socket.on("close", () => {
      this.#become("reset");
    });
  }

  /** @throws Mismatch `unreachable` */
  static open(address: Address, patienceMs: number): Promise<Connection> {
    return new Promise((resolve, reject) => {
      const socket = connect(address);
      const where = `${address.host}:${address.port}`;
      const fail = (seen: string): void => {
        clearTimeout(timer);
        socket.destroy();
        reject(new Mismatch("unreachable", `a connection to ${where}`, seen));
      };
      const timer = setTimeout(() => {
        fail(`nothing within ${patienceMs} ms`);
      }, patienceMs);
      socket.once("error", (error: NodeJS.ErrnoException) => {
        fail(error.code ?? error.message);
      });
      socket.once("connect", () => {
        clearTimeout(timer);
        socket.removeAllListeners("error");
        resolve(new Connection(socket, patienceMs));
      });
    });
  }

  get isOpen(): boolean {
    return this.#state === "open";
  }

  send(bytes: Uint8Array): void {
    if (this.isOpen) this.#socket.write(bytes);
  }

  /** FIN behind the last byte. */
  finish(): void {
    this.#socket.end();
  }

  reset(): void {
    this.#socket.resetAndDestroy();
  }

  close(): void {
    this.#socket.destroy();
  }

  stopReading(): void {
    this.#socket.pause();
  }

  goOnReading(): void {
    this.#socket.resume();
  }

  /** Forgets what came and was not asked for. */
  clear(): void {
    this.#frames.length = 0;
    this.#unreadBytes = 0;
  }

  /**
   * The first kept frame that is wanted, as soon as it is there.
   * @throws Mismatch `closed`, `silent`, or `unexpected` for a flood
   */
  async next(expected: string, isWanted: (frame: Frame) => boolean = () => true): Promise<Frame> {
    const look = (): number | undefined => {
      const at = this.#frames.findIndex(isWanted);
      return at >= 0 || !this.isOpen ? at : undefined;
    };
    const at = (await this.#until(look, this.#patienceMs)) ?? -1;
    const [found] = at >= 0 ? this.#frames.splice(at, 1) : [];
    if (found !== undefined) {
      this.#unreadBytes -= found.length;
      return found;
    }
    throw new Mismatch(this.isOpen ? "silent" : this.#endKind(), expected, this.#seen());
  }

  /**
   * The module hangs up, and has sent nothing that nobody asked for.
   * @throws Mismatch `stillOpen` or `unexpected`
   */
  async expectClosed(patienceMs: number = this.#patienceMs): Promise<void> {
    const expected = "the connection is closed without a word";
    await this.#until(() => (this.isOpen ? undefined : true), patienceMs);
    if (this.isOpen) throw new Mismatch("stillOpen", expected, this.#seen());
    if (this.#unread().length > 0) throw new Mismatch("unexpected", expected, this.#seen());
  }

  /**
   * Nothing of this kind comes within `graceMs`, and nothing did.
   * @throws Mismatch `unexpected`
   */
  async expectNone(
    expected: string,
    graceMs: number,
    isUnwanted: (frame: Frame) => boolean = () => true,
  ): Promise<void> {
    const came = await this.#until(() => this.#frames.find(isUnwanted), graceMs);
    if (came !== undefined) throw new Mismatch("unexpected", expected, shownBytes(came));
  }

  /**
   * The connection has lived through it.
   * @throws Mismatch `closed` or `unexpected`
   */
  async expectOpen(expected: string, graceMs: number): Promise<void> {
    await this.#until(() => (this.isOpen ? undefined : true), graceMs);
    if (!this.isOpen) throw new Mismatch(this.#endKind(), expected, this.#seen());
  }

  #endKind(): "closed" | "unexpected" {
    return this.#state === "flooded" ? "unexpected" : "closed";
  }

  #unread(): Buffer {
    return Buffer.concat([...this.#frames, this.#rest]);
  }

  #seen(): string {
    const bytes = shownBytes(this.#unread());
    if (this.#state === "flooded") return `a flood of over ${UNREAD_BYTES_MAX} bytes`;
    return this.isOpen
      ? `${bytes} within ${this.#patienceMs} ms, and the connection open`
      : `${bytes}, and the connection closed`;
  }

  #take(bytes: Buffer): void {
    this.#rest = this.#rest.length === 0 ? bytes : Buffer.concat([this.#rest, bytes]);
    let complete = 0;
    for (let size = this.#frameSize(); size !== undefined; size = this.#frameSize()) {
      const frame = this.#rest.subarray(0, size);
      this.#rest = this.#rest.subarray(size);
      complete++;
      if (!this.keeps(frame)) continue;
      this.#frames.push(frame);
      this.#unreadBytes += size;
    }
    this.mostFramesInARead = Math.max(this.mostFramesInARead, complete);
    if (this.#rest.length > 0) this.partialReads++;
    if (this.#unreadBytes + this.#rest.length > UNREAD_BYTES_MAX) {
      this.#become("flooded");
      this.close();
    }
    this.#wake();
  }

  /** Of the first frame, once it is whole. What cannot be a frame stays, and is shown when it is missed. */
  #frameSize(): number | undefined {
    if (this.#rest.length < HEADER_BYTES) return undefined;
    const size = this.#rest.readUInt16BE(0);
    return size >= HEADER_BYTES && this.#rest.length >= size ? size : undefined;
  }

  #become(state: State): void {
    if (this.#state === "open") this.#state = state;
    this.#wake();
  }

  #wake(): void {
    for (const look of this.#waiting) look();
  }

  /** What `look` finds, looking again whenever something has happened; undefined when time is up. */
  #until<T>(look: () => T | undefined, patienceMs: number): Promise<T | undefined> {
    return new Promise((resolve) => {
      const end = (found: T | undefined): void => {
        clearTimeout(timer);
        this.#waiting.delete(again);
        resolve(found);
      };
      const again = (): void => {
        const found = look();
        if (found !== undefined) end(found);
      };
      const timer = setTimeout(() => {
        end(undefined);
      }, patienceMs);
      this.#waiting.add(again);
      again();
    });
  }
}
