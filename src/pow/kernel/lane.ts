import type { Dialect } from "./dialect.ts";
import { literal, type Word } from "./word.ts";

/** Where the words go that are the same for all nonces of a search: printed before the loop. */
export class Setup {
  readonly lines: string[] = [];
  readonly #dialect: Dialect;
  readonly #nameByExpression = new Map<string, string>();

  constructor(dialect: Dialect) {
    this.#dialect = dialect;
  }

  get dialect(): Dialect {
    return this.#dialect;
  }

  /** Lanes ask for the same words; each is computed once. */
  define(expression: string): Word {
    let name = this.#nameByExpression.get(expression);
    if (name === undefined) {
      name = `u${this.#nameByExpression.size}`;
      this.#nameByExpression.set(expression, name);
      this.lines.push(`const ${name}${this.#dialect.typeSuffix} = ${expression};`);
    }
    return { kind: "uniform", name };
  }

  text(word: Word): string {
    switch (word.kind) {
      case "literal":
        return this.#dialect.literal(word.bits);
      case "uniform":
        return word.name;
      case "varying":
        throw new Error("a word that depends on the nonce cannot be computed before the loop");
    }
  }
}

/** How a lane refers, inside the loop, to words that are not its own. */
export interface Operands {
  literal(bits: number): string;
  uniform(name: string): string;
}

/**
 * The order in which a round adds its terms, see `nextWords` in compression.ts.
 * lean: fewest operations. short: shortest chain of operations from one `e` to the next.
 */
export type RoundStyle = "lean" | "short";

/** Prints the computation of one nonce, or of one vector of nonces. */
export class Lane {
  readonly style: RoundStyle;
  /** The statements so far; a lane with a rolled part has those of the loop in `loopLines`. */
  readonly lines: string[] = [];
  readonly loopLines: string[] = [];
  readonly #prefix: string;
  readonly #dialect: Dialect;
  readonly #setup: Setup;
  readonly #operands: Operands;
  #target = this.lines;

  constructor(
    prefix: string,
    style: RoundStyle,
    dialect: Dialect,
    setup: Setup,
    operands: Operands,
  ) {
    this.#prefix = prefix;
    this.style = style;
    this.#dialect = dialect;
    this.#setup = setup;
    this.#operands = operands;
  }

  /** From here on statements belong to the rolled part. */
  beginLoop(): void {
    this.#target = this.loopLines;
  }

  /** A local of this lane, so that a word used more than once is computed once. */
  local(name: string, word: Word): Word {
    return word.kind === "varying" ? this.#declare("const", name, word) : word;
  }

  /** A local that the rolled part assigns to. */
  variable(name: string, word: Word): Word {
    return this.#declare("let", name, word);
  }

  #declare(keyword: "const" | "let", name: string, word: Word): Word {
    const local = this.#prefix + name;
    this.#target.push(`${keyword} ${local}${this.#dialect.typeSuffix} = ${this.text(word)};`);
    return { kind: "varying", text: local };
  }

  assign(target: Word, word: Word): void {
    this.#target.push(`${this.text(target)} = ${this.text(word)};`);
  }

  text(word: Word): string {
    switch (word.kind) {
      case "literal":
        return this.#operands.literal(word.bits);
      case "uniform":
        return this.#operands.uniform(word.name);
      case "varying":
        return word.text;
    }
  }

  /** Modulo 2^32. What is not varying is added up first and costs one addition at most. */
  sum(...terms: readonly Word[]): Word {
    let known = 0;
    let uniform: Word | undefined;
    let varying: string | undefined;
    for (const term of terms) {
      if (term.kind === "literal") known = (known + term.bits) >>> 0;
      else if (term.kind === "uniform") uniform = this.#addUniform(uniform, term);
      else varying = varying === undefined ? term.text : this.#dialect.add(varying, term.text);
    }
    let fixed: Word = literal(known);
    if (uniform !== undefined) {
      fixed = known === 0 ? uniform : this.#addUniform(uniform, fixed);
    }
    if (varying === undefined) return fixed;
    if (fixed.kind === "literal" && fixed.bits === 0) return { kind: "varying", text: varying };
    return { kind: "varying", text: this.#dialect.add(varying, this.text(fixed)) };
  }

  #addUniform(left: Word | undefined, right: Word): Word {
    if (left === undefined) return right;
    const { dialect } = this.#setup;
    return this.#setup.define(dialect.add(this.#setup.text(left), this.#setup.text(right)));
  }

  xor(left: Word, right: Word): Word {
    return this.#binary(left, right, "xor", (a, b) => a ^ b);
  }

  and(left: Word, right: Word): Word {
    return this.#binary(left, right, "and", (a, b) => a & b);
  }

  #binary(
    left: Word,
    right: Word,
    operation: "xor" | "and",
    fold: (a: number, b: number) => number,
  ): Word {
    if (left.kind === "literal" && right.kind === "literal") {
      return literal(fold(left.bits, right.bits));
    }
    if (left.kind === "varying" || right.kind === "varying") {
      const text = this.#dialect[operation](this.text(left), this.text(right));
      return { kind: "varying", text };
    }
    const { dialect } = this.#setup;
    return this.#setup.define(dialect[operation](this.#setup.text(left), this.#setup.text(right)));
  }

  rotateRight(word: Word, count: number): Word {
    return this.#shift(word, "rotateRight", count, (x) => (x >>> count) | (x << (32 - count)));
  }

  shiftRight(word: Word, count: number): Word {
    return this.#shift(word, "shiftRight", count, (x) => x >>> count);
  }

  #shift(
    word: Word,
    operation: "rotateRight" | "shiftRight",
    count: number,
    fold: (x: number) => number,
  ): Word {
    switch (word.kind) {
      case "literal":
        return literal(fold(word.bits));
      case "uniform":
        return this.#setup.define(this.#setup.dialect[operation](word.name, count));
      case "varying":
        return { kind: "varying", text: this.#dialect[operation](word.text, count) };
    }
  }
}
