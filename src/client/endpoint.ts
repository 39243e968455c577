import { InvalidArgumentError } from "./errors.ts";

export interface Endpoint {
  readonly host: string;
  readonly port: number;
}

/** Where every VoidPhone gossip module listens by default [protocol §5.1]. */
const DEFAULT_ENDPOINT: Endpoint = { host: "127.0.0.1", port: 7001 };

const PORT_MAX = 65_535;
const ADDRESS =
  /^(?:\[(?<bracketed>[0-9A-Fa-f:.%\w]+)\]|(?<plain>[^\s:[\]]+))(?::(?<port>\d{1,5}))?$/;

/**
 * Reads `host`, `host:port`, `[IPv6]` or `[IPv6]:port`.
 *
 * @throws InvalidArgumentError
 */
export function parseEndpoint(address: string): Endpoint {
  const groups = ADDRESS.exec(address)?.groups;
  const host = groups?.["bracketed"] ?? groups?.["plain"];
  if (host === undefined) {
    throw new InvalidArgumentError(
      `"${address}" is no address: write host:port, or [IPv6]:port with the brackets`,
    );
  }
  const port = groups?.["port"];
  return endpointOf(host, port === undefined ? undefined : Number(port));
}

/** @throws InvalidArgumentError */
export function endpointOf(host: string | undefined, port: number | undefined): Endpoint {
  const endpoint = {
    host: host ?? DEFAULT_ENDPOINT.host,
    port: port ?? DEFAULT_ENDPOINT.port,
  };
  if (endpoint.host === "") throw new InvalidArgumentError("host must not be empty");
  if (!Number.isInteger(endpoint.port) || endpoint.port < 1 || endpoint.port > PORT_MAX) {
    throw new InvalidArgumentError(`port must be 1 to ${PORT_MAX}, got ${endpoint.port}`);
  }
  return endpoint;
}

/** The form `parseEndpoint` reads. */
export function formatEndpoint({ host, port }: Endpoint): string {
  return host.includes(":") ? `[${host}]:${port}` : `${host}:${port}`;
}
