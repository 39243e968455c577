import { Command } from "commander";
import { Config } from "../daemon/config.ts";
import { ConfigError, ConfigFileError, ExitCode } from "../daemon/gossip-error.ts";
import type { GossipStatus } from "../monitor/status.ts";
import { measureRate } from "../pow/index.ts";
import { askDaemon } from "./control-client.ts";
import type { ControlPage } from "./control-client.ts";
import { addControlOptions, socketPathOf } from "./control-options.ts";
import type { ControlOptions } from "./control-options.ts";
import { diagnose, diagnosePuzzle } from "./doctor/diagnosis.ts";
import type { Finding } from "./doctor/diagnosis.ts";
import { diagnosePorts } from "./doctor/ports.ts";
import { CommandError } from "./failure.ts";
import { dataTypeOption } from "./option-values.ts";
import { styleFor } from "./style.ts";
import type { Style } from "./style.ts";

/** Long enough for a rate that is right within some per cent, in ms. A guess. */
const RATE_MS = 500;

const HELP = `
Looks at the configuration, at the running node and at this machine, and says
what keeps items from spreading or arriving, and what to do about it. Give the
file the node runs with; with --data-dir or --socket only the node is looked at.

Examples:
  voidgossip doctor -c gossip.ini
  voidgossip doctor -c gossip.ini --type 1337     does that type get through?
  voidgossip doctor --json | jq -r '.[].cause'

Exit code: 0 nothing is wrong, 1 something is, 2 usage.`;

interface DoctorOptions extends ControlOptions {
  readonly type?: number;
  readonly json?: true;
}

interface PuzzleConfig {
  readonly difficultyBits: number;
  readonly powTimeoutMs: number;
  readonly powWorkers: number;
}

const STATUS: ControlPage<GossipStatus> = {
  path: "/status",
  lists: ["links", "subscribers", "stores"],
  objects: ["health", "bootstrap", "counters", "eventLoopDelay"],
};

/** `voidgossip doctor [-c FILE | --data-dir DIR | --socket PATH] [--type N] [--json]` */
export function doctorCommand(): Command {
  return addControlOptions(new Command("doctor"))
    .description("say why nothing spreads or arrives, and what to do about it")
    .addOption(dataTypeOption("a data type: do its items get through?").makeOptionMandatory(false))
    .option("--json", "print the findings as one JSON list")
    .addHelpText("after", HELP)
    .action(async (options: DoctorOptions) => {
      const findings = await examine(options);
      const text =
        options.json === true
          ? JSON.stringify(findings, undefined, 2)
          : findingsText(findings, styleFor(process.stdout, process.env)).join("\n");
      process.stdout.write(`${text}\n`);
      const isIll = findings.some(({ severity }) => severity === "fault");
      process.exitCode = isIll ? ExitCode.negative : ExitCode.ok;
    });
}

async function examine(options: DoctorOptions): Promise<Finding[]> {
  let config: Config | undefined;
  try {
    config = readConfig(options);
  } catch (error) {
    return configFaults(error);
  }
  const warnings = config?.warnings.map(({ message }) => configFinding("notice", message)) ?? [];
  const socketPath = socketPathOf(options);
  try {
    const status = await askDaemon(socketPath, STATUS);
    const puzzle = await askDaemon<PuzzleConfig>(socketPath, {
      path: "/config",
      lists: [],
      objects: [],
    });
    const evidence = { status, now: Date.now(), dataType: options.type };
    return [...diagnose(evidence), ...(await puzzleFindings(status, puzzle)), ...warnings];
  } catch (error) {
    if (!(error instanceof CommandError)) throw error;
    return [...(await notRunning(error.message, config)), ...warnings];
  }
}

/** Undefined when only a running node is to be looked at. */
function readConfig({ config, dataDir, socket }: DoctorOptions): Config | undefined {
  if (dataDir !== undefined || socket !== undefined) return undefined;
  return config === undefined ? Config.defaults() : Config.fromFile(config);
}

function configFaults(error: unknown): Finding[] {
  if (error instanceof ConfigFileError) return [configFinding("fault", error.message)];
  if (!(error instanceof ConfigError)) throw error;
  return [
    ...error.faults.map(({ message }) => configFinding("fault", message)),
    ...error.warnings.map(({ message }) => configFinding("notice", message)),
  ];
}

function configFinding(severity: Finding["severity"], what: string): Finding {
  const cause = severity === "fault" ? "config" : "configWarning";
  return { severity, cause, what, advice: "voidgossip config explain KEY says what a key means" };
}

async function notRunning(what: string, config: Config | undefined): Promise<Finding[]> {
  const ports = config === undefined ? [] : await diagnosePorts(config);
  if (ports.length > 0) return ports;
  const advice = "start it: voidgossip run -c FILE, with the file that this command was given";
  return [{ severity: "fault", cause: "notRunning", what, advice }];
}

/** Measures this machine only when the node dials and has no link: a link shows that it is fast enough. */
async function puzzleFindings(status: GossipStatus, puzzle: PuzzleConfig): Promise<Finding[]> {
  const dials = status.bootstrap.addresses.length > 0;
  if (!dials || status.links.some(({ phase }) => phase === "established")) return [];
  const { difficultyBits, powTimeoutMs, powWorkers } = puzzle;
  const known = status.proof?.hashesPerSecond ?? 0;
  const measured = (): ReturnType<typeof measureRate> =>
    measureRate({ workers: powWorkers, measuredMs: RATE_MS });
  const rate = known > 0 ? known : (await measured()).hashesPerSecond;
  return diagnosePuzzle(difficultyBits, powTimeoutMs, rate);
}

function findingsText(findings: readonly Finding[], style: Style): string[] {
  if (findings.length === 0) return [style.good("Nothing is wrong.")];
  return findings.flatMap(({ severity, cause, what, advice }) => {
    const mark = severity === "fault" ? style.bad("fault ") : style.strong("notice");
    return [`${mark}  ${what}  ${style.faint(`[${cause}]`)}`, `        ${advice}`];
  });
}
