import type { Digest } from "./ports.ts";

/** Bytes of SHA-256(data) in a key [protocol §4.1]. */
const DIGEST_BYTES_KEPT = 16;
/** Data type and message id in one word, then the four words of the digest. */
export const ITEM_KEY_WORDS = 5;

/**
 * Writes the identity of an item into `key`: data type, message id, first 16 bytes of SHA-256(data)
 * [protocol §4.1]. TTL and reserved bits are no part of it.
 */
export function fillItemKey(
  key: Int32Array,
  dataType: number,
  messageId: number,
  data: Uint8Array,
  digest: Digest,
): void {
  const hash = digest(data);
  key[0] = (dataType << 16) | messageId;
  for (let word = 0; word < DIGEST_BYTES_KEPT / 4; word++) {
    const at = word * 4;
    key[word + 1] =
      (hash.charCodeAt(at) << 24) |
      (hash.charCodeAt(at + 1) << 16) |
      (hash.charCodeAt(at + 2) << 8) |
      hash.charCodeAt(at + 3);
  }
}

/** The two digits of each byte: there is a key per item while tracing is on. */
const HEX_OF_BYTE: readonly string[] = Array.from({ length: 256 }, (_, byte) =>
  byte.toString(16).padStart(2, "0"),
);

/** The whole key in hexadecimal, for traces and people. */
export function formatItemKey(key: Int32Array): string {
  let text = "";
  for (const word of key) {
    text += hexOf(word >>> 24) + hexOf(word >>> 16) + hexOf(word >>> 8) + hexOf(word);
  }
  return text;
}

const hexOf = (word: number): string => HEX_OF_BYTE[word & 0xff] ?? "";
