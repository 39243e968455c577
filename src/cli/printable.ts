/** More of one item than this hides the next one on a screen. A guess. */
const CHARACTERS_MAX = 400;
const HEX_BYTES_MAX = 32;

/**
 * Data of strangers as one line that is safe to print: UTF-8 text with everything that could move the
 * cursor, change colours or reverse the reading direction written as an escape; hexadecimal otherwise.
 */
export function printable(bytes: Uint8Array): string {
  if (bytes.length === 0) return "(empty)";
  const text = textOf(bytes);
  if (text === undefined) return hexOf(bytes);
  // By character, not by code unit: half a surrogate pair cannot be printed.
  const characters = Array.from(text);
  const shown = characters.slice(0, CHARACTERS_MAX).map(visible).join("");
  return characters.length > CHARACTERS_MAX ? `${shown}...` : shown;
}

/** Text that may hold anything, as one line that is safe to print; of any length. */
export const printableText = (text: string): string => Array.from(text, visible).join("");

/** Undefined for what is no text: bytes that are not UTF-8, or control characters that text has not. */
function textOf(bytes: Uint8Array): string | undefined {
  try {
    const text = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(bytes);
    return /[\u0000-\u0006\u000e-\u001a\u001c-\u001f]/.test(text) ? undefined : text;
  } catch (error) {
    if (error instanceof TypeError) return undefined;
    throw error;
  }
}

function hexOf(bytes: Uint8Array): string {
  const hex = Buffer.from(bytes.subarray(0, HEX_BYTES_MAX)).toString("hex");
  return `hex ${hex.replace(/../g, "$& ").trimEnd()}${bytes.length > HEX_BYTES_MAX ? " ..." : ""}`;
}

const ESCAPES: Readonly<Record<string, string>> = {
  "\n": "\\n",
  "\r": "\\r",
  "\t": "\\t",
  "\\": "\\\\",
};

/** Unicode's "other" (controls, formats such as bidi marks, unassigned) and its line separators. */
const INVISIBLE = /[\p{C}\p{Zl}\p{Zp}]/u;

function visible(character: string): string {
  const escape = ESCAPES[character];
  if (escape !== undefined) return escape;
  if (!INVISIBLE.test(character)) return character;
  return `\\u{${(character.codePointAt(0) ?? 0).toString(16)}}`;
}
