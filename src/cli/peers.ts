import { Command } from "commander";
import type { PeersStatus } from "../monitor/status.ts";
import { askDaemon } from "./control-client.ts";
import type { ControlPage } from "./control-client.ts";
import { CONTROL_HELP, addControlOptions, socketPathOf } from "./control-options.ts";
import type { ControlOptions } from "./control-options.ts";
import { peersText } from "./peers-text.ts";
import { styleFor } from "./style.ts";

const HELP = `${CONTROL_HELP}

Examples:
  voidgossip peers
  voidgossip peers -c gossip.ini
  voidgossip peers --json | jq '.addresses[] | select(.state == "waiting")'

Exit code: 0, 2 usage, 3 configuration, 6 no daemon answers.`;

const PAGE: ControlPage<PeersStatus> = {
  path: "/peers",
  lists: ["links", "addresses"],
  objects: ["bootstrap", "overlay"],
};

interface PeersOptions extends ControlOptions {
  readonly json?: true;
}

/** `voidgossip peers [--data-dir DIR | -c FILE | --socket PATH] [--json]` */
export function peersCommand(): Command {
  return addControlOptions(new Command("peers"))
    .description("say who a running node is linked to, and why it has no links to others")
    .option("--json", "print all there is, the whole address book, as one JSON object")
    .addHelpText("after", HELP)
    .action(async (options: PeersOptions) => {
      const answer = await askDaemon(socketPathOf(options), PAGE);
      const text =
        options.json === true
          ? JSON.stringify(answer, undefined, 2)
          : peersText(answer, styleFor(process.stdout, process.env)).join("\n");
      process.stdout.write(`${text}\n`);
    });
}
