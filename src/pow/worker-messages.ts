import type { KernelName } from "./kernels.ts";
import type { CompiledModule } from "./web-assembly.ts";

/**
 * widest: 256 bits where the engine is known to pack vectors, which is an experimental feature of it
 * (vector-packing.ts). portable: 128 bits, what every engine with vectors has.
 */
export type VectorUse = "widest" | "portable";

/** What a worker is started with. */
export interface WorkerSetup {
  /** undefined: the engine cannot run it, use plain JavaScript. */
  readonly module: CompiledModule | undefined;
  /** The only kernel to use, or undefined to choose by a trial. */
  readonly kernel: KernelName | undefined;
  readonly vectors: VectorUse;
  /** One number: searches up to and including this one have ended. */
  readonly ended: Int32Array;
  /** One number: nonces tested by this worker so far. */
  readonly tested: BigUint64Array;
}

/** One block to search. Each command gets exactly one `SearchReply`, in the same order. */
export interface SearchCommand {
  readonly search: number;
  readonly challengeHigh: number;
  readonly challengeLow: number;
  readonly nonceHigh: number;
  readonly start: number;
  readonly count: number;
  readonly limit: number;
}

export interface SearchReply {
  readonly search: number;
  readonly outcome:
    | { readonly kind: "found"; readonly nonceLow: number }
    | { readonly kind: "nothing" }
    /** The search had ended before the block was done. */
    | { readonly kind: "stopped" };
  readonly kernel: KernelName;
}
