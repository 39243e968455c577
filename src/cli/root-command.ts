import { Command } from "commander";
import { VERSION } from "../daemon/version.ts";
import { runCommand } from "./run.ts";

const EXAMPLES = `
Examples:
  voidgossip demo                         five nodes on this machine, in action
  voidgossip run                          a node with built-in configuration
  voidgossip -c gossip.ini                short for voidgossip run -c gossip.ini
  voidgossip subscribe --type 1337        print what others say under type 1337
  voidgossip announce --type 1337 "hello" say something under type 1337
  voidgossip status                       how the node on this machine is doing
  voidgossip top                          the same, and watch it change
  voidgossip peers                        who it is linked to, and whom it wants
  voidgossip explain latest               what became of the last item
  voidgossip doctor -c gossip.ini         why nothing spreads or arrives

Exit codes:
  0   done
  1   the answer is no: doctor found a fault, explain no such item, check a
      module that does not conform, simulate a broken law or an unexpected
      figure; in a demo somebody was missed
  2   the command line was not understood, or asks for what cannot be
  3   faults in the configuration, or a configuration that cannot be read
  4   an address is taken or cannot be listened on
  5   the data_dir is locked by another daemon or cannot be used
  6   no daemon answers
  70  a bug of ours`;

/** `voidgossip`, with these commands beside `run`, which is what it does without a command, as the course starts it. */
export function rootCommand(others: readonly Command[]): Command {
  const program = new Command("voidgossip")
    .description(
      "The gossip module of VoidPhone: say something once, every interested host hears it.",
    )
    .version(VERSION, "-V, --version", "print the version")
    .helpOption("-h, --help", "explain the command line, or one command")
    .addHelpText("after", EXAMPLES)
    .addCommand(runCommand(), { isDefault: true });
  for (const other of others) program.addCommand(other);
  prepare(program, program.name());
  return program;
}

/** Mistakes end as exceptions, which get their exit code in one place, and name the help that helps. */
function prepare(command: Command, path: string): void {
  command.exitOverride().showHelpAfterError(`Help: ${path} --help`);
  for (const child of command.commands) prepare(child, `${path} ${child.name()}`);
}
