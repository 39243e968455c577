#!/usr/bin/env node
import { reportFailure } from "./failure.ts";
import { createProgram } from "./program.ts";

// Whoever reads our output may stop early, as `head` does: that is no failure.
process.stdout.on("error", (error: NodeJS.ErrnoException) => {
  process.exit(error.code === "EPIPE" ? process.exitCode : reportFailure(error));
});
process.on("uncaughtException", (error) => process.exit(reportFailure(error)));

try {
  await createProgram().parseAsync();
} catch (error) {
  process.exitCode = reportFailure(error);
}
