import type { IncomingMessage, ServerResponse } from "node:http";

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

/** What is served read-only, and to whom. */
export interface ReadOnlySite {
  readonly pages: Pages;
  /** Why a request is refused with 403, if it is. */
  readonly refusalOf?: (request: IncomingMessage) => string | undefined;
}

export function answerReadOnly(
  { pages, refusalOf }: ReadOnlySite,
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
