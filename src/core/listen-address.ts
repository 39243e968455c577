import { keyOf } from "./address-book.ts";
import type { Link } from "./link.ts";
import type { LinkId, PeerAddress } from "./ports.ts";

/** Where the other end listens, as far as we know. */
export function listenAddressOf({ direction, remote, extension }: Link): PeerAddress | undefined {
  if (direction === "outbound") return remote;
  const port = extension?.listenPort ?? 0;
  return port === 0 ? undefined : { host: remote.host, port };
}

/** Whether another link than this one leads to the same address. */
export function isLinkedBeside(links: Iterable<Link>, id: LinkId): boolean {
  const addressById = new Map<LinkId, string>();
  for (const link of links) {
    const address = listenAddressOf(link);
    if (address !== undefined) addressById.set(link.id, keyOf(address));
  }
  const own = addressById.get(id);
  addressById.delete(id);
  return own !== undefined && [...addressById.values()].includes(own);
}
