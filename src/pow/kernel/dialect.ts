/**
 * How one 32-bit operation is written in each of the three languages the kernels are printed in.
 * Operands are names of variables or finished expressions without side effects.
 */

export interface Dialect {
  /** Type annotation of a local, with its colon; empty where the language has none. */
  readonly typeSuffix: string;
  literal(bits: number): string;
  add(left: string, right: string): string;
  xor(left: string, right: string): string;
  and(left: string, right: string): string;
  shiftRight(value: string, count: number): string;
  rotateRight(value: string, count: number): string;
}

export function hex(bits: number): string {
  return `0x${(bits >>> 0).toString(16).padStart(8, "0")}`;
}

/** One nonce in a general-purpose register. */
export const scalarAssemblyScript: Dialect = {
  typeSuffix: ": u32",
  literal: hex,
  add: (left, right) => `(${left} + ${right})`,
  xor: (left, right) => `(${left} ^ ${right})`,
  and: (left, right) => `(${left} & ${right})`,
  shiftRight: (value, count) => `(${value} >>> ${count})`,
  rotateRight: (value, count) => `rotr<u32>(${value}, ${count})`,
};

/** Four nonces in one vector. WebAssembly has no vector rotate: two shifts and an or. */
export const simdAssemblyScript: Dialect = {
  typeSuffix: ": v128",
  literal: (bits) => `i32x4.splat(${hex(bits)})`,
  add: (left, right) => `i32x4.add(${left}, ${right})`,
  xor: (left, right) => `v128.xor(${left}, ${right})`,
  and: (left, right) => `v128.and(${left}, ${right})`,
  shiftRight: (value, count) => `i32x4.shr_u(${value}, ${count})`,
  rotateRight: (value, count) =>
    `v128.or(i32x4.shr_u(${value}, ${count}), i32x4.shl(${value}, ${32 - count}))`,
};

/** One nonce in plain JavaScript; `| 0` keeps every intermediate an int32 for the optimiser. */
export const javaScript: Dialect = {
  typeSuffix: "",
  literal: (bits) => String(bits | 0),
  add: (left, right) => `((${left} + ${right}) | 0)`,
  xor: (left, right) => `(${left} ^ ${right})`,
  and: (left, right) => `(${left} & ${right})`,
  shiftRight: (value, count) => `(${value} >>> ${count})`,
  rotateRight: (value, count) => `((${value} >>> ${count}) | (${value} << ${32 - count}))`,
};
