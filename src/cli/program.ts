import type { Command } from "commander";
import { announceCommand } from "./announce.ts";
import { checkCommand } from "./check.ts";
import { configCommand } from "./config.ts";
import { demoCommand } from "./demo.ts";
import { peersCommand } from "./peers.ts";
import { doctorCommand } from "./doctor.ts";
import { explainCommand } from "./explain.ts";
import { powCommand } from "./pow.ts";
import { simulateCommand } from "./simulate.ts";
import { statusCommand } from "./status.ts";
import { subscribeCommand } from "./subscribe.ts";
import { topCommand } from "./top.ts";
import { rootCommand } from "./root-command.ts";

/** The whole command line. */
export function createProgram(): Command {
  const others = [
    announceCommand,
    subscribeCommand,
    statusCommand,
    topCommand,
    explainCommand,
    doctorCommand,
    peersCommand,
    demoCommand,
    configCommand,
    checkCommand,
    powCommand,
    simulateCommand,
  ];
  return rootCommand(others.map((make) => make()));
}
