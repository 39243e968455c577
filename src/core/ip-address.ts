import type { PeerAddress } from "./ports.ts";

/** An IP address in canonical form: IPv4-mapped IPv6 is IPv4 everywhere [protocol §6.5]. */
export interface IpAddress {
  /** 4 or 16 bytes. */
  readonly bytes: readonly number[];
}

/** Addresses that share their first `prefixBits` bits with `address`. */
export interface IpRange {
  readonly address: IpAddress;
  readonly prefixBits: number;
}

const MAPPED_PREFIX = [0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff];

/** Parses an IPv4 or IPv6 literal without brackets; a zone (`%eth0`) is dropped. Undefined otherwise. */
export function parseIpAddress(text: string): IpAddress | undefined {
  const bytes = text.includes(":") ? parseIpv6(text.replace(/%.*$/, "")) : parseIpv4(text);
  return bytes === undefined ? undefined : canonicalIpAddress(bytes);
}

/** From 4 or 16 bytes: IPv4-mapped IPv6 becomes IPv4. */
export function canonicalIpAddress(bytes: readonly number[]): IpAddress {
  const isMapped = bytes.length === 16 && MAPPED_PREFIX.every((byte, at) => bytes[at] === byte);
  return { bytes: isMapped ? bytes.slice(12) : bytes };
}

function parseIpv4(text: string): number[] | undefined {
  const parts = text.split(".");
  if (parts.length !== 4) return undefined;
  const bytes = parts.map(Number);
  // The number says again what the text said: no sign, no leading zero, no other base.
  const isByte = (byte: number, at: number): boolean =>
    byte >= 0 && byte <= 255 && String(byte) === parts[at];
  return bytes.every(isByte) ? bytes : undefined;
}

function parseIpv6(text: string): number[] | undefined {
  const halves = text.split("::");
  if (halves.length > 2) return undefined;
  const [first = "", second] = halves;
  const head = parseIpv6Groups(first, second === undefined ? "mayEndAsIpv4" : "groupsOnly");
  const tail = second === undefined ? [] : parseIpv6Groups(second, "mayEndAsIpv4");
  if (head === undefined || tail === undefined) return undefined;
  const missing = 16 - head.length - tail.length;
  if (second === undefined ? missing !== 0 : missing < 2) return undefined;
  return [...head, ...Array<number>(missing).fill(0), ...tail];
}

/** The bytes of `a:b:c`, or of `a:b:1.2.3.4` where the address may end like that. */
function parseIpv6Groups(text: string, form: "groupsOnly" | "mayEndAsIpv4"): number[] | undefined {
  if (text === "") return [];
  const groups = text.split(":");
  const bytes: number[] = [];
  for (const [at, group] of groups.entries()) {
    const mayBeIpv4 = form === "mayEndAsIpv4" && at === groups.length - 1;
    const embedded = mayBeIpv4 ? parseIpv4(group) : undefined;
    if (embedded !== undefined) {
      bytes.push(...embedded);
    } else if (/^[0-9a-f]{1,4}$/i.test(group)) {
      const value = parseInt(group, 16);
      bytes.push(value >>> 8, value & 0xff);
    } else {
      return undefined;
    }
  }
  return bytes;
}

/** Parses `10.0.0.0/8`, `fe80::/10` or a single address. Undefined when it is neither. */
export function parseIpRange(text: string): IpRange | undefined {
  const [literal = "", prefix, ...more] = text.split("/");
  const address = parseIpAddress(literal);
  if (address === undefined || more.length > 0) return undefined;
  const bitsMax = address.bytes.length * 8;
  if (prefix === undefined) return { address, prefixBits: bitsMax };
  if (!/^\d{1,3}$/.test(prefix)) return undefined;
  const isMapped = bitsMax === 32 && literal.includes(":");
  const prefixBits = Number(prefix) - (isMapped ? MAPPED_PREFIX.length * 8 : 0);
  return prefixBits >= 0 && prefixBits <= bitsMax ? { address, prefixBits } : undefined;
}

export function isInRange(address: IpAddress, range: IpRange): boolean {
  if (address.bytes.length !== range.address.bytes.length) return false;
  for (let bit = 0; bit < range.prefixBits; bit += 8) {
    const mask = bit + 8 <= range.prefixBits ? 0xff : 0xff << (8 - (range.prefixBits - bit));
    const mine = address.bytes[bit >>> 3] ?? 0;
    const theirs = range.address.bytes[bit >>> 3] ?? 0;
    if (((mine ^ theirs) & mask & 0xff) !== 0) return false;
  }
  return true;
}

/** The first bits of an address as a key: IPv4 and IPv6 never share one. */
function prefixKey(address: IpAddress, bits4: number, bits6: number): string {
  const isIpv4 = address.bytes.length === 4;
  const kept = address.bytes.slice(0, (isIpv4 ? bits4 : bits6) / 8);
  return `${isIpv4 ? "4" : "6"}:${kept.join(".")}`;
}

/** What one host can have many of: an IPv4 address, an IPv6 /64 [protocol §3.5]. */
export const hostKey = (address: IpAddress): string => prefixKey(address, 32, 64);
/** What one customer can have many of: an IPv4 /24, an IPv6 /48 [protocol §7.1]. */
export const subnetKey = (address: IpAddress): string => prefixKey(address, 24, 48);
/** What one operator can have many of: an IPv4 /16, an IPv6 /32 [protocol §7.1]. */
export const groupKey = (address: IpAddress): string => prefixKey(address, 16, 32);

/** The canonical literal: dotted IPv4, or lower-case IPv6 with the longest run of zeros left out. */
export function formatIpAddress(address: IpAddress): string {
  if (address.bytes.length === 4) return address.bytes.join(".");
  const groups: string[] = [];
  for (let at = 0; at < 16; at += 2) {
    groups.push((((address.bytes[at] ?? 0) << 8) | (address.bytes[at + 1] ?? 0)).toString(16));
  }
  const zeros = longestZeroRun(groups);
  if (zeros.length < 2) return groups.join(":");
  const head = groups.slice(0, zeros.start).join(":");
  const tail = groups.slice(zeros.start + zeros.length).join(":");
  return `${head}::${tail}`;
}

function longestZeroRun(groups: readonly string[]): { start: number; length: number } {
  let best = { start: 0, length: 0 };
  for (let start = 0; start < groups.length; start++) {
    let length = 0;
    while (groups[start + length] === "0") length++;
    if (length > best.length) best = { start, length };
  }
  return best;
}

/** `host:port`, with brackets around IPv6. */
export function formatAddress({ host, port }: PeerAddress): string {
  return `${host.includes(":") ? `[${host}]` : host}:${port}`;
}
