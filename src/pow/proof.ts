import { createHash } from "node:crypto";

export const challengeBytes = 8;
const nonceBytes = 8;
/** [protocol §3.2] */
export const difficultyBitsMax = 28;

/** A digest is good when its first 32-bit word is below this. */
export function digestLimit(difficultyBits: number): number {
  return 2 ** (32 - difficultyBits);
}

export function nonceOf(high: number, low: number): Uint8Array {
  const nonce = new Uint8Array(nonceBytes);
  const view = new DataView(nonce.buffer);
  view.setUint32(0, high);
  view.setUint32(4, low);
  return nonce;
}

/** Checks with node:crypto what a kernel claims to have found. */
export function isSolution(
  challenge: Uint8Array,
  nonce: Uint8Array,
  difficultyBits: number,
): boolean {
  const digest = createHash("sha256").update(challenge).update(nonce).digest();
  return digest.readUInt32BE(0) < digestLimit(difficultyBits);
}
