import { Command, InvalidArgumentError, Option } from "commander";
import { ExitCode } from "../daemon/gossip-error.ts";
import { CONTROL_HELP, addControlOptions, socketPathOf } from "./control-options.ts";
import type { ControlOptions } from "./control-options.ts";
import { firstSignal } from "./first-signal.ts";
import { secondsAsMs, wholeNumber } from "./option-values.ts";
import { TopSession } from "./top/session.ts";

/** Ten a second is more than anybody reads. Guesses, both. */
const INTERVAL_MIN_S = 0.1;
const INTERVAL_MAX_S = 3_600;
const INTERVAL_DEFAULT_S = 1;

const HELP = `
Keys: q or Ctrl-C quits, p pauses, Ctrl-Z stops as usual. Where standard output
is no terminal there is a line for each look instead. When the node goes away
it says so, and goes on when the node is back. Counts are per second, between
the last two looks; NO_COLOR and the locale are respected.
${CONTROL_HELP} With --monitor it asks a monitor (monitor_address) over HTTP.

Examples:
  voidgossip top
  voidgossip top -c gossip.ini --interval 0.5
  voidgossip top --monitor http://127.0.0.1:7801
  voidgossip top --interval 60 >> gossip.txt      a line a minute
  voidgossip top --count 2 --json | tail -n 1 | jq .measured

Exit code: 0 after q, a signal or --count looks, 2 usage, 3 configuration, 6 no
daemon answers at the start, or at the last of --count looks.`;

interface TopOptions extends ControlOptions {
  readonly monitor?: URL;
  readonly interval: number;
  readonly count: number;
  readonly json?: true;
}

/** `voidgossip top [--data-dir DIR | -c FILE | --socket PATH | --monitor URL] [--interval SECONDS]` */
export function topCommand(): Command {
  return addControlOptions(new Command("top"))
    .description("watch a running node: links, modules, rates, stores, items, drawn in place")
    .addOption(
      new Option("--monitor <url>", "monitor of the daemon, instead of its control socket")
        .conflicts(["config", "dataDir", "socket"])
        .argParser(monitorUrl),
    )
    .addOption(
      new Option("--interval <seconds>", "from one look to the next")
        .argParser(secondsAsMs(INTERVAL_MIN_S, INTERVAL_MAX_S))
        .default(INTERVAL_DEFAULT_S * 1_000, String(INTERVAL_DEFAULT_S)),
    )
    .addOption(
      new Option("--count <n>", "end after this many looks")
        .argParser(wholeNumber(1, Number.MAX_SAFE_INTEGER))
        .default(Infinity, "never"),
    )
    .option("--json", "one JSON object per look")
    .addHelpText("after", HELP)
    .action(top);
}

function monitorUrl(text: string): URL {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  if (url?.protocol === "http:") return url;
  throw new InvalidArgumentError("It has to be an HTTP address, such as http://127.0.0.1:7801.");
}

async function top(options: TopOptions): Promise<void> {
  const session = new TopSession(
    {
      place: options.monitor ?? socketPathOf(options),
      intervalMs: options.interval,
      count: options.count,
      format: options.json === true ? "json" : "screen",
    },
    { output: process.stdout, input: process.stdin, env: process.env },
  );
  restoreWhateverHappens(session);
  firstSignal().addEventListener("abort", () => session.quit());
  const end = await session.run();
  process.exitCode = end === "lost" ? ExitCode.unreachable : ExitCode.ok;
}

/** What is said about an end that nobody wanted has to be readable, and the terminal usable. */
function restoreWhateverHappens(session: TopSession): void {
  const restore = (): void => session.restore();
  process.on("uncaughtExceptionMonitor", restore);
  process.on("exit", restore);
  const hangUp = (): void => {
    restore();
    // Without a listener this signal does what it does by itself.
    process.off("SIGHUP", hangUp);
    process.kill(process.pid, "SIGHUP");
  };
  process.on("SIGHUP", hangUp);
  // The connection to the terminal was lost, and the signal that says so has not come yet.
  process.stdout.prependListener("error", ({ code }: NodeJS.ErrnoException) => {
    if (code === "EIO") hangUp();
  });
}
