import { createServer } from "node:net";
import type { Server, ServerOpts, Socket } from "node:net";
import type { PeerAddress } from "../core/ports.ts";
import { formatAddress } from "./address.ts";
import { listenError } from "./gossip-error.ts";
import type { ListeningSocket } from "./gossip-error.ts";
import { remoteAddressOf } from "./remote-address.ts";

export interface TcpListenerOptions {
  /** The configuration key that says where to listen. */
  readonly socket: ListeningSocket;
  readonly server: ServerOpts;
  onSocket(socket: Socket, remote: PeerAddress): void;
  /** The system refuses to hand out a connection (most often: too many open files). */
  onAcceptFailed(socket: ListeningSocket, reason: string): void;
}

/** A listening TCP socket that survives whatever goes wrong with single connections. */
export class TcpListener {
  readonly #options: TcpListenerOptions;
  readonly #server: Server;
  #accepting: "well" | "failing" = "well";

  constructor(options: TcpListenerOptions) {
    this.#options = options;
    // The end of the other side is ours to answer: frames that came with it are executed first.
    this.#server = createServer({ ...options.server, allowHalfOpen: true });
    this.#server.on("connection", (socket: Socket) => this.#onSocket(socket));
  }

  /** @throws ListenError when the address cannot be bound. */
  async listen(address: PeerAddress): Promise<void> {
    await new Promise<void>((resolve, reject) => {
      const onError = (error: NodeJS.ErrnoException): void => {
        reject(listenError(this.#options.socket, formatAddress(address), error));
      };
      this.#server.once("error", onError);
      this.#server.listen({ host: address.host, port: address.port }, () => {
        this.#server.off("error", onError);
        this.#server.on("error", (error) => this.#onAcceptError(error));
        resolve();
      });
    });
  }

  /** Where it really listens: the port is known even if 0 was asked for. */
  get address(): PeerAddress | undefined {
    const address = this.#server.address();
    if (address === null || typeof address === "string") return undefined;
    return { host: address.address, port: address.port };
  }

  /** Accepts nothing more; resolves when all connections it accepted are closed too. */
  async close(): Promise<void> {
    if (!this.#server.listening) return;
    await new Promise<void>((resolve) => this.#server.close(() => resolve()));
  }

  #onSocket(socket: Socket): void {
    this.#accepting = "well";
    const remote = remoteAddressOf(socket);
    // The other end was gone before we came to accept it.
    if (remote === undefined) socket.destroy();
    else this.#options.onSocket(socket, remote);
  }

  /** Once per episode: a node without free descriptors would log every single attempt. */
  #onAcceptError(error: NodeJS.ErrnoException): void {
    if (this.#accepting === "failing") return;
    this.#accepting = "failing";
    this.#options.onAcceptFailed(this.#options.socket, error.code ?? error.message);
  }
}
