import { setFlagsFromString } from "node:v8";
import { Command } from "commander";
import { Config } from "../daemon/config.ts";
import { ConfigError, ExitCode, GossipError } from "../daemon/gossip-error.ts";
import { Gossip } from "../daemon/gossip.ts";
import { Logger } from "../daemon/logger.ts";
import { nearestName } from "../daemon/nearest-name.ts";
import { reportReady } from "../daemon/service-manager.ts";
import { CommandError, reportFailure } from "./failure.ts";

/** Flushing takes 2 s at most [protocol §7.4]; what still lives after this is a bug. A guess. */
const STOP_DEADLINE_MS = 5_000;

/**
 * How much bytecode the optimising compiler may inline into one function; the engine's default is 920. An item
 * passes through some sixty small functions, and with room for all of them it costs a sixth less
 * (measured, docs/decisions/0013). A matter of the whole process, so none of the library.
 */
const INLINED_BYTECODE_MAX = 4_000;

/**
 * By how much of what lives, in percent, the heap may grow before a long collection; left alone, it grew to
 * three times as much and more. A flood of announcements then takes 19 MiB less, and the relay no more time (docs/decisions/0013).
 */
const HEAP_GROWTH_PERCENT = 50;

const HELP = `
Serves modules and peers until SIGTERM or SIGINT (Ctrl-C); a second signal ends
it at once, SIGHUP reads the file again. Without a file: modules at
127.0.0.1:7001, peers at 127.0.0.1:6001, no bootstrapper. The log goes to
standard output.

Examples:
  voidgossip run
  voidgossip run -c gossip.ini
  voidgossip config check gossip.ini        can this file be used?

Exit code: 0 stopped by a signal, 2 usage, 3 configuration, 4 address taken,
5 data_dir in use, 70 a bug.`;

/** `voidgossip run [-c FILE]` */
export function runCommand(): Command {
  return new Command("run")
    .description("run a gossip node in the foreground (the default command)")
    .option("-c, --config <file>", "configuration file (INI); built-in defaults without one")
    .allowExcessArguments()
    .addHelpText("after", HELP)
    .action(async (options: { config?: string }, command: Command) => {
      // As the default command this also gets whatever is no command at all.
      const [stray] = command.args;
      if (stray !== undefined) throw unknownWord(stray, command);
      await run(options.config);
    });
}

function unknownWord(word: string, command: Command): CommandError {
  const names = command.parent?.commands.map((other) => other.name()) ?? [];
  const nearest = nearestName(word, names);
  const hint = nearest === undefined ? "Help: voidgossip --help" : `did you mean ${nearest}?`;
  return new CommandError(`error: there is no command ${word} (${hint})`, ExitCode.usage);
}

async function run(file: string | undefined): Promise<void> {
  setFlagsFromString(`--max-inlined-bytecode-size-cumulative=${INLINED_BYTECODE_MAX}`);
  setFlagsFromString(`--heap-growing-percent=${HEAP_GROWTH_PERCENT}`);
  const config = file === undefined ? Config.defaults() : Config.fromFile(file);
  const logger = Logger.toStdout({ level: config.logLevel, format: config.logFormat });
  const gossip = new Gossip(config, {
    logger,
    onFatal: (error) => process.exit(reportFailure(error)),
  });
  stopAtFirstSignal(gossip);
  const started = gossip.start();
  // Also one that comes early must not end the process, which is what this signal does otherwise.
  process.on("SIGHUP", () => {
    const nothing = (): void => undefined;
    void started.then(() => reload(gossip, logger), nothing);
  });
  await started;
  reportReady(process.env, (reason) => logger.say({ name: "notReported", reason }));
}

/** A file with faults changes nothing, and says so as it would have at the start. */
function reload(gossip: Gossip, logger: Logger): void {
  const { file } = gossip.config;
  try {
    if (file === undefined) throw new CommandError("no file was given", ExitCode.config);
    const next = Config.fromFile(file);
    logger.setLevel(next.logLevel);
    gossip.reload(next);
  } catch (error) {
    for (const message of faultsOf(error)) logger.say({ name: "reloadRefused", message });
  }
}

/** One line each. @throws what is no fault of an operator */
function faultsOf(error: unknown): readonly string[] {
  if (error instanceof ConfigError) return error.faults.map(({ message }) => message);
  if (error instanceof GossipError || error instanceof CommandError) return [error.message];
  throw error;
}

function stopAtFirstSignal(gossip: Gossip): void {
  const signals = ["SIGTERM", "SIGINT"] as const;
  const stop = (): void => {
    // Without a listener the next signal does what signals do.
    for (const signal of signals) process.off(signal, stop);
    setTimeout(() => process.exit(ExitCode.internal), STOP_DEADLINE_MS).unref();
    void gossip.stop();
  };
  for (const signal of signals) process.on(signal, stop);
}
