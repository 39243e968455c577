import { createServer } from "node:http";
import type { IncomingMessage, RequestListener, Server, ServerResponse } from "node:http";
import type { PeerAddress } from "../core/ports.ts";

/** Whoever looks at a daemon sends a few lines at once, in ms. A guess. */
const REQUEST_TIMEOUT_MS = 5_000;
const HEADER_BYTES_MAX = 8_192;

/** A request that may be answered: its method is GET or HEAD, and the path is one of ours. */
export interface Ask {
  readonly method: "GET" | "HEAD";
  readonly query: URLSearchParams;
  readonly response: ServerResponse;
}

/** Answers an ask, now or later. Must not change anything. */
export type Page = (ask: Ask) => void;

/** What is served, by path. */
export type Pages = ReadonlyMap<string, Page>;

export interface ReadOnlyHttpOptions extends BoundedHttpOptions {
  readonly pages: Pages;
  /** Why a request is refused with 403, if it is. */
  readonly refusalOf?: (request: IncomingMessage) => string | undefined;
}

interface BoundedHttpOptions {
  readonly connectionsMax: number;
  /** Sent with every answer. */
  readonly headers: Readonly<Record<string, string>>;
}

/** An HTTP server on which nothing can change anything: GET and HEAD of known paths, small requests. */
export function readOnlyServer(options: ReadOnlyHttpOptions): Server {
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

export function answerReadOnly(
  { pages, refusalOf }: Pick<ReadOnlyHttpOptions, "pages" | "refusalOf">,
  request: IncomingMessage,
  response: ServerResponse,
): void {
  const { method = "", url = "" } = request;
  const refusal = refusalOf?.(request);
  if (refusal !== undefined) {
    respondJson({ method: "GET", response }, 403, { error: refusal });
    return;
  }
  if (method !== "GET" && method !== "HEAD") {
    response.setHeader("allow", "GET, HEAD");
    respondJson({ method: "GET", response }, 405, {
      error: `${method} is not possible here: read-only`,
    });
    return;
  }
  const [path = "", ...query] = url.split("?");
  const page = pages.get(path);
  if (page === undefined) {
    const known = [...pages.keys()];
    respondJson({ method, response }, 404, { error: "there is no such page", pages: known });
    return;
  }
  page({ method, query: new URLSearchParams(query.join("?")), response });
}

/** A page that is a value, written as JSON. */
export const jsonPage =
  (valueOf: (query: URLSearchParams) => unknown): Page =>
  (ask) =>
    respondJson(ask, 200, valueOf(ask.query));

export function respondJson(
  ask: Pick<Ask, "method" | "response">,
  status: number,
  value: unknown,
): void {
  const body = Buffer.from(`${JSON.stringify(value)}\n`);
  respond(ask, status, { type: "application/json; charset=utf-8", body });
}

export interface Content {
  /** The content type. */
  readonly type: string;
  readonly body: Buffer;
}

export function respond(
  { method, response }: Pick<Ask, "method" | "response">,
  status: number,
  { type, body }: Content,
): void {
  response.writeHead(status, {
    "content-type": type,
    "content-length": body.length,
    "cache-control": "no-store",
  });
  response.end(method === "HEAD" ? undefined : body);
}
