import type { Digest } from "./ports.ts";

/** Whether SHA-256(challenge || nonce) begins with that many zero bits [protocol §3.2]. One hash. */
export function isProof(
  challenge: Uint8Array,
  nonce: Uint8Array,
  difficultyBits: number,
  digest: Digest,
): boolean {
  const block = new Uint8Array(challenge.length + nonce.length);
  block.set(challenge);
  block.set(nonce, challenge.length);
  return leadingZeroBits(digest(block)) >= difficultyBits;
}

/** Of a digest as latin1 characters. */
export function leadingZeroBits(digest: string): number {
  for (let at = 0; at < digest.length; at++) {
    const byte = digest.charCodeAt(at);
    if (byte !== 0) return at * 8 + Math.clz32(byte) - 24;
  }
  return digest.length * 8;
}
