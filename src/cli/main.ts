#!/usr/bin/env node
import type { Command } from "commander";
import { reportFailure } from "./failure.ts";
import { rootCommand } from "./root-command.ts";

// Whoever reads our output may stop early, as `head` does: that is no failure.
process.stdout.on("error", (error: NodeJS.ErrnoException) => {
  process.exit(error.code === "EPIPE" ? process.exitCode : reportFailure(error));
});
process.on("uncaughtException", (error) => process.exit(reportFailure(error)));

/** A node lives for months, and does without what all other commands load. */
async function programFor(words: readonly string[]): Promise<Command> {
  const options = words[0] === "run" ? words.slice(1) : words;
  const isPlainRun =
    options.length === 0 ||
    (options.length === 2 && (options[0] === "-c" || options[0] === "--config"));
  if (isPlainRun) return rootCommand([]);
  const { createProgram } = await import("./program.ts");
  return createProgram();
}

try {
  await (await programFor(process.argv.slice(2))).parseAsync();
} catch (error) {
  process.exitCode = reportFailure(error);
}
