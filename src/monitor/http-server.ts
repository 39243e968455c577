import { createServer } from "node:http";
import type { RequestListener, Server } from "node:http";
import type { PeerAddress } from "../core/ports.ts";
import { answerReadOnly } from "./read-only-http.ts";
import type { ReadOnlySite } from "./read-only-http.ts";

// Nothing that every node loads imports this file, but only what a monitor or a visitor of the control
// socket needs: `node:http` takes 14 MiB on Node 24.

/** Whoever looks at a daemon sends a few lines at once, in ms. A guess. */
const REQUEST_TIMEOUT_MS = 5_000;
const HEADER_BYTES_MAX = 8_192;

interface BoundedHttpOptions {
  readonly connectionsMax: number;
  /** Sent with every answer. */
  readonly headers: Readonly<Record<string, string>>;
}

/** An HTTP server on which nothing can change anything: GET and HEAD of known paths, small requests. */
export function readOnlyServer(options: BoundedHttpOptions & ReadOnlySite): Server {
  return boundedServer(options, (request, response) => answerReadOnly(options, request, response));
}

/** An HTTP server for small requests that come at once. */
export function boundedServer(options: BoundedHttpOptions, answer: RequestListener): Server {
  const server = createServer(
    {
      maxHeaderSize: HEADER_BYTES_MAX,
      headersTimeout: REQUEST_TIMEOUT_MS,
      requestTimeout: REQUEST_TIMEOUT_MS,
      keepAliveTimeout: REQUEST_TIMEOUT_MS,
      connectionsCheckingInterval: 1_000,
    },
    (request, response) => {
      for (const [name, value] of Object.entries(options.headers)) response.setHeader(name, value);
      answer(request, response);
    },
  );
  server.maxConnections = options.connectionsMax;
  return server;
}

/** @throws NodeJS.ErrnoException when the address cannot be bound. */
export async function openServer(server: Server, { host, port }: PeerAddress): Promise<void> {
  await new Promise<void>((resolve, reject) => {
    server.once("error", reject);
    server.listen({ host, port }, () => {
      server.off("error", reject);
      // Failing to accept one connection is no reason to stop.
      server.on("error", () => undefined);
      resolve();
    });
  });
}

/** Closes a server, whoever still holds a connection. */
export async function closeServer(server: Server): Promise<void> {
  if (!server.listening) return;
  const closed = new Promise<void>((resolve) => server.close(() => resolve()));
  server.closeAllConnections();
  await closed;
}
