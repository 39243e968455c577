import {
  halfRolledDigestWord,
  messageBlock,
  roundsBeforeLoop,
  unrolledDigestWord,
} from "./compression.ts";
import { hex, scalarAssemblyScript, simdAssemblyScript } from "./dialect.ts";
import { Lane, Setup, type Operands, type RoundStyle } from "./lane.ts";
import { roundConstants } from "./sha256-constants.ts";
import { uniform, varying, type Word } from "./word.ts";

/** A lane with its place among the nonces of one step. */
interface PlacedLane {
  readonly kind: "vector" | "scalar";
  readonly lane: Lane;
  readonly nonce: string;
  /** Of its first nonce, from the first one of the step. */
  readonly offset: number;
  readonly digest: string;
}

type Shape =
  | { readonly kind: "vector"; readonly style: RoundStyle }
  /** Two vectors, operation by operation: an engine that packs the pairs gets 256-bit vectors. */
  | { readonly kind: "wide" }
  /** A vector and one scalar lane; half rolled, or the code outgrows the processor's caches. */
  | { readonly kind: "hybrid" };

/**
 * Vectors of equal numbers, in memory: K as words that a load spreads over the lanes, what is per
 * challenge as whole vectors that the setup stores. Locals would only be spilled by the engine.
 * For the wide form those are words too: two loads of one word pack, two of one vector do not.
 */
class VectorOperands implements Operands {
  readonly #search: string;
  readonly #uniformBytes: 4 | 16;
  readonly #literals: number[] = [];
  readonly #uniforms: string[] = [];

  constructor(search: string, { kind }: Shape) {
    this.#search = search;
    this.#uniformBytes = kind === "wide" ? 4 : 16;
  }

  literal(bits: number): string {
    return `v128.load_splat<u32>(${this.#search}Literals, ${4 * place(this.#literals, bits)})`;
  }

  uniform(name: string): string {
    const load = this.#uniformBytes === 4 ? "v128.load_splat<u32>" : "v128.load";
    return `${load}(${this.#search}Uniforms, ${this.#uniformBytes * place(this.#uniforms, name)})`;
  }

  declarations(): string {
    const literals = this.#literals.map(hex).join(", ");
    return `const ${this.#search}Literals: usize = memory.data<u32>([${literals}], 16);
const ${this.#search}Uniforms: usize = memory.data(${this.#uniformBytes * this.#uniforms.length}, 16);`;
  }

  stores(): string[] {
    const [store, spread] =
      this.#uniformBytes === 4 ? ["store<u32>", ""] : ["v128.store", "i32x4.splat"];
    return this.#uniforms.map(
      (name, index) =>
        `${store}(${this.#search}Uniforms, ${spread}(${name}), ${this.#uniformBytes * index});`,
    );
  }
}

const scalarOperands: Operands = { literal: hex, uniform: (name) => name };

function place<T>(list: T[], item: T): number {
  const index = list.indexOf(item);
  return index >= 0 ? index : list.push(item) - 1;
}

function block(nonce: string): Word[] {
  const given = [uniform("challengeHigh"), uniform("challengeLow"), uniform("nonceHigh")] as const;
  return messageBlock(...given, varying(nonce));
}

function vectorLane(
  shape: Shape,
  setup: Setup,
  operands: VectorOperands,
  prefix: "v" | "w",
): PlacedLane {
  const style = shape.kind === "vector" ? shape.style : "short";
  const lane = new Lane(`${prefix}_`, style, simdAssemblyScript, setup, operands);
  const nonce = `${prefix}_nonce`;
  const digest =
    shape.kind === "hybrid"
      ? halfRolledDigestWord(lane, block(nonce), (index) =>
          varying(`v128.load_splat<u32>(constants, ${4 * index})`),
        )
      : unrolledDigestWord(lane, block(nonce));
  const offset = prefix === "v" ? 0 : 4;
  return { kind: "vector", lane, nonce, offset, digest: lane.text(digest) };
}

function scalarLane(setup: Setup): PlacedLane {
  const lane = new Lane("s_", "lean", scalarAssemblyScript, setup, scalarOperands);
  const nonce = "s_nonce";
  const digest = halfRolledDigestWord(lane, block(nonce), (index) =>
    varying(`load<u32>(constants, ${4 * index})`),
  );
  return { kind: "scalar", lane, nonce, offset: 4, digest: lane.text(digest) };
}

/** Statements of the lanes in turn: the processor has units for vectors and units for words. */
function interleaved(lists: readonly (readonly string[])[]): string[] {
  const longest = Math.max(...lists.map((list) => list.length));
  return Array.from({ length: longest }, (_, index) =>
    lists.flatMap((list) => list.slice(index, index + 1)),
  ).flat();
}

function rounds(lanes: readonly PlacedLane[]): string[] {
  const loop = interleaved(lanes.map(({ lane }) => lane.loopLines));
  const lines = interleaved(lanes.map(({ lane }) => lane.lines));
  if (loop.length === 0) return lines;
  const first = `K + ${4 * roundsBeforeLoop}`;
  return [
    ...lines,
    `for (let constants: usize = ${first}; constants < K + 256; constants += 64) {`,
    ...loop,
    "}",
  ];
}

function firstNonce({ kind, nonce, offset }: PlacedLane): string {
  // Not splat(start + offset): different splats do not pack, and nothing that depends on them does.
  const numbers = [0, 1, 2, 3].map((index) => offset + index);
  return kind === "vector"
    ? `let ${nonce}: v128 = i32x4.add(i32x4.splat(start), i32x4(${numbers.join(", ")}));`
    : `let ${nonce}: u32 = start + ${offset};`;
}

function nextNonce({ kind, nonce }: PlacedLane, step: number): string {
  return kind === "vector"
    ? `${nonce} = i32x4.add(${nonce}, i32x4.splat(${step}));`
    : `${nonce} += ${step};`;
}

/** Whether any lane has a hit, before which one: one branch, almost never taken. */
function test(lanes: readonly PlacedLane[]): string[] {
  const hit = ({ kind, digest }: PlacedLane): string =>
    kind === "vector"
      ? `const v_hit: v128 = i32x4.lt_u(${digest}, limits);`
      : `const s_hit: i32 = i32(${digest} < limit);`;
  const any = ({ kind }: PlacedLane): string =>
    kind === "vector" ? "i32(v128.any_true(v_hit))" : "s_hit";
  const answer = ({ kind, offset }: PlacedLane): string =>
    kind === "vector"
      ? "if (v128.any_true(v_hit)) return f64(start + done + ctz<u32>(i32x4.bitmask(v_hit)));"
      : `return f64(start + done + ${offset});`;
  return [...lanes.map(hit), `if (${lanes.map(any).join(" | ")}) {`, ...lanes.map(answer), "}"];
}

/** As `test`, through memory: the engine looks for pairs from stores to neighbouring places on. */
function pairedTest(lanes: readonly PlacedLane[]): string[] {
  const hit = ({ digest, offset }: PlacedLane): string =>
    `const hit${offset}: v128 = i32x4.lt_u(${digest}, limits);`;
  const store = ({ offset }: PlacedLane): string =>
    `v128.store(hits, hit${offset}, ${4 * offset});`;
  const mask = "i32x4.bitmask(v128.load(hits)) | (i32x4.bitmask(v128.load(hits, 16)) << 4)";
  return [
    ...lanes.map(hit),
    ...lanes.map(store),
    "if (load<u64>(hits) | load<u64>(hits, 8) | load<u64>(hits, 16) | load<u64>(hits, 24)) {",
    `return f64(start + done + ctz<u32>(${mask}));`,
    "}",
  ];
}

function lanesOf(shape: Shape, setup: Setup, operands: VectorOperands): PlacedLane[] {
  const vector = vectorLane(shape, setup, operands, "v");
  switch (shape.kind) {
    case "vector":
      return [vector];
    case "hybrid":
      return [vector, scalarLane(setup)];
    case "wide":
      return [vector, vectorLane(shape, setup, operands, "w")];
  }
}

const STEPS = { vector: 4, hybrid: 5, wide: 8 } as const;

function printSearch(name: string, shape: Shape): string {
  const setup = new Setup(scalarAssemblyScript);
  const operands = new VectorOperands(name, shape);
  const lanes = lanesOf(shape, setup, operands);
  const step = STEPS[shape.kind];
  const testLines = shape.kind === "wide" ? pairedTest(lanes) : test(lanes);
  return `
${operands.declarations()}
export function ${name}(
  challengeHigh: u32, challengeLow: u32, nonceHigh: u32, start: u32, count: u32, limit: u32
): f64 {
  ${[...setup.lines, ...operands.stores(), ...lanes.map(firstNonce)].join("\n  ")}
  const limits: v128 = i32x4.splat(limit);
  for (let done: u32 = 0; done < count; done += ${step}) {
    ${[...rounds(lanes), ...testLines, ...lanes.map((lane) => nextNonce(lane, step))].join("\n    ")}
  }
  return -1;
}
`;
}

/** The source of kernel.wasm. */
export function printAssemblyScript(): string {
  return [
    `const K: usize = memory.data<u32>([${roundConstants.map(hex).join(", ")}], 16);`,
    "const hits: usize = memory.data(32, 32);",
    printSearch("vectorLean", { kind: "vector", style: "lean" }),
    printSearch("vectorShort", { kind: "vector", style: "short" }),
    printSearch("hybrid", { kind: "hybrid" }),
    printSearch("vectorWide", { kind: "wide" }),
  ].join("\n");
}
