import { CommanderError } from "commander";
import {
  ConnectError,
  ConnectionLostError,
  GossipClientError,
  ProtocolViolationError,
} from "../client/errors.ts";
import { ConfigError, ExitCode, GossipError } from "../daemon/gossip-error.ts";
import { describeBug } from "../daemon/logger.ts";

/** A command cannot do what it was asked for; the message is one line for people. */
export class CommandError extends Error {
  readonly exitCode: ExitCode;

  constructor(message: string, exitCode: ExitCode) {
    super(message);
    this.exitCode = exitCode;
  }
}

/** Says on standard error what went wrong, never with a stack trace, and gives the exit code for it. */
export function reportFailure(error: unknown): ExitCode {
  // It has written its message itself.
  if (error instanceof CommanderError) return error.exitCode === 0 ? ExitCode.ok : ExitCode.usage;
  if (error instanceof ConfigError) {
    say(...error.faults.map(({ message }) => message));
    say(...error.warnings.map(({ message }) => `warning: ${message}`));
    return error.exitCode;
  }
  if (error instanceof GossipError || error instanceof CommandError) {
    say(error.message);
    return error.exitCode;
  }
  if (error instanceof GossipClientError) {
    say(error.message);
    return isUnreachable(error) ? ExitCode.unreachable : ExitCode.usage;
  }
  const bug = describeBug(error);
  say(`internal error, please report it: ${bug.error} ${bug.at}`.trimEnd());
  return ExitCode.internal;
}

const isUnreachable = (error: GossipClientError): boolean =>
  error instanceof ConnectError ||
  error instanceof ConnectionLostError ||
  error instanceof ProtocolViolationError;

function say(...lines: readonly string[]): void {
  for (const line of lines) process.stderr.write(`${line}\n`);
}
