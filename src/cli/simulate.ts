import { writeFileSync } from "node:fs";
import { availableParallelism } from "node:os";
import { Command, InvalidArgumentError, Option } from "commander";
import { ExitCode } from "../daemon/gossip-error.ts";
import { everythingIn } from "../sim/restriction.ts";
import type { Restriction } from "../sim/restriction.ts";
import { runPlan } from "../sim/run.ts";
import type { Run, RunOptions } from "../sim/run.ts";
import { planOf } from "../sim/scenario-plan.ts";
import { runSwarmSeed } from "../sim/swarm-run.ts";
import { swarmPlan } from "../sim/swarm.ts";
import { CommandError } from "./failure.ts";
import { wholeNumber } from "./option-values.ts";
import { compare } from "./simulate-compare.ts";
import { portsFor } from "./simulate-job.ts";
import type { CarriageName, ScenarioResult } from "./simulate-job.ts";
import { explaining, loadVariants, settingOf } from "./simulate-load.ts";
import type { Setting } from "./simulate-load.ts";
import { Teller } from "./simulate-replay.ts";
import { reportOf } from "./simulate-report.ts";
import {
  asJson,
  asText,
  baselineOf,
  isGood,
  METRIC_MEANINGS,
  runScenario,
} from "./simulate-scenario.ts";
import type { ScenarioOutcome } from "./simulate-scenario.ts";
import { parseNumbers, runSwarm, swarmAsJson, swarmAsText } from "./simulate-swarm.ts";

const SEED_MAX = 2 ** 32 - 1;
const SIMULATED_MS_MAX = 24 * 3_600_000;

const SCENARIO_HELP = `
A scenario is a JSON file that says who is there, how they are linked, what is
announced and what goes wrong; docs/simulation.md says how to write one. The
same seed gives the same run, everywhere.

Metrics:
${METRIC_MEANINGS.join("\n")}

Examples:
  voidgossip simulate scenarios/flood.json
  voidgossip simulate scenarios/flood.json --nodes 10000 --report flood.html
  voidgossip simulate scenarios/flood.json --set topology.degree=5
  voidgossip simulate scenarios/flood.json \\
    --compare scenarios/baselines/flood.json
  voidgossip simulate swarm --seeds 2000
  voidgossip simulate replay scenarios/ttl-reach.json --seed 1 --item 0

Exit code: 0 all laws kept and all figures as expected, 1 not, 2 usage, 3 the
scenario is faulty.`;

interface ScenarioFlags {
  readonly nodes?: number;
  readonly seed: number;
  readonly runs: number;
  readonly set: readonly Setting[];
  readonly variant?: string;
  readonly json?: true;
  readonly report?: string;
  readonly compare?: string;
  readonly margin: number;
  readonly writeBaseline?: string;
  readonly wire?: true;
  readonly workers: number;
}

/** `voidgossip simulate SCENARIO`, `simulate swarm` and `simulate replay`. */
export function simulateCommand(): Command {
  return new Command("simulate")
    .description("many nodes with the daemon's own protocol core, on a simulated network")
    .argument("[scenario]", "scenario file (JSON)")
    .addOption(nodesOption())
    .addOption(seedOption())
    .addOption(
      new Option("--runs <k>", "runs with consecutive seeds")
        .argParser(wholeNumber(1, 10_000))
        .default(1),
    )
    .addOption(setOption())
    .option("--variant <name>", "only this variant of the scenario")
    .option("--json", "print one JSON object instead of the table")
    .option("--report <file.html>", "write a page with plots as well")
    .option("--compare <baseline>", "show what changed since this baseline was written")
    .addOption(
      new Option("--margin <percent>", "how much worse than the baseline is worse")
        .argParser(wholeNumber(0, 100))
        .default(1),
    )
    .option("--write-baseline <file>", "write the figures for later comparison")
    .addOption(wireOption())
    .addOption(workersOption())
    .addHelpText("after", SCENARIO_HELP)
    .action(simulate)
    .addCommand(swarmCommand())
    .addCommand(replayCommand());
}

const nodesOption = (): Option =>
  new Option("--nodes <n>", "how many nodes, instead of what the scenario says").argParser(
    wholeNumber(1, 65_536),
  );

const seedOption = (): Option =>
  new Option("--seed <s>", "what all chance is drawn from")
    .argParser(wholeNumber(0, SEED_MAX))
    .default(1);

const setOption = (): Option =>
  new Option("--set <path=value>", "set a field of the scenario, as topology.degree=5; repeatable")
    .argParser(settingOf)
    .default([], "none");

const wireOption = (): Option =>
  new Option("--wire", "send messages through encoder and decoder; the trace is the same");

const workersOption = (): Option =>
  new Option("--workers <n>", "threads to spread runs over")
    .argParser(wholeNumber(1, 256))
    .default(availableParallelism(), "one per core");

const carriageOf = ({ wire }: { readonly wire?: true }): CarriageName =>
  wire === true ? "bytes" : "objects";

const allSettings = ({ set, nodes }: { set: readonly Setting[]; nodes?: number }): Setting[] =>
  nodes === undefined ? [...set] : [...set, ["nodes", nodes]];

async function simulate(
  file: string | undefined,
  flags: ScenarioFlags,
  command: Command,
): Promise<void> {
  if (file === undefined) return command.error("error: missing argument 'scenario'");
  const outcome = await outcomeOf(file, flags);
  const comparison =
    flags.compare === undefined ? undefined : compare(outcome, flags.compare, flags.margin);
  if (flags.report !== undefined) write(flags.report, reportOf(outcome, commandOf(file, flags)));
  if (flags.writeBaseline !== undefined) {
    write(flags.writeBaseline, `${JSON.stringify(baselineOf(outcome), undefined, 2)}\n`);
  }
  const repeat = ({ seed, variant }: ScenarioResult): string =>
    commandOf(file, { ...flags, seed, runs: 1, ...(variant === "" ? {} : { variant }) });
  const lines = flags.json === true ? [asJson(outcome)] : asText(outcome, repeat);
  const changes = comparison === undefined || flags.json === true ? [] : ["", ...comparison.lines];
  process.stdout.write([...lines, ...changes, ""].join("\n"));
  const isFine = isGood(outcome) && comparison?.verdict !== "worse";
  process.exitCode = isFine ? ExitCode.ok : ExitCode.negative;
}

async function outcomeOf(file: string, flags: ScenarioFlags): Promise<ScenarioOutcome> {
  const { seed, runs, workers, variant } = flags;
  const all = loadVariants(file, allSettings(flags));
  const variants = variant === undefined ? all : all.filter(({ name }) => name === variant);
  if (variants.length === 0) {
    const names = all.map(({ name }) => name).join(", ");
    throw new CommandError(
      `${file}: no variant ${variant ?? ""}, there are ${names}`,
      ExitCode.usage,
    );
  }
  // Plans are drawn in threads; what cannot be drawn is the scenario's fault and said here.
  for (const { scenario } of variants) explaining(file, () => planOf({ ...scenario }, seed));
  return runScenario(variants, { seed, runs, workers, carriage: carriageOf(flags) });
}

/** The command line that gives the same run again. */
function commandOf(file: string, flags: ScenarioFlags): string {
  const words = ["voidgossip simulate", file];
  if (flags.nodes !== undefined) words.push("--nodes", String(flags.nodes));
  words.push("--seed", String(flags.seed));
  if (flags.runs > 1) words.push("--runs", String(flags.runs));
  if (flags.variant !== undefined) words.push("--variant", JSON.stringify(flags.variant));
  for (const [path, value] of flags.set) words.push("--set", `'${path}=${JSON.stringify(value)}'`);
  return words.join(" ");
}

function write(file: string, content: string): void {
  try {
    writeFileSync(file, content);
  } catch (error) {
    const code = error instanceof Error && "code" in error ? String(error.code) : "unwritable";
    throw new CommandError(`${file}: cannot be written (${code})`, ExitCode.usage);
  }
}

interface SwarmFlags extends SharedFlags {
  readonly seeds: number;
  readonly from: number;
}

/** Options of `simulate` that its subcommands have too: commander gives them to `simulate`. */
type SharedFlags = Pick<
  ScenarioFlags,
  "nodes" | "seed" | "set" | "variant" | "json" | "wire" | "workers"
>;

function swarmCommand(): Command {
  return new Command("swarm")
    .description("many small runs with everything drawn at random, first with faults, then healed")
    .addOption(
      new Option("--seeds <n>", "how many seeds, the commit's own among them")
        .argParser(wholeNumber(1, 10_000_000))
        .default(200),
    )
    .addOption(
      new Option("--from <seed>", "the first seed").argParser(wholeNumber(0, SEED_MAX)).default(1),
    )
    .addHelpText("after", "\nOf the options of simulate: --json, --wire, --workers.")
    .action((_flags, command: Command) => swarm(command.optsWithGlobals<SwarmFlags>()));
}

async function swarm(flags: SwarmFlags): Promise<void> {
  const { from, seeds, workers } = flags;
  const startedAtMs = performance.now();
  const outcome = await runSwarm({ from, seeds, workers, carriage: carriageOf(flags) });
  const wallMs = performance.now() - startedAtMs;
  const lines = flags.json === true ? [swarmAsJson(outcome, wallMs)] : swarmAsText(outcome, wallMs);
  process.stdout.write([...lines, ""].join("\n"));
  const isFine = outcome.results.every(({ failure }) => failure === undefined);
  process.exitCode = isFine ? ExitCode.ok : ExitCode.negative;
}

interface ReplayFlags extends SharedFlags {
  readonly swarm?: number;
  readonly onlyNodes?: readonly number[];
  readonly onlyEvents?: readonly number[];
  readonly node?: number;
  readonly item?: number;
  readonly fromMs: number;
  readonly toMs: number;
}

const REPLAY_HELP = `
Of the options of simulate: --nodes, --seed, --set, --variant.

One line per input (<-) and output (->) of a node's core, and ==== for what the plan makes happen.

Examples:
  voidgossip simulate replay scenarios/flood.json --nodes 20 --item 0
  voidgossip simulate replay --swarm 77 --only-nodes 0-3,7 --only-events 12,15`;

function replayCommand(): Command {
  const numbers = (text: string): number[] => {
    const parsed = parseNumbers(text);
    if (parsed === undefined) throw new InvalidArgumentError("It has to be numbers as in 0-3,7.");
    return parsed;
  };
  return new Command("replay")
    .description("tell a run step by step")
    .argument("[scenario]", "scenario file (JSON); none for a swarm seed")
    .addOption(new Option("--swarm <seed>", "a swarm seed").argParser(wholeNumber(0, SEED_MAX)))
    .addOption(
      new Option("--only-nodes <list>", "of a swarm seed: only these nodes").argParser(numbers),
    )
    .addOption(
      new Option("--only-events <list>", "of a swarm seed: only these events").argParser(numbers),
    )
    .addOption(new Option("--node <n>", "tell of this node only").argParser(wholeNumber(0, 65_535)))
    .addOption(
      new Option("--item <n>", "tell of this item only").argParser(wholeNumber(0, 10_000_000)),
    )
    .addOption(timeOption("--from-ms <t>", "tell from this time on", 0))
    .addOption(timeOption("--to-ms <t>", "tell up to this time", SIMULATED_MS_MAX))
    .addHelpText("after", REPLAY_HELP)
    .action((file: string | undefined, _flags, command: Command) => {
      replay(file, command.optsWithGlobals<ReplayFlags>(), command);
    });
}

const timeOption = (flags: string, about: string, byDefault: number): Option =>
  new Option(flags, about).argParser(wholeNumber(0, SIMULATED_MS_MAX)).default(byDefault);

function replay(file: string | undefined, flags: ReplayFlags, command: Command): void {
  if ((file === undefined) === (flags.swarm === undefined)) {
    return command.error("error: either a scenario or --swarm is needed");
  }
  let now = (): number => 0;
  const { node, item, fromMs, toMs } = flags;
  const filter = { node, item, fromMs, toMs };
  const teller = new Teller({ now: () => now() }, filter, (line) => {
    process.stdout.write(`${line}\n`);
  });
  const options: RunOptions = {
    observers: [teller],
    onReady: (simulator) => {
      now = () => simulator.now;
    },
  };
  const run =
    file === undefined ? replaySwarm(flags, options) : replayScenario(file, flags, options);
  const { failure, traceHash } = run;
  process.stdout.write(`trace hash ${traceHash}\n`);
  if (failure === undefined) return;
  const place = failure.node === undefined ? "" : ` at node ${failure.node}`;
  process.stdout.write(`law broken: ${failure.checker}${place}: ${failure.message}\n`);
  process.exitCode = ExitCode.negative;
}

function replaySwarm(flags: ReplayFlags, options: RunOptions): Run {
  const seed = flags.swarm ?? 0;
  const everything = everythingIn(swarmPlan(seed));
  const restriction: Restriction = {
    nodes: flags.onlyNodes ?? everything.nodes,
    events: flags.onlyEvents ?? everything.events,
  };
  return runSwarmSeed(seed, portsFor("objects"), restriction, options);
}

function replayScenario(file: string, flags: ReplayFlags, options: RunOptions): Run {
  const { variant } = flags;
  const variants = loadVariants(file, allSettings(flags));
  const found = variants.find(({ name }) => variant === undefined || name === variant);
  if (found === undefined)
    throw new CommandError(`${file}: no variant ${variant ?? ""}`, ExitCode.usage);
  const plan = explaining(file, () => planOf(found.scenario, flags.seed));
  return runPlan(plan, portsFor("objects"), options);
}
