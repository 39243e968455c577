import { chmodSync, rmSync } from "node:fs";
import { createServer } from "node:http";
import type { IncomingMessage, Server, ServerResponse } from "node:http";

export const CONTROL_SOCKET = "control.sock";

/** What a Unix socket's address holds beside the final NUL: 107 bytes on Linux, 103 on macOS (unix(7)). */
const PATH_BYTES_MAX = process.platform === "linux" ? 107 : 103;
/** A handful of people and scripts look at one daemon. A guess. */
const CONNECTIONS_MAX = 16;
/** Our own commands send their few lines at once, in ms. A guess. */
const REQUEST_TIMEOUT_MS = 5_000;
const HEADER_BYTES_MAX = 8_192;

/** A path and what it answers: a value to be written as JSON. */
export type ControlPages = Readonly<Record<string, () => unknown>>;

export type ControlStart =
  { readonly kind: "listening" } | { readonly kind: "unavailable"; readonly reason: string };

/** Serves the state of the daemon, read-only, to whoever may open its folder [protocol §5.2]. */
export class ControlServer {
  readonly #path: string;
  readonly #pages: ControlPages;
  readonly #server: Server;

  constructor(path: string, pages: ControlPages) {
    this.#path = path;
    this.#pages = pages;
    this.#server = createServer(
      {
        maxHeaderSize: HEADER_BYTES_MAX,
        headersTimeout: REQUEST_TIMEOUT_MS,
        requestTimeout: REQUEST_TIMEOUT_MS,
        keepAliveTimeout: REQUEST_TIMEOUT_MS,
        connectionsCheckingInterval: 1_000,
      },
      (request, response) => this.#answer(request, response),
    );
    this.#server.maxConnections = CONNECTIONS_MAX;
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
    if (!this.#server.listening) return;
    const closed = new Promise<void>((resolve) => this.#server.close(() => resolve()));
    this.#server.closeAllConnections();
    await closed;
  }

  async #bind(): Promise<void> {
    await new Promise<void>((resolve, reject) => {
      this.#server.once("error", reject);
      this.#server.listen(this.#path, () => {
        this.#server.off("error", reject);
        // Failing to accept one connection is no reason to stop.
        this.#server.on("error", () => undefined);
        resolve();
      });
    });
  }

  #answer(request: IncomingMessage, response: ServerResponse): void {
    const { method = "", url = "" } = request;
    if (method !== "GET" && method !== "HEAD") {
      response.setHeader("allow", "GET, HEAD");
      respond(response, method, 405, { error: `${method} is not possible here: read-only` });
      return;
    }
    const path = url.replace(/\?.*$/, "");
    const page = Object.hasOwn(this.#pages, path) ? this.#pages[path] : undefined;
    if (page === undefined) {
      respond(response, method, 404, {
        error: "there is no such page",
        pages: Object.keys(this.#pages),
      });
      return;
    }
    respond(response, method, 200, page());
  }
}

function respond(response: ServerResponse, method: string, status: number, value: unknown): void {
  const body = Buffer.from(`${JSON.stringify(value)}\n`);
  response.writeHead(status, {
    "content-type": "application/json; charset=utf-8",
    "content-length": body.length,
    "cache-control": "no-store",
  });
  response.end(method === "HEAD" ? undefined : body);
}
