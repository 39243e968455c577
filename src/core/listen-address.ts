import { keyOf } from "./address-book.ts";
import type { Link } from "./link.ts";
import type { PeerAddress } from "./ports.ts";

/** Where the other end listens, as far as we know. */
export function listenAddressOf({ direction, remote, extension }: Link): PeerAddress | undefined {
  if (direction === "outbound") return remote;
  const port = extension?.listenPort ?? 0;
  return port === 0 ? undefined : { host: remote.host, port };
}

/** Whether another link leads to the same address, as far as we know. */
export function isLinkedBeside(links: Iterable<Link>, link: Link): boolean {
  const own = listenAddressOf(link);
  if (own === undefined) return false;
  for (const other of links) {
    const address = listenAddressOf(other);
    if (other.id !== link.id && address !== undefined && keyOf(address) === keyOf(own)) return true;
  }
  return false;
}
