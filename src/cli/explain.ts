import { Command } from "commander";
import { ExitCode } from "../daemon/gossip-error.ts";
import type { Explained, Explanation } from "../monitor/explanation.ts";
import { formatCount } from "../monitor/quantities.ts";
import { askDaemon } from "./control-client.ts";
import type { ControlPage } from "./control-client.ts";
import { CONTROL_HELP, addControlOptions, socketPathOf } from "./control-options.ts";
import type { ControlOptions } from "./control-options.ts";
import { storyText } from "./explain-text.ts";
import { CommandError } from "./failure.ts";
import { styleFor } from "./style.ts";

const HELP = `
ID is the beginning of an item's key, its message id (in the network, or as a
module was told), or a data type; the latest item that fits is explained.
${CONTROL_HELP}

Examples:
  voidgossip explain latest
  voidgossip explain 0539a1b2 -c gossip.ini
  voidgossip explain 1337 --json

Exit code: 0, 1 no such item is remembered, 2 usage, 3 configuration, 6 no
daemon answers.`;

interface ExplainOptions extends ControlOptions {
  readonly json?: true;
}

const pageOf = (id: string): ControlPage<Explained> => ({
  path: `/explain?id=${encodeURIComponent(id)}`,
  lists: [],
  objects: ["explanation", "remotes"],
});

/** `voidgossip explain ID|latest [--data-dir DIR | -c FILE | --socket PATH] [--json]` */
export function explainCommand(): Command {
  return addControlOptions(new Command("explain"))
    .description("tell the life of one item in a running node, step by step")
    .argument("<id>", "beginning of a key, message id, data type, or: latest")
    .option("--json", "print the story as one JSON object")
    .addHelpText("after", HELP)
    .action(async (id: string, options: ExplainOptions) => {
      const { explanation, remotes } = await askDaemon(socketPathOf(options), pageOf(id));
      if (explanation.kind !== "found") {
        throw new CommandError(whyNot(explanation, id), ExitCode.negative);
      }
      const text =
        options.json === true
          ? JSON.stringify({ ...explanation, remotes }, undefined, 2)
          : storyText(explanation, remotes, styleFor(process.stdout, process.env)).join("\n");
      process.stdout.write(`${text}\n`);
    });
}

function whyNot(explanation: Exclude<Explanation, { kind: "found" }>, id: string): string {
  if (explanation.kind === "off") return "this node remembers no items: its journal_items is 0";
  const { remembered, unrecorded } = explanation;
  const among = remembered === 0 ? "none came so far" : `the last ${remembered} are remembered`;
  const others =
    unrecorded === 0
      ? ""
      : `; ${formatCount(unrecorded)} came faster than journal_items_per_second and were not recorded`;
  return `no item fits ${id}: ${among}${others}`;
}
