/**
 * A 32-bit word of the computation, by what is known about it when.
 *
 * The kernels are printed by running SHA-256 once over such words: what is known at build time is
 * folded, what only depends on the challenge moves in front of the search loop, and the rest is
 * printed into the loop. So which rounds and schedule words are free follows from the arithmetic
 * and is nowhere listed by hand.
 */
export type Word =
  /** Known when the kernel is built. */
  | { readonly kind: "literal"; readonly bits: number }
  /** The same for all nonces of one search; `name` is a local of the setup section. */
  | { readonly kind: "uniform"; readonly name: string }
  /** Different for every nonce; `text` is an expression of the loop body. */
  | { readonly kind: "varying"; readonly text: string };

export function literal(bits: number): Word {
  return { kind: "literal", bits: bits >>> 0 };
}

export function uniform(name: string): Word {
  return { kind: "uniform", name };
}

export function varying(text: string): Word {
  return { kind: "varying", text };
}
