import type { Digest } from "../core/ports.ts";

const CHALLENGE_BYTES = 8;
const NONCE_BYTES = 8;
/** The low word of every nonce that a simulated solver has found. */
const SOLVED = 0x5eed_900d;
/** A digest that any difficulty is content with. */
const ALL_ZEROS = "\0".repeat(32);

/** What a simulated search ends with; `high` is the marker, if there is one [protocol §6.2]. */
export function solvedNonce(high: number): Uint8Array {
  const nonce = new Uint8Array(NONCE_BYTES);
  const words = new DataView(nonce.buffer);
  words.setUint32(0, high);
  words.setUint32(4, SOLVED);
  return nonce;
}

/**
 * SHA-256 for which every solved nonce is a proof: the search is a delay that is drawn, while the cores
 * keep the difficulty of the real network, because their budget of proofs depends on it [protocol §7.3].
 * A payload of 16 bytes is taken for a proof once in 2^32.
 */
export function digestWithProofs(digest: Digest): Digest {
  return (bytes) => (isSolved(bytes) ? ALL_ZEROS : digest(bytes));
}

function isSolved(bytes: Uint8Array): boolean {
  if (bytes.length !== CHALLENGE_BYTES + NONCE_BYTES) return false;
  const words = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  return words.getUint32(CHALLENGE_BYTES + 4) === SOLVED;
}
