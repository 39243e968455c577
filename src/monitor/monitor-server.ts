import type { IncomingMessage, Server } from "node:http";
import type { AddressInfo } from "node:net";
import { scopeOfHost } from "../core/address-scope.ts";
import { formatIpAddress, parseIpAddress } from "../core/ip-address.ts";
import type { PeerAddress } from "../core/ports.ts";
import { closeServer, openServer, readOnlyServer } from "./http-server.ts";
import type { Pages } from "./read-only-http.ts";

/** Some pages, each with a stream and a few requests, and whoever collects metrics. A guess. */
const CONNECTIONS_MAX = 64;

/**
 * With every answer: nothing from elsewhere is loaded, nobody frames the page, nothing guesses at types,
 * and no other origin may read it (there is no CORS header).
 */
export const SECURITY_HEADERS: Readonly<Record<string, string>> = {
  "content-security-policy":
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; " +
    "font-src 'self'; connect-src 'self'; manifest-src 'self'; " +
    "base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
  "x-content-type-options": "nosniff",
  "referrer-policy": "no-referrer",
  "cross-origin-resource-policy": "same-origin",
  "cross-origin-opener-policy": "same-origin",
};

/** The state of a daemon over TCP, for browsers and for whoever collects metrics [protocol §5.2]. */
export class MonitorServer {
  readonly #server: Server;
  readonly #address: PeerAddress;

  constructor(address: PeerAddress, pages: Pages) {
    this.#address = address;
    this.#server = readOnlyServer({
      pages,
      connectionsMax: CONNECTIONS_MAX,
      headers: SECURITY_HEADERS,
      refusalOf: (request) => hostRefusalOf(request, address.host),
    });
  }

  /** @throws NodeJS.ErrnoException when the address cannot be bound. */
  async listen(): Promise<void> {
    await openServer(this.#server, this.#address);
  }

  /** Where it really listens; undefined unless it does. */
  get address(): PeerAddress | undefined {
    const bound = this.#server.address() as AddressInfo | null;
    return bound === null ? undefined : { host: bound.address, port: bound.port };
  }

  async close(): Promise<void> {
    await closeServer(this.#server);
  }
}

/**
 * A page elsewhere may point a name of its own at this machine and so read what a browser here can reach
 * (DNS rebinding). The name then stands in `Host`: only names that can mean nothing else are answered.
 */
export function hostRefusalOf(
  request: IncomingMessage,
  configuredHost: string,
): string | undefined {
  const host = hostnameOf(request.headers.host ?? "");
  const isOurs =
    host === "localhost" ||
    host === configuredHost ||
    scopeOfHost(host) === "loopback" ||
    host === canonical(request.socket.localAddress ?? "");
  return isOurs ? undefined : "this monitor does not go by the name in the Host header";
}

/** Without brackets and port, in its canonical spelling. */
function hostnameOf(header: string): string {
  const [, bracketed, plain] = /^(?:\[([^\]]*)\]|([^:]*))(?::\d*)?$/.exec(header.trim()) ?? [];
  return canonical((bracketed ?? plain ?? "").toLowerCase());
}

function canonical(host: string): string {
  const address = parseIpAddress(host);
  return address === undefined ? host : formatIpAddress(address);
}
