import { timingSafeEqual } from "node:crypto";
import type { IncomingMessage, Server, ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { EventStream } from "../../monitor/event-stream.ts";
import { hostRefusalOf, SECURITY_HEADERS } from "../../monitor/monitor-server.ts";
import { boundedServer, closeServer, openServer } from "../../monitor/http-server.ts";
import { answerReadOnly, jsonPage, respondJson } from "../../monitor/read-only-http.ts";
import type { Page } from "../../monitor/read-only-http.ts";
import { webPages } from "../../monitor/web-files.ts";
import { readAction } from "./read-action.ts";
import type { Playground } from "./playground.ts";
import { PlaygroundRefusal } from "./playground.ts";

/** A text of the longest kind, in JSON. */
const BODY_BYTES_MAX = 16_384;
/** Some pages, each with a stream and a few requests. A guess. */
const CONNECTIONS_MAX = 64;
const HOST = "127.0.0.1";
const ACTION_PATH = "/action";

/**
 * The page of a playground, on loopback only. Whoever may open it may look; what changes something is a
 * POST that has to come from this very page, and to know the token.
 */
export class PlaygroundServer {
  readonly #playground: Playground;
  readonly #token: string;
  readonly #events: EventStream;
  readonly #pages: ReadonlyMap<string, Page>;
  readonly #server: Server;

  constructor(playground: Playground, token: string) {
    this.#playground = playground;
    this.#token = token;
    this.#events = new EventStream(playground);
    const files = webPages();
    const index = files.get("/demo.html");
    this.#pages = new Map<string, Page>([
      ...files,
      ...(index === undefined ? [] : [["/", index] as const]),
      ["/network", jsonPage(() => playground.state())],
      ["/events", this.#events.page],
    ]);
    const options = { connectionsMax: CONNECTIONS_MAX, headers: SECURITY_HEADERS };
    this.#server = boundedServer(options, (request, response) => this.#answer(request, response));
  }

  /** Listens on any free port, and returns what people open; the token is never sent by itself. */
  async listen(): Promise<string> {
    await openServer(this.#server, { host: HOST, port: 0 });
    const { port } = this.#server.address() as AddressInfo;
    return `http://${HOST}:${port}/#${this.#token}`;
  }

  async close(): Promise<void> {
    this.#events.close();
    await closeServer(this.#server);
  }

  #answer(request: IncomingMessage, response: ServerResponse): void {
    const refusalOf = (): string | undefined => hostRefusalOf(request, HOST);
    if (request.method !== "POST" || request.url !== ACTION_PATH) {
      answerReadOnly({ pages: this.#pages, refusalOf }, request, response);
      return;
    }
    const refusal = refusalOf() ?? this.#actionRefusalOf(request);
    if (refusal === undefined) void this.#act(request, response);
    else respondJson({ method: "GET", response }, 403, { error: refusal });
  }

  #actionRefusalOf({ headers }: IncomingMessage): string | undefined {
    if (headers.origin !== `http://${headers.host ?? ""}`)
      return "only the page itself may do that";
    return isSame(headers.authorization ?? "", `Bearer ${this.#token}`)
      ? undefined
      : "this takes the token: open the page with the address that the command printed";
  }

  async #act(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const ask = { method: "GET", response } as const;
    try {
      const action = readAction(await bodyOf(request), this.#playground.plan.nodes);
      if (typeof action === "string") {
        respondJson(ask, 400, { error: action });
        return;
      }
      await this.#playground.act(action);
      respondJson(ask, 200, {});
    } catch (error) {
      const reason = error instanceof Error ? error.message : String(error);
      respondJson(ask, error instanceof PlaygroundRefusal ? 409 : 500, { error: reason });
    }
  }
}

/** The same, without telling by the time it takes how much of it is. */
function isSame(given: string, wanted: string): boolean {
  const [a, b] = [Buffer.from(given), Buffer.from(wanted)];
  return a.length === b.length && timingSafeEqual(a, b);
}

/** Empty when it is too long: nothing that the page sends is. */
async function bodyOf(request: IncomingMessage): Promise<string> {
  const pieces: Buffer[] = [];
  let bytes = 0;
  for await (const piece of request as AsyncIterable<Buffer>) {
    bytes += piece.length;
    if (bytes <= BODY_BYTES_MAX) pieces.push(piece);
  }
  return bytes <= BODY_BYTES_MAX ? Buffer.concat(pieces).toString() : "";
}
