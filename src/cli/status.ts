import { Command } from "commander";
import type { GossipStatus } from "../monitor/status.ts";
import { askDaemon } from "./control-client.ts";
import type { ControlPage } from "./control-client.ts";
import { CONTROL_HELP, addControlOptions, socketPathOf } from "./control-options.ts";
import type { ControlOptions } from "./control-options.ts";
import { statusText } from "./status-text.ts";
import { styleFor } from "./style.ts";

const HELP = `${CONTROL_HELP}

Examples:
  voidgossip status
  voidgossip status -c gossip.ini
  voidgossip status --json | jq .counters.totals

Exit code: 0, 2 usage, 3 configuration, 6 no daemon answers.`;

const PAGE: ControlPage<GossipStatus> = {
  path: "/status",
  lists: ["links", "subscribers", "stores"],
  objects: ["health", "bootstrap", "overlay", "counters", "memory", "eventLoopDelay"],
};

interface StatusOptions extends ControlOptions {
  readonly json?: true;
}

/** `voidgossip status [--data-dir DIR | -c FILE | --socket PATH] [--json]` */
export function statusCommand(): Command {
  return addControlOptions(new Command("status"))
    .description("say how a running node is doing: links, modules, stores, counters")
    .option("--json", "print all there is as one JSON object")
    .addHelpText("after", HELP)
    .action(async (options: StatusOptions) => {
      const answer = await askDaemon(socketPathOf(options), PAGE);
      const text =
        options.json === true
          ? JSON.stringify(answer, undefined, 2)
          : statusText(answer, styleFor(process.stdout, process.env)).join("\n");
      process.stdout.write(`${text}\n`);
    });
}
