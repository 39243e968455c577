import { parentPort } from "node:worker_threads";
import { executeJob } from "./simulate-job.ts";
import type { SimulationJob } from "./simulate-job.ts";
import type { ThreadMessage } from "./simulate-pool.ts";

const say = (message: ThreadMessage): void => parentPort?.postMessage(message);

/** A thread that makes one run after the other, until it is terminated. */
parentPort?.on("message", (job: SimulationJob) => {
  const result = executeJob(job, (share) => say({ kind: "progress", share }));
  say({ kind: "done", result });
});
