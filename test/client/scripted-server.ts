import { createServer } from "node:net";
import type { AddressInfo, Server, Socket } from "node:net";
import type { Duplex } from "node:stream";

/** No wait in these tests is longer; on loopback it is a matter of milliseconds. */
const DEADLINE_MS = 10_000;

/** @throws Error naming `what` when it does not come in time. */
export async function within<T>(what: string, promise: Promise<T>): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const deadline = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error(`${what} did not come`)), DEADLINE_MS);
  });
  try {
    return await Promise.race([promise, deadline]);
  } finally {
    clearTimeout(timer);
  }
}

/** One client as the server sees it: raw bytes in hex, nothing of the library under test. */
export class ServerSide {
  readonly stream: Duplex;
  #received = "";
  #hasEnded = false;
  readonly #watchers = new Set<() => void>();

  constructor(stream: Duplex) {
    this.stream = stream;
    stream.on("data", (chunk: Buffer) => {
      this.#received += chunk.toString("hex");
      this.#wake();
    });
    stream.on("error", () => this.#onEnd());
    stream.on("end", () => this.#onEnd());
    stream.on("close", () => this.#onEnd());
  }

  /** Exactly the next bytes, as long as this hex string; the rest stays for the next call. */
  async receive(byteCount: number): Promise<string> {
    await this.#until(`${byteCount} bytes`, () => this.#received.length >= byteCount * 2);
    const taken = this.#received.slice(0, byteCount * 2);
    this.#received = this.#received.slice(byteCount * 2);
    return taken;
  }

  /** Everything up to the client's goodbye. */
  async receiveToEnd(): Promise<string> {
    await this.#until("the end", () => this.#hasEnded);
    return this.receive(this.#received.length / 2);
  }

  /** What arrived and was not taken. */
  get unread(): string {
    return this.#received;
  }

  send(hex: string): Promise<void> {
    return new Promise((resolve) => {
      this.stream.write(Buffer.from(hex, "hex"), () => resolve());
    });
  }

  #onEnd(): void {
    this.#hasEnded = true;
    this.#wake();
  }

  #wake(): void {
    for (const watcher of [...this.#watchers]) watcher();
  }

  #until(what: string, isSo: () => boolean): Promise<void> {
    return within(
      what,
      new Promise((resolve) => {
        const look = (): void => {
          if (!isSo()) return;
          this.#watchers.delete(look);
          resolve();
        };
        this.#watchers.add(look);
        look();
      }),
    );
  }
}

/** A server that does nothing by itself. */
export class ScriptedServer {
  readonly port: number;
  readonly #server: Server;
  readonly #sockets: Set<Socket>;
  readonly #accepted: ServerSide[];
  readonly #waiting: ((side: ServerSide) => void)[];

  private constructor(
    server: Server,
    sockets: Set<Socket>,
    accepted: ServerSide[],
    waiting: ((side: ServerSide) => void)[],
  ) {
    this.#server = server;
    this.#sockets = sockets;
    this.#accepted = accepted;
    this.#waiting = waiting;
    this.port = (server.address() as AddressInfo).port;
  }

  static async start(port = 0): Promise<ScriptedServer> {
    const sockets = new Set<Socket>();
    const accepted: ServerSide[] = [];
    const waiting: ((side: ServerSide) => void)[] = [];
    const server = createServer((socket) => {
      sockets.add(socket.setNoDelay(true));
      const side = new ServerSide(socket);
      const taker = waiting.shift();
      if (taker === undefined) accepted.push(side);
      else taker(side);
    });
    await new Promise<void>((resolve, reject) => {
      server.once("error", reject);
      server.listen(port, "127.0.0.1", resolve);
    });
    return new ScriptedServer(server, sockets, accepted, waiting);
  }

  get address(): string {
    return `127.0.0.1:${this.port}`;
  }

  /** The next client. */
  accept(): Promise<ServerSide> {
    const side = this.#accepted.shift();
    if (side !== undefined) return Promise.resolve(side);
    return within("a client", new Promise((resolve) => this.#waiting.push(resolve)));
  }

  /** Closes the port and resets every connection. */
  async stop(): Promise<void> {
    for (const socket of this.#sockets) socket.destroy();
    if (!this.#server.listening) return;
    await new Promise<void>((resolve) => this.#server.close(() => resolve()));
  }
}
