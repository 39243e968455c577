/** The puzzle of the handshake, solved in worker threads [protocol §3.5]. */
export { SolverPool, defaultWorkers, type SolverPoolOptions } from "./solver-pool.ts";
export type { SolveFailure, SolveJob, SolveProgress, SolveRequest } from "./search.ts";
export { measureRate, type MeasuredRate } from "./measure.ts";
export { difficultyBitsMax } from "./proof.ts";
export type { VectorUse } from "./worker-messages.ts";
