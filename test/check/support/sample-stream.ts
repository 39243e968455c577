import type { Socket } from "node:net";
import type { Fault } from "./faults.ts";

export interface SampleOwner {
  /** Whether a message with this header is legal now. */
  judge(size: number, type: number): boolean;
  take(type: number, body: Buffer): void;
}

const UNFINISHED_MS = 10_000;

/** Cuts what a socket brings into messages, with one mistake if one is planted. */
export class SampleStream {
  readonly #socket: Socket;
  readonly #fault: Fault | undefined;
  readonly #owner: SampleOwner;
  readonly #onMalformed: () => void;
  #rest: Buffer = Buffer.alloc(0);
  #deadline: NodeJS.Timeout | undefined;

  constructor(
    socket: Socket,
    fault: Fault | undefined,
    owner: SampleOwner,
    onMalformed: () => void,
  ) {
    this.#socket = socket;
    this.#fault = fault;
    this.#owner = owner;
    this.#onMalformed = onMalformed;
    socket.on("error", () => undefined);
    socket.on("data", (bytes) => {
      this.#onBytes(bytes);
    });
    socket.on("end", () => {
      if (fault === "forgetsAtEnd") this.#rest = Buffer.alloc(0);
    });
    socket.on("close", () => {
      clearTimeout(this.#deadline);
    });
  }

  write(bytes: Buffer): void {
    if (this.#socket.destroyed) return;
    if (this.#fault === "twoWrites" && bytes.length > 8) {
      this.#socket.write(bytes.subarray(0, 8));
      setTimeout(() => this.#socket.write(bytes.subarray(8)), 5).unref();
    } else {
      this.#socket.write(bytes);
    }
  }

  close(): void {
    this.#socket.destroy();
  }

  /** What has come and was not looked at yet. */
  forget(): void {
    this.#rest = Buffer.alloc(0);
  }

  #onBytes(bytes: Buffer): void {
    if (this.#fault === "forgetsAtEnd") {
      // Carried out later, unless the connection is over by then.
      setTimeout(() => {
        if (!this.#socket.readableEnded) this.#read(bytes);
      }, 20).unref();
    } else {
      this.#read(bytes);
    }
  }

  #read(bytes: Buffer): void {
    const isFresh = this.#fault === "shortRead";
    this.#rest = isFresh ? bytes : Buffer.concat([this.#rest, bytes]);
    while (this.#readOne()) {
      if (this.#fault === "losesSecond" || isFresh) this.forget();
    }
    clearTimeout(this.#deadline);
    if (this.#rest.length > 0 && this.#fault !== "waitsForEver") {
      this.#deadline = setTimeout(() => this.close(), UNFINISHED_MS).unref();
    }
  }

  #readOne(): boolean {
    if (this.#rest.length < 4) return false;
    const [size, type] = [this.#rest.readUInt16BE(0), this.#rest.readUInt16BE(2)];
    if (size < 4 && this.#fault === "waitsForSmallSizes") return false;
    if (this.#fault === "judgesBody" && this.#rest.length < size) return false;
    if (size < 4 || !this.#owner.judge(size, type)) {
      this.#refuse();
      return false;
    }
    if (this.#rest.length < size) return false;
    const body = this.#rest.subarray(4, size);
    this.#rest = this.#rest.subarray(size);
    this.#owner.take(type, body);
    return true;
  }

  #refuse(): void {
    if (this.#fault === "answersText") this.#socket.end("400 invalid message\n");
    else this.close();
    this.forget();
    this.#onMalformed();
  }
}
