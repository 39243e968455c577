import { formatAddress, formatIpAddress, parseIpAddress } from "../core/ip-address.ts";
import type { PeerAddress } from "../core/ports.ts";

export { formatAddress };

/** Port 0 (any free port) makes sense where one listens, never where one dials. */
export type AddressUse = "listen" | "dial";

export type Parsed<T> =
  | { readonly kind: "value"; readonly value: T }
  /** Says what is allowed, to follow `key = value: `. */
  | { readonly kind: "fault"; readonly problem: string };

const fault = (problem: string): { kind: "fault"; problem: string } => ({ kind: "fault", problem });

/**
 * Parses `1.2.3.4:port`, `[IPv6]:port` or `name:port`. The host comes back in one canonical spelling
 * (IPv6 shortened, IPv4-mapped IPv6 as IPv4, names in lower case), so that equal addresses are equal texts.
 */
export function parseAddress(text: string, use: AddressUse): Parsed<PeerAddress> {
  const trimmed = text.trim();
  const shape = shapeProblem(trimmed);
  if (shape !== undefined) return fault(shape);
  const split = trimmed.startsWith("[") ? splitBracketed(trimmed) : splitPlain(trimmed);
  if (split.kind === "fault") return split;
  const { host, port } = split.value;
  const portMin = use === "listen" ? 0 : 1;
  if (!/^\d{1,5}$/.test(port) || Number(port) > 65_535 || Number(port) < portMin) {
    return fault(`a port from ${portMin}${portMin === 0 ? " (any free one)" : ""} to 65535`);
  }
  return { kind: "value", value: { host, port: Number(port) } };
}

/** Parses a comma list of addresses; an empty text is an empty list. Names every entry at fault. */
export function parseAddressList(text: string, use: AddressUse): Parsed<readonly PeerAddress[]> {
  const addressByText = new Map<string, PeerAddress>();
  const problems: string[] = [];
  for (const part of text.trim() === "" ? [] : text.split(",")) {
    const parsed = parseAddress(part, use);
    if (parsed.kind === "value") addressByText.set(formatAddress(parsed.value), parsed.value);
    else problems.push(`${part.trim().slice(0, 60) || "an empty entry"}: ${parsed.problem}`);
  }
  if (problems.length > 0) return fault(problems.join("; "));
  return { kind: "value", value: [...addressByText.values()] };
}

/** What is wrong at first sight, before host and port can be told apart. */
function shapeProblem(text: string): string | undefined {
  if (text === "") return "host:port, as in 127.0.0.1:6001";
  if (text.includes("://")) return "host:port without a scheme, as in 127.0.0.1:6001";
  if (text.includes(",")) return "one address, not a list";
  if (/\s/.test(text)) return "an address without spaces (a list needs commas)";
  return undefined;
}

interface HostAndPort {
  readonly host: string;
  readonly port: string;
}

function splitBracketed(text: string): Parsed<HostAndPort> {
  const match = /^\[([^\]%]*)(%[^\]]*)?\](?::(.*))?$/.exec(text);
  if (match === null) return fault("an IPv6 address in brackets and a port, as in [::1]:6001");
  const [, literal = "", zone = "", port] = match;
  const address = literal.includes(":") ? parseIpAddress(literal) : undefined;
  if (address === undefined) return fault("an IPv6 address between the brackets, as in [::1]:6001");
  if (port === undefined) return fault("a port after the brackets, as in [::1]:6001");
  if (zone !== "" && !/^%[\w.-]+$/.test(zone)) {
    return fault("the name of a network interface after %, as in [fe80::1%eth0]:6001");
  }
  const isIpv6 = address.bytes.length === 16;
  return {
    kind: "value",
    value: { host: `${formatIpAddress(address)}${isIpv6 ? zone : ""}`, port },
  };
}

function splitPlain(text: string): Parsed<HostAndPort> {
  const colon = text.indexOf(":");
  if (colon === -1) return fault("a port after the host, as in 127.0.0.1:6001");
  if (colon !== text.lastIndexOf(":")) {
    return fault("one colon only; an IPv6 address needs brackets, as in [::1]:6001");
  }
  const host = text.slice(0, colon).toLowerCase();
  const problem = hostProblem(host);
  return problem === undefined
    ? { kind: "value", value: { host, port: text.slice(colon + 1) } }
    : fault(problem);
}

/**
 * A last label that looks like a number makes system resolvers read the whole name as an IPv4 address
 * in one of its old spellings (`127.1`, `0x7f000001`): only the dotted form is taken.
 */
function hostProblem(host: string): string | undefined {
  if (host === "" || host === "*") {
    return "a host before the port (0.0.0.0 or [::] to listen everywhere)";
  }
  if (parseIpAddress(host) !== undefined) return undefined;
  const labels = host.replace(/\.$/, "").split(".");
  if (/^(?:\d+|0x[0-9a-f]*)$/.test(labels.at(-1) ?? "")) {
    return "an IPv4 address of four numbers from 0 to 255, without leading zeros";
  }
  const isName =
    host.length <= 253 &&
    labels.every((label) => /^[a-z0-9_](?:[a-z0-9_-]{0,61}[a-z0-9_])?$/.test(label));
  return isName ? undefined : "a host name of letters, digits, hyphens and dots (RFC 1123)";
}

/** Whether the host can only mean this machine (RFC 1122, 4291, 6761). */
export function isLoopbackHost(host: string): boolean {
  if (host === "localhost" || host.endsWith(".localhost")) return true;
  const address = parseIpAddress(host);
  if (address === undefined) return false;
  return address.bytes.length === 4 ? address.bytes[0] === 127 : formatIpAddress(address) === "::1";
}

/** Whether the host is the wildcard `0.0.0.0` or `::`: a place to listen, not one to dial. */
export function isWildcardHost(host: string): boolean {
  return parseIpAddress(host)?.bytes.every((byte) => byte === 0) ?? false;
}

/**
 * Whether dialling `address` can only reach the listener at `listener`. No resolver is asked: an address of
 * ours behind another name is found by self-dial detection [protocol §3.6].
 */
export function isServedBy(address: PeerAddress, listener: PeerAddress): boolean {
  if (address.port !== listener.port || listener.port === 0) return false;
  if (address.host === listener.host) return true;
  if (!isWildcardHost(listener.host)) return false;
  const isHere = isLoopbackHost(address.host) || isWildcardHost(address.host);
  // `::` takes IPv4 too, while a listener at 0.0.0.0 leaves the IPv6 port to others.
  return isHere && (listener.host === "::" || parseIpAddress(address.host)?.bytes.length === 4);
}
