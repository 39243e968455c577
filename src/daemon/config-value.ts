/** The kinds of values that a configuration key may have: what is allowed, reading, checking, showing. */
import { isAbsolute, resolve } from "node:path";
import { formatIpAddress, parseIpRange } from "../core/ip-address.ts";
import type { IpRange } from "../core/ip-address.ts";
import type { PeerAddress } from "../core/ports.ts";
import { formatAddress, parseAddress, parseAddressList } from "./address.ts";
import type { AddressUse, Parsed } from "./address.ts";
import { nearestName } from "./nearest-name.ts";

/** What relative paths in a file are relative to; never the working directory. */
export interface PathOrigin {
  readonly baseDir: string;
  /** Replaces a leading `~/`; undefined on a machine that knows no home directory. */
  readonly home: string | undefined;
}

export interface ValueKind<T> {
  /** What an operator may write, to follow `key = value: `. */
  readonly allowed: string;
  /** Empty when the value is no quantity. */
  readonly unit: string;
  /** Reads what a file says. */
  parse(text: string, origin: PathOrigin): Parsed<T>;
  /** What is allowed, when a program gave something else. */
  check(value: T): string | undefined;
  /** As one would write it into a file. */
  show(value: T): string;
}

const value = <T>(parsed: T): Parsed<T> => ({ kind: "value", value: parsed });
const fault = <T>(problem: string): Parsed<T> => ({ kind: "fault", problem });

interface NumberRange {
  readonly min: number;
  readonly max: number;
  /** What 0 means where it lies outside the range. */
  readonly zero?: string;
}

interface NumberShape extends NumberRange {
  readonly unit: string;
  readonly allowed: string;
  /** The number that a text stands for; undefined when it stands for none. */
  read(text: string): number | undefined;
  show(value: number): string;
}

function numberKind(shape: NumberShape): ValueKind<number> {
  const { min, max, zero, unit, allowed } = shape;
  const isAllowed = (candidate: unknown): candidate is number =>
    Number.isSafeInteger(candidate) &&
    ((Number(candidate) >= min && Number(candidate) <= max) ||
      (zero !== undefined && candidate === 0));
  return {
    allowed,
    unit,
    parse(text) {
      const read = shape.read(text);
      return isAllowed(read) ? value(read) : fault(allowed);
    },
    check: (candidate) => (isAllowed(candidate) ? undefined : allowed),
    show: (shown) => shape.show(shown),
  };
}

const orZero = (zero: string | undefined): string => (zero === undefined ? "" : `, or 0: ${zero}`);

export function integer(unit: string, range: NumberRange): ValueKind<number> {
  return numberKind({
    ...range,
    unit,
    allowed: `a whole number from ${range.min} to ${range.max}${orZero(range.zero)}`,
    read: (text) => (/^\d{1,15}$/.test(text) ? Number(text) : undefined),
    show: String,
  });
}

const SIZES = [
  ["GiB", 1024 ** 3],
  ["MiB", 1024 ** 2],
  ["KiB", 1024],
] as const;

function showSize(bytes: number): string {
  const [name, size] = SIZES.find(([, unit]) => bytes > 0 && bytes % unit === 0) ?? ["", 1];
  return `${bytes / size} ${name}`.trim();
}

function readSize(text: string): number | undefined {
  const match = /^(\d{1,15})\s*([KMG]iB)?$/i.exec(text);
  if (match === null) return undefined;
  const suffix = match[2]?.toLowerCase();
  const size = SIZES.find(([name]) => name.toLowerCase() === suffix)?.[1] ?? 1;
  return Number(match[1]) * size;
}

/** Bytes, with KiB, MiB or GiB if wanted. */
export function bytes(range: NumberRange): ValueKind<number> {
  const { min, max, zero } = range;
  return numberKind({
    ...range,
    unit: "bytes",
    allowed: `a size from ${showSize(min)} to ${showSize(max)}, in bytes or as in 4 MiB${orZero(zero)}`,
    read: readSize,
    show: showSize,
  });
}

/** Written in seconds, kept in whole milliseconds. The range is in milliseconds. */
export function seconds(range: NumberRange): ValueKind<number> {
  return numberKind({
    ...range,
    unit: "seconds",
    allowed: `seconds from ${range.min / 1000} to ${range.max / 1000}`,
    read: (text) =>
      /^\d{1,9}(?:\.\d{1,3})?$/.test(text) ? Math.round(Number(text) * 1000) : undefined,
    show: (milliseconds) => String(milliseconds / 1000),
  });
}

/** One of several words; the first word of a meaning is the one that is shown. */
export function choice<T extends string>(
  meanings: Readonly<Record<T, readonly [string, ...string[]]>>,
): ValueKind<T> {
  const entries = Object.entries<readonly [string, ...string[]]>(meanings) as [
    T,
    readonly [string, ...string[]],
  ][];
  const shown = entries.map(([, [word]]) => word);
  const allowed =
    shown.length === 1
      ? (shown[0] ?? "")
      : `${shown.slice(0, -1).join(", ")} or ${shown.at(-1) ?? ""}`;
  return {
    allowed,
    unit: "",
    parse(text) {
      const word = text.toLowerCase();
      const found = entries.find(([, words]) => words.includes(word));
      if (found !== undefined) return value(found[0]);
      const nearest = nearestName(word, shown);
      return fault(nearest === undefined ? allowed : `${allowed} (did you mean ${nearest}?)`);
    },
    check: (candidate) => (Object.hasOwn(meanings, candidate) ? undefined : allowed),
    show: (meaning) => meanings[meaning][0],
  };
}

const YES = ["yes", "true", "on", "1"] as const;
const NO = ["no", "false", "off", "0"] as const;

/** `yes` and `no` (also true, on, 1, false, off, 0), for two meanings that have names in code. */
export const yesNo = <Y extends string, N extends string>(yes: Y, no: N): ValueKind<Y | N> =>
  choice<Y | N>({ [yes]: YES, [no]: NO } as unknown as Record<
    Y | N,
    readonly [string, ...string[]]
  >);

/** Reads what a program gave as if a file had said it. */
function checkAsText<T>(
  candidate: T,
  show: (value: T) => string,
  read: (text: string) => Parsed<T>,
): string | undefined {
  const parsed = read(show(candidate));
  return parsed.kind === "fault" ? parsed.problem : undefined;
}

export const address = (use: AddressUse): ValueKind<PeerAddress> => ({
  allowed: use === "listen" ? "host:port; port 0 is any free port" : "host:port",
  unit: "",
  parse: (text) => parseAddress(text, use),
  check: (candidate) => checkAsText(candidate, formatAddress, (text) => parseAddress(text, use)),
  show: formatAddress,
});

const showAddresses = (addresses: readonly PeerAddress[]): string =>
  addresses.map(formatAddress).join(", ");

export const addressList: ValueKind<readonly PeerAddress[]> = {
  allowed: "host:port, or several with commas between; may be empty",
  unit: "",
  parse: (text) => parseAddressList(text, "dial"),
  check: (candidate) =>
    checkAsText(candidate, showAddresses, (text) => parseAddressList(text, "dial")),
  show: showAddresses,
};

const rangesAllowed = "ranges as in 10.0.0.0/8, fe80::/10, with commas between; may be empty";

function parseRanges(text: string): Parsed<readonly IpRange[]> {
  const parts = text.trim() === "" ? [] : text.split(",").map((part) => part.trim());
  const ranges = parts.flatMap((part) => parseIpRange(part) ?? []);
  return ranges.length === parts.length ? value(ranges) : fault(rangesAllowed);
}

const showRanges = (ranges: readonly IpRange[]): string =>
  ranges.map((range) => `${formatIpAddress(range.address)}/${range.prefixBits}`).join(", ");

export const rangeList: ValueKind<readonly IpRange[]> = {
  allowed: rangesAllowed,
  unit: "",
  parse: parseRanges,
  check: (candidate) => checkAsText(candidate, showRanges, parseRanges),
  show: showRanges,
};

const pathAllowed = "a path; a relative one starts at the folder of this file";

/** A path, absolute once it is read. */
export const path: ValueKind<string> = {
  allowed: pathAllowed,
  unit: "",
  parse(text, { baseDir, home }) {
    if (text === "" || text.includes("\0")) return fault(pathAllowed);
    if (text !== "~" && !text.startsWith("~/")) return value(resolve(baseDir, text));
    if (home === undefined) return fault("a path without ~ (this user has no home directory)");
    return value(resolve(home, text.slice(2)));
  },
  check: (candidate) =>
    isAbsolute(candidate) && !candidate.includes("\0") ? undefined : "an absolute path",
  show: (shown) => shown,
};
