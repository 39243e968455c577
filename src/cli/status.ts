import { join, resolve } from "node:path";
import { Command, Option } from "commander";
import { Config } from "../daemon/config.ts";
import { CONTROL_SOCKET } from "../daemon/control-server.ts";
import { ExitCode } from "../daemon/gossip-error.ts";
import type { GossipStatus } from "../monitor/status.ts";
import { askDaemon } from "./control-client.ts";
import { CommandError } from "./failure.ts";
import { statusText } from "./status-text.ts";
import { styleFor } from "./style.ts";

const HELP = `
Asks the node over the Unix socket ${CONTROL_SOCKET} in its data_dir, which only its
own user may open. Without an option: the data_dir of the built-in configuration.

Examples:
  voidgossip status
  voidgossip status -c gossip.ini
  voidgossip status --json | jq .counters.totals

Exit code: 0, 2 usage, 3 configuration, 6 no daemon answers.`;

interface StatusOptions {
  readonly config?: string;
  readonly dataDir?: string;
  readonly socket?: string;
  readonly json?: true;
}

/** `voidgossip status [--data-dir DIR | -c FILE | --socket PATH] [--json]` */
export function statusCommand(): Command {
  return new Command("status")
    .description("say how a running node is doing: links, modules, stores, counters")
    .addOption(
      new Option("-c, --config <file>", "configuration file of the daemon").conflicts([
        "dataDir",
        "socket",
      ]),
    )
    .addOption(new Option("--data-dir <dir>", "data_dir of the daemon").conflicts("socket"))
    .option("--socket <path>", "control socket of the daemon")
    .option("--json", "print all there is as one JSON object")
    .addHelpText("after", HELP)
    .action(async (options: StatusOptions) => {
      const path = socketPathOf(options);
      const answer = await askDaemon(path, "/status");
      if (!isStatus(answer)) {
        const text = `what answers at ${path} is no daemon of this version`;
        throw new CommandError(text, ExitCode.unreachable);
      }
      const text =
        options.json === true
          ? JSON.stringify(answer, undefined, 2)
          : statusText(answer, styleFor(process.stdout, process.env)).join("\n");
      process.stdout.write(`${text}\n`);
    });
}

function socketPathOf({ config, dataDir, socket }: StatusOptions): string {
  if (socket !== undefined) return resolve(socket);
  if (dataDir !== undefined) return join(resolve(dataDir), CONTROL_SOCKET);
  const used = config === undefined ? Config.defaults() : Config.fromFile(config);
  return join(used.dataDir, CONTROL_SOCKET);
}

/** Whether it can be shown: another version may run there, or something else altogether. */
function isStatus(answer: unknown): answer is GossipStatus {
  if (typeof answer !== "object" || answer === null) return false;
  const lists = ["links", "subscribers", "stores"];
  const parts = ["health", "bootstrap", "counters", "memory", "eventLoopDelay"];
  const fields = answer as Record<string, unknown>;
  return (
    lists.every((name) => Array.isArray(fields[name])) &&
    parts.every((name) => typeof fields[name] === "object" && fields[name] !== null)
  );
}
