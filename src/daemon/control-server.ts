import { chmodSync, rmSync } from "node:fs";
import type { Server } from "node:http";
import { closeServer, readOnlyServer } from "../monitor/read-only-http.ts";
import type { Pages } from "../monitor/read-only-http.ts";

export const CONTROL_SOCKET = "control.sock";

/** What a Unix socket's address holds beside the final NUL: 107 bytes on Linux, 103 on macOS (unix(7)). */
const PATH_BYTES_MAX = process.platform === "linux" ? 107 : 103;
/** A handful of people and scripts look at one daemon. A guess. */
const CONNECTIONS_MAX = 16;
export type ControlStart =
  { readonly kind: "listening" } | { readonly kind: "unavailable"; readonly reason: string };

/** Serves the state of the daemon, read-only, to whoever may open its folder [protocol §5.2]. */
export class ControlServer {
  readonly #path: string;
  readonly #server: Server;

  constructor(path: string, pages: Pages) {
    this.#path = path;
    this.#server = readOnlyServer({ pages, connectionsMax: CONNECTIONS_MAX, headers: {} });
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
    await closeServer(this.#server);
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
}
