import { join, resolve } from "node:path";
import { Option } from "commander";
import type { Command } from "commander";
import { Config } from "../daemon/config.ts";
import { CONTROL_SOCKET } from "../daemon/control-server.ts";

/** Which daemon a command asks. */
export interface ControlOptions {
  readonly config?: string;
  readonly dataDir?: string;
  readonly socket?: string;
}

export const CONTROL_HELP: string = `
Asks the node over the Unix socket ${CONTROL_SOCKET} in its data_dir, which only its
own user may open. Without an option: the data_dir of the built-in
configuration.`;

export const addControlOptions = (command: Command): Command =>
  command
    .addOption(
      new Option("-c, --config <file>", "configuration file of the daemon").conflicts([
        "dataDir",
        "socket",
      ]),
    )
    .addOption(new Option("--data-dir <dir>", "data_dir of the daemon").conflicts("socket"))
    .option("--socket <path>", "control socket of the daemon");

export function socketPathOf({ config, dataDir, socket }: ControlOptions): string {
  if (socket !== undefined) return resolve(socket);
  if (dataDir !== undefined) return join(resolve(dataDir), CONTROL_SOCKET);
  const used = config === undefined ? Config.defaults() : Config.fromFile(config);
  return join(used.dataDir, CONTROL_SOCKET);
}
