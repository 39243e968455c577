import { writeFileSync } from "node:fs";
import { Command, Option } from "commander";
import type { CaseResult } from "../check/case.ts";
import { select } from "../check/catalogue.ts";
import { Mismatch } from "../check/mismatch.ts";
import { runCheck } from "../check/run.ts";
import {
  GRACE_MS_DEFAULT,
  PATIENCE_MS_DEFAULT,
  type Address,
  type CheckSettings,
} from "../check/settings.ts";
import { formatAddress } from "../daemon/address.ts";
import { ExitCode } from "../daemon/gossip-error.ts";
import {
  asJson,
  asJUnit,
  isConforming,
  listText,
  ResultLines,
  summaryLine,
} from "./check-report.ts";
import { screenOn } from "./demo/screen.ts";
import { CommandError } from "./failure.ts";
import { dialAddress, wholeNumber } from "./option-values.ts";
import { countOf } from "../monitor/quantities.ts";
import { styleFor } from "./style.ts";

const HELP = `
Plays the clauses of docs/protocol.md against any VoidPhone gossip module, in
raw bytes. The module should be fresh, with no other peers and no other modules,
and its default validation policy. With --p2p the handshake and the spreading
between peers are examined too; leave it away when the module speaks a P2P
protocol of its own. Every case has one of these outcomes:
  pass      the module does what the clause says
  FAIL      it does not; the line below says what was expected and what was seen
  differs   it does not, but the official tools of the course do the same
  untested  an earlier case failed that this one cannot do without

Examples:
  voidgossip check 127.0.0.1:7001
  voidgossip check 127.0.0.1:7001 --p2p 127.0.0.1:6001 --difficulty 16
  voidgossip check 127.0.0.1:7001 --only "one segment"
  voidgossip check --list

Exit code: 0 conforming, 1 not, 2 usage, 6 nobody listens there.`;

interface CheckOptions {
  readonly p2p?: Address;
  readonly difficulty: number;
  readonly only?: string;
  readonly patience: number;
  readonly list?: true;
  readonly json?: true;
  readonly junit?: string;
}

/** `voidgossip check HOST:PORT [--p2p HOST:PORT]` */
export function checkCommand(): Command {
  return new Command("check")
    .description("examine a gossip module, this one or any other, against the protocol")
    .argument("[host:port]", "its API", dialAddress)
    .addOption(new Option("--p2p <host:port>", "where it takes peers").argParser(dialAddress))
    .addOption(
      new Option("--difficulty <bits>", "zero bits of its proof of work, 1 to 28")
        .argParser(wholeNumber(1, 28))
        .default(24),
    )
    .option("--only <text>", "only cases whose group, name or clause has this text")
    .addOption(
      new Option("--patience <ms>", "how long something that must come may take")
        .argParser(wholeNumber(100, 60_000))
        .default(PATIENCE_MS_DEFAULT),
    )
    .option("--list", "name the cases and examine nothing")
    .option("--json", "the report as one JSON object")
    .option("--junit <file>", "write the report as JUnit XML too")
    .addHelpText("after", HELP)
    .action(check);
}

async function check(api: Address | undefined, options: CheckOptions): Promise<void> {
  const everything = options.list === true && options.p2p === undefined;
  const groups = select(options.p2p === undefined && !everything ? "api" : "both", options.only);
  if (groups.length === 0) {
    throw new CommandError(`no case has "${options.only ?? ""}" in it`, ExitCode.usage);
  }
  if (options.list === true) {
    process.stdout.write(listText(groups));
    return;
  }
  if (api === undefined) throw new CommandError("whom? give HOST:PORT, or --list", ExitCode.usage);
  const settings: CheckSettings = {
    api,
    p2p: options.p2p,
    difficultyBits: options.difficulty,
    patienceMs: options.patience,
    graceMs: GRACE_MS_DEFAULT,
  };
  const startedAtMs = performance.now();
  const results = await examine(groups, settings, options);
  const durationMs = Math.round(performance.now() - startedAtMs);
  const report = { settings, results, durationMs };
  if (options.json === true) process.stdout.write(`${asJson(report)}\n`);
  else process.stdout.write(`\n${summaryLine(report, styleFor(process.stdout, process.env))}\n`);
  if (options.junit !== undefined) writeReport(options.junit, asJUnit(report));
  if (!isConforming(results)) process.exitCode = ExitCode.negative;
}

/** Lines go to standard output as they come; with --json there is progress on standard error alone. */
async function examine(
  groups: ReturnType<typeof select>,
  settings: CheckSettings,
  options: CheckOptions,
): Promise<CaseResult[]> {
  const output = options.json === true ? process.stderr : process.stdout;
  const screen = screenOn(output, process.env);
  const lines = new ResultLines(styleFor(output, process.env));
  const isPrinting = options.json !== true || screen.kind === "terminal";
  const cases = groups.reduce((sum, group) => sum + group.cases.length, 0);
  const peers = settings.p2p === undefined ? "" : ` and ${formatAddress(settings.p2p)} (P2P)`;
  screen.print(`${countOf(cases, "case")} for ${formatAddress(settings.api)} (API)${peers}`);
  try {
    return await runCheck(groups, settings, {
      onStart: (title, done, total) => screen.live([`${done} of ${total} done; ${title} ...`]),
      onResult: (result) => {
        if (isPrinting) screen.print(...lines.of(result));
      },
    });
  } catch (error) {
    if (!(error instanceof Mismatch)) throw error;
    const text = `nobody listens at ${formatAddress(settings.api)}: ${error.seen}`;
    throw new CommandError(text, ExitCode.unreachable);
  } finally {
    screen.live([]);
  }
}

function writeReport(file: string, text: string): void {
  try {
    writeFileSync(file, text);
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    throw new CommandError(`cannot write ${file}: ${reason}`, ExitCode.usage);
  }
}
