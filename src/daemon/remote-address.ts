import type { Socket } from "node:net";
import { formatIpAddress, parseIpAddress } from "../core/ip-address.ts";
import type { PeerAddress } from "../core/ports.ts";

/** The other end of a connected socket. IPv4-mapped IPv6 is IPv4 everywhere [protocol §6.5]. */
export function remoteAddressOf(socket: Socket): PeerAddress | undefined {
  const { remoteAddress, remotePort } = socket;
  if (remoteAddress === undefined || remotePort === undefined) return undefined;
  const address = parseIpAddress(remoteAddress);
  if (address === undefined) return undefined;
  return { host: formatIpAddress(address), port: remotePort };
}
