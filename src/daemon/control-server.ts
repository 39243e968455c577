import { chmodSync, rmSync } from "node:fs";
import type { Server as HttpServer } from "node:http";
import { createServer } from "node:net";
import type { Server, Socket } from "node:net";
import type { Pages } from "../monitor/read-only-http.ts";

export const CONTROL_SOCKET = "control.sock";

/** What a Unix socket's address holds beside the final NUL: 107 bytes on Linux, 103 on macOS (unix(7)). */
const PATH_BYTES_MAX = process.platform === "linux" ? 107 : 103;
/** A handful of people and scripts look at one daemon. A guess. */
const CONNECTIONS_MAX = 16;
export type ControlStart =
  { readonly kind: "listening" } | { readonly kind: "unavailable"; readonly reason: string };

/**
 * Serves the state of the daemon, read-only, to whoever may open its folder [protocol §5.2]. Most daemons are
 * never looked at: HTTP is loaded for the first visitor.
 */
export class ControlServer {
  readonly #path: string;
  readonly #pages: Pages;
  readonly #listener: Server;
  #http: Promise<HttpServer> | undefined;

  constructor(path: string, pages: Pages) {
    this.#path = path;
    this.#pages = pages;
    this.#listener = createServer((socket) => void this.#serve(socket));
    this.#listener.maxConnections = CONNECTIONS_MAX;
  }

  /** Never fails: a daemon without this socket does everything else. */
  async listen(): Promise<ControlStart> {
    const bytes = Buffer.byteLength(this.#path);
    if (bytes > PATH_BYTES_MAX) {
      const reason = `the path has ${bytes} bytes, a Unix socket takes ${PATH_BYTES_MAX}: shorten data_dir`;
      return { kind: "unavailable", reason };
    }
    try {
      // Left behind by a daemon that died: we hold the lock of the folder, so nobody listens there.
      rmSync(this.#path, { force: true });
      await this.#bind();
      chmodSync(this.#path, 0o600);
    } catch (error) {
      await this.close();
      const reason = error instanceof Error ? error.message : String(error);
      return { kind: "unavailable", reason };
    }
    return { kind: "listening" };
  }

  /** Also removes the socket from the folder. */
  async close(): Promise<void> {
    const closed = new Promise<void>((resolve) => this.#listener.close(() => resolve()));
    const http = await this.#http;
    http?.closeAllConnections();
    http?.close();
    await closed;
  }

  async #serve(socket: Socket): Promise<void> {
    // It may fail before HTTP looks after it.
    socket.on("error", () => socket.destroy());
    this.#http ??= this.#loadHttp();
    (await this.#http).emit("connection", socket);
  }

  /** A server that gets its connections from the listener, and looks after them as if it listened. */
  async #loadHttp(): Promise<HttpServer> {
    const { readOnlyServer } = await import("../monitor/http-server.ts");
    const server = readOnlyServer({
      pages: this.#pages,
      connectionsMax: CONNECTIONS_MAX,
      headers: {},
    });
    server.emit("listening");
    return server;
  }

  async #bind(): Promise<void> {
    await new Promise<void>((resolve, reject) => {
      this.#listener.once("error", reject);
      this.#listener.listen(this.#path, () => {
        this.#listener.off("error", reject);
        // Failing to accept one connection is no reason to stop.
        this.#listener.on("error", () => undefined);
        resolve();
      });
    });
  }
}
