/**
 * How the module under test went astray. `closed`: it hung up; `silent`: what had to come did not;
 * `stillOpen`: it should have hung up; `wrongBytes`: something else came; `unexpected`: something came
 * although nothing should have; `unreachable`: it takes no connection.
 */
export type MismatchKind =
  "closed" | "silent" | "stillOpen" | "wrongBytes" | "unexpected" | "unreachable";

/** The module did not do what a clause says. The message is one line for people. */
export class Mismatch extends Error {
  readonly kind: MismatchKind;
  readonly expected: string;
  readonly seen: string;

  constructor(kind: MismatchKind, expected: string, seen: string) {
    super(`expected ${expected}; seen ${seen}`);
    this.kind = kind;
    this.expected = expected;
    this.seen = seen;
  }
}

/** Enough for every header, an id and the beginning of the data. A guess. */
const SHOWN_BYTES_MAX = 24;

/** `12 bytes 000c01f4ff0539...` */
export function shownBytes(bytes: Uint8Array): string {
  if (bytes.length === 0) return "no bytes";
  const hex = Buffer.from(bytes.subarray(0, SHOWN_BYTES_MAX)).toString("hex");
  const more = bytes.length > SHOWN_BYTES_MAX ? "..." : "";
  return `${bytes.length} ${bytes.length === 1 ? "byte" : "bytes"} ${hex}${more}`;
}
