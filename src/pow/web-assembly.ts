/** The part of the WebAssembly interface that we use; Node's type package does not declare it. */

declare const compiled: unique symbol;

/** Machine code that threads share: what one of them had optimised is fast for all. */
export interface CompiledModule {
  readonly [compiled]: true;
}

interface WebAssemblyApi {
  compile(bytes: Uint8Array): Promise<CompiledModule>;
  Instance: new (module: CompiledModule) => { readonly exports: Readonly<Record<string, unknown>> };
}

const api = (globalThis as unknown as { readonly WebAssembly?: WebAssemblyApi }).WebAssembly;

/** @returns undefined where the engine has no WebAssembly, or none with 128-bit vectors. */
export async function compileModule(bytes: Uint8Array): Promise<CompiledModule | undefined> {
  if (api === undefined) return undefined;
  try {
    return await api.compile(bytes);
  } catch (error) {
    if (error instanceof Error && error.name === "CompileError") return undefined;
    throw error;
  }
}

export function instantiate(module: CompiledModule): Readonly<Record<string, unknown>> {
  if (api === undefined) throw new Error("a module was compiled without WebAssembly");
  return new api.Instance(module).exports;
}
