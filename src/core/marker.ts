import type { Digest } from "./ports.ts";

/** The bytes of "vg1" before the challenge [protocol §6.2]. */
const MARKER_PREFIX = [0x76, 0x67, 0x31];

/**
 * The high word of a nonce that says "I speak the extension": the first 4 bytes of
 * SHA-256("vg1" || challenge) [protocol §6.2]. A base acceptor sees an ordinary nonce.
 */
export function markerOf(challenge: Uint8Array, digest: Digest): number {
  const bytes = new Uint8Array(MARKER_PREFIX.length + challenge.length);
  bytes.set(MARKER_PREFIX);
  bytes.set(challenge, MARKER_PREFIX.length);
  const hash = digest(bytes);
  const high = (hash.charCodeAt(0) << 8) | hash.charCodeAt(1);
  const low = (hash.charCodeAt(2) << 8) | hash.charCodeAt(3);
  return high * 0x1_0000 + low;
}

export function isMarked(challenge: Uint8Array, nonce: Uint8Array, digest: Digest): boolean {
  const [a = 0, b = 0, c = 0, d = 0] = nonce;
  return ((a << 8) | b) * 0x1_0000 + ((c << 8) | d) === markerOf(challenge, digest);
}
