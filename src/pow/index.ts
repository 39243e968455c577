/** The puzzle of the handshake, solved in worker threads [protocol §3.5]. */
export { SolverPool, defaultWorkers, type SolverPoolOptions } from "./solver-pool.ts";
export type {
  SolveFailure,
  SolveJob,
  SolveObserver,
  SolveProgress,
  SolveRequest,
} from "./search.ts";
export type { KernelName } from "./kernels.ts";
export { measureRate, type MeasuredRate, type MeasureRequest } from "./measure.ts";
export { difficultyBitsMax } from "./proof.ts";
