import { setFlagsFromString } from "node:v8";

/**
 * V8 can compile two 128-bit vector operations on neighbouring data into one of 256 bits (AVX2). It
 * is switched off unless its flag is set when the code is optimised, and counts as experimental.
 * Measured on x64, kernel vectorWide: Node 24 (V8 13.6) and 25 (14.1) reach twice the rate of any other
 * kernel; Node 22 (12.4) and 26 (14.6) have the flag and gain nothing; Node 20 has no such flag
 * (docs/decisions/0010-wide-vectors.md).
 */
const versionFirst = 13.06;
const versionLast = 14.01;

export function mayPackVectors(): boolean {
  const [major, minor] = process.versions.v8.split(".").map(Number);
  const version = (major ?? 0) + (minor ?? 0) / 100;
  return process.arch === "x64" && version >= versionFirst && version <= versionLast;
}

/** For all threads of the process, until said otherwise: code optimised meanwhile is packed. */
export function packVectors(state: "on" | "off"): void {
  setFlagsFromString(`--${state === "on" ? "" : "no-"}experimental-wasm-revectorize`);
}
