import { InvalidArgumentError, Option } from "commander";
import type { PeerAddress } from "../core/ports.ts";
import { formatAddress, parseAddress } from "../daemon/address.ts";
import { FIXED_DEFAULTS } from "../daemon/config-keys.ts";
import { UINT16_MAX, UINT8_MAX } from "../wire/uint.ts";

/** For whole numbers in decimal digits; anything else is refused with what is allowed. */
export function wholeNumber(min: number, max: number): (text: string) => number {
  return (text) => {
    const value = /^\d{1,15}$/.test(text) ? Number(text) : NaN;
    if (value >= min && value <= max) return value;
    throw new InvalidArgumentError(`It has to be a whole number from ${min} to ${max}.`);
  };
}

/** For seconds with at most three decimals; gives milliseconds. Anything else is refused. */
export function secondsAsMs(min: number, max: number): (text: string) => number {
  return (text) => {
    const seconds = /^\d{1,9}(\.\d{1,3})?$/.test(text) ? Number(text) : NaN;
    if (seconds >= min && seconds <= max) return Math.round(seconds * 1_000);
    throw new InvalidArgumentError(`It has to be a number of seconds from ${min} to ${max}.`);
  };
}

/** Where a module finds its gossip node. */
export function apiOption(): Option {
  const { apiAddress } = FIXED_DEFAULTS;
  return new Option("--api <host:port>", "where the gossip node serves modules (its api_address)")
    .default(apiAddress, formatAddress(apiAddress))
    .argParser(dialAddress);
}

export function dataTypeOption(meaning: string): Option {
  return new Option("--type <n>", meaning)
    .argParser(wholeNumber(0, UINT16_MAX))
    .makeOptionMandatory();
}

export function ttlOption(): Option {
  return new Option("--ttl <n>", "how many hops it may travel; 0 is no limit")
    .default(0)
    .argParser(wholeNumber(0, UINT8_MAX));
}

/** An address to dial; anything else is refused with what is allowed. */
export function dialAddress(text: string): PeerAddress {
  const parsed = parseAddress(text, "dial");
  if (parsed.kind === "value") return parsed.value;
  throw new InvalidArgumentError(`It has to be ${parsed.problem}.`);
}
