import { groupKey, isInRange, parseIpAddress, parseIpRange } from "./ip-address.ts";
import type { IpAddress, IpRange } from "./ip-address.ts";

/** How far an address reaches: addresses of a narrower scope mean nothing outside of it [§6.5]. */
export type AddressScope = "loopback" | "private" | "public" | "unusable";

const ranges = (...texts: string[]): readonly IpRange[] =>
  texts.flatMap((text) => parseIpRange(text) ?? []);

/** Loopback: RFC 1122, RFC 4291. */
const LOOPBACK = ranges("127.0.0.0/8", "::1");
/** Private and link-local: RFC 1918, 3927, 4193, 4291. */
const PRIVATE = ranges(
  "10.0.0.0/8",
  "172.16.0.0/12",
  "192.168.0.0/16",
  "169.254.0.0/16",
  "fc00::/7",
  "fe80::/10",
);
/** Unspecified, "this network", multicast, reserved and broadcast: never an address of a peer. */
const UNUSABLE = ranges("0.0.0.0/8", "224.0.0.0/4", "240.0.0.0/4", "::", "ff00::/8");

export function scopeOf(address: IpAddress): AddressScope {
  const isIn = (list: readonly IpRange[]): boolean =>
    list.some((range) => isInRange(address, range));
  if (isIn(UNUSABLE)) return "unusable";
  if (isIn(LOOPBACK)) return "loopback";
  return isIn(PRIVATE) ? "private" : "public";
}

/** Scope of a host as text; a host name counts as public. */
export function scopeOfHost(host: string): AddressScope {
  const address = parseIpAddress(host);
  return address === undefined ? "public" : scopeOf(address);
}

/**
 * Whether an address may be told over, or taken from, a link: loopback ones only over loopback links,
 * private and link-local ones only over loopback or private links [protocol §6.5].
 */
export function mayTravel(address: AddressScope, link: AddressScope): boolean {
  switch (address) {
    case "public":
      return true;
    case "private":
      return link === "loopback" || link === "private";
    case "loopback":
      return link === "loopback";
    case "unusable":
      return false;
  }
}

/** Groups of addresses for bounds; an address in `local_ranges` is a group of its own [§3.5]. */
export function overlayGroup(host: string, port: number, localRanges: readonly IpRange[]): string {
  const address = parseIpAddress(host);
  const isLocal = address !== undefined && localRanges.some((range) => isInRange(address, range));
  return address === undefined || isLocal ? `${host} ${port}` : groupKey(address);
}
