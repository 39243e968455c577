import { availableParallelism } from "node:os";
import { Command, Option } from "commander";
import { ExitCode } from "../daemon/gossip-error.ts";
import { difficultyBitsMax } from "../pow/index.ts";
import { DemoScreen } from "./demo/demo-screen.ts";
import { runDemo } from "./demo/demo-network.ts";
import { DEMO_DATA_TYPE, planDemo } from "./demo/plan.ts";
import { wholeNumber } from "./option-values.ts";
import { runPlayground } from "./playground/run-playground.ts";

const HELP = `
Starts real nodes in this process, on ports of 127.0.0.1 that the system
chooses: they solve each other's puzzles and open links, a module subscribes at
each of them over TCP, and another one announces an item, away from the
bootstrapper. Ends with a table: who got it, over how many hops, after how long,
with how many duplicate copies. The announcer's own node counts as reached when
the module that subscribed there hears it. Nothing is left behind.

With --page the nodes stay, and a page in the browser shows the network they
form by themselves: announce something, watch it spread, make a node reject,
stop or come back. Only this machine can open it.

With --json one line goes to standard output, and progress to standard error:
  {"reached":5,"nodes":5,...,"results":[{"node":1,"reached":true,"hops":1,...

Examples:
  voidgossip demo
  voidgossip demo --difficulty 16 --nodes 20
  voidgossip demo --json | jq .results
  voidgossip demo --page --nodes 12

Exit code: 0 everybody was reached, 1 somebody was missed, 2 usage.`;

/** The bootstrapper takes as many links by default, and some more. */
const NODES_MAX = 50;
const NODES_DEFAULT = 5;
/** What the network of the course uses [protocol §3.2]. */
const DIFFICULTY_BITS_DEFAULT = 24;

interface DemoOptions {
  readonly nodes: number;
  readonly difficulty?: number;
  readonly page?: true;
  readonly json?: true;
}

/** Of the page: some links come and go there, and people wait for each. */
const PAGE_DIFFICULTY_BITS_DEFAULT = 14;

/** `voidgossip demo [--nodes N] [--difficulty BITS] [--page | --json]` */
export function demoCommand(): Command {
  return new Command("demo")
    .description("watch some nodes on this machine find each other and spread an item")
    .addOption(
      new Option("--nodes <n>", `how many nodes, 2 to ${NODES_MAX}`)
        .argParser(wholeNumber(2, NODES_MAX))
        .default(NODES_DEFAULT),
    )
    .addOption(
      new Option(
        "--difficulty <bits>",
        `of the proofs of work, 0 to ${difficultyBitsMax}; ${DIFFICULTY_BITS_DEFAULT} unless given, ${PAGE_DIFFICULTY_BITS_DEFAULT} with --page`,
      ).argParser(wholeNumber(0, difficultyBitsMax)),
    )
    .addOption(new Option("--page", "show a network that stays in the browser").conflicts("json"))
    .option("--json", "print the result as one JSON object")
    .addHelpText("after", HELP)
    .action((options: DemoOptions) =>
      options.page === true ? playground(options) : demo(options),
    );
}

async function playground({ nodes, difficulty }: DemoOptions): Promise<void> {
  const interruption = new Interruption();
  const difficultyBits = difficulty ?? PAGE_DIFFICULTY_BITS_DEFAULT;
  const plan = { nodes, difficultyBits, dataType: DEMO_DATA_TYPE };
  await runPlayground(plan, process.stdout, interruption.signal);
  interruption.pass();
}

async function demo({ nodes, difficulty, json }: DemoOptions): Promise<void> {
  const plan = planDemo(nodes, difficulty ?? DIFFICULTY_BITS_DEFAULT, availableParallelism());
  const screen = new DemoScreen(plan, json === true ? process.stderr : process.stdout);
  const interruption = new Interruption();
  screen.begin();
  try {
    const result = await runDemo(plan, (event) => screen.show(event), interruption.signal);
    screen.end(result);
    if (json === true) process.stdout.write(`${JSON.stringify(result)}\n`);
    process.exitCode = result.reached === plan.nodes ? ExitCode.ok : ExitCode.negative;
  } catch (error) {
    if (!interruption.signal.aborted) throw error;
  }
  interruption.pass();
}

const SIGNALS = ["SIGTERM", "SIGINT"] as const;

/** The first signal lets the demonstration clean up; then the process ends by that signal after all. */
class Interruption {
  readonly #controller = new AbortController();
  #received: (typeof SIGNALS)[number] | undefined;

  constructor() {
    for (const signal of SIGNALS) process.on(signal, this.#onSignal);
  }

  get signal(): AbortSignal {
    return this.#controller.signal;
  }

  pass(): void {
    this.#letGo();
    if (this.#received !== undefined) process.kill(process.pid, this.#received);
  }

  readonly #onSignal = (received: (typeof SIGNALS)[number]): void => {
    this.#received = received;
    this.#letGo();
    this.#controller.abort();
  };

  #letGo(): void {
    for (const signal of SIGNALS) process.off(signal, this.#onSignal);
  }
}
