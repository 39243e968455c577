import { Command } from "commander";
import { Config } from "../daemon/config.ts";
import { ExitCode } from "../daemon/gossip-error.ts";
import { Gossip } from "../daemon/gossip.ts";
import { Logger } from "../daemon/logger.ts";
import { nearestName } from "../daemon/nearest-name.ts";
import { CommandError, reportFailure } from "./failure.ts";

/** Flushing takes 2 s at most [protocol §7.4]; what still lives after this is a bug. A guess. */
const STOP_DEADLINE_MS = 5_000;

const HELP = `
Serves modules and peers until SIGTERM or SIGINT (Ctrl-C); a second signal ends
it at once. Without a file: modules at 127.0.0.1:7001, peers at 127.0.0.1:6001,
no bootstrapper. The log goes to standard output.

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
  const config = file === undefined ? Config.defaults() : Config.fromFile(file);
  const gossip = new Gossip(config, {
    logger: Logger.toStdout({ level: config.logLevel, format: config.logFormat }),
    onFatal: (error) => process.exit(reportFailure(error)),
  });
  stopAtFirstSignal(gossip);
  await gossip.start();
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
