import { readFile } from "node:fs/promises";
import { compileModule, instantiate, type CompiledModule } from "./web-assembly.ts";

/**
 * Tests at least `count` nonces `nonceHigh || start`, `nonceHigh || start + 1`, ... (the low word
 * wraps) and returns the low word of the first one whose digest begins with a word below `limit`,
 * or -1. All words are unsigned 32-bit; `count` is rounded up to what the kernel tests at once.
 */
export type Search = (
  challengeHigh: number,
  challengeLow: number,
  nonceHigh: number,
  start: number,
  count: number,
  limit: number,
) => number;

/**
 * vectorLean, vectorShort: four nonces in a 128-bit vector, with the fewest operations or with the
 * shortest chain of them. hybrid: four in a vector and one in general-purpose registers.
 * vectorWide: eight in two vectors, fast only where the engine packs them (vector-packing.ts).
 * javascript: one nonce, for engines without WebAssembly vectors.
 */
export type KernelName = "vectorLean" | "vectorShort" | "hybrid" | "vectorWide" | "javascript";

export interface Kernel {
  readonly name: KernelName;
  readonly search: Search;
}

/** Both files are written by tools/build-kernel.mjs. */
const moduleUrl = new URL("./kernel.wasm", import.meta.url);
const javaScriptUrl = new URL("./kernel-javascript.js", import.meta.url);

export async function compileKernels(): Promise<CompiledModule | undefined> {
  return compileModule(await readFile(moduleUrl));
}

function exported(exports: Readonly<Record<string, unknown>>, name: KernelName): Kernel {
  const search = exports[name];
  if (typeof search !== "function") throw new Error(`the kernel file has no function "${name}"`);
  return { name, search: search as Search };
}

/** The kernels this engine can run; which one is fastest is for a trial to say. */
export async function loadKernels(module: CompiledModule | undefined): Promise<readonly Kernel[]> {
  if (module === undefined) {
    const exports = (await import(javaScriptUrl.href)) as Readonly<Record<string, unknown>>;
    return [exported(exports, "javascript")];
  }
  const exports = instantiate(module);
  return [
    exported(exports, "vectorShort"),
    exported(exports, "hybrid"),
    exported(exports, "vectorLean"),
    exported(exports, "vectorWide"),
  ];
}
