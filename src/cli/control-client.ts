import { get } from "node:http";
import type { IncomingMessage } from "node:http";
import { ExitCode } from "../daemon/gossip-error.ts";
import { CommandError } from "./failure.ts";

/** A daemon answers from memory; one that takes longer than this is stuck. A guess. */
const ANSWER_TIMEOUT_MS = 5_000;

/** A page of the control socket, and the fields without which an answer cannot be shown. */
export interface ControlPage<Answer> {
  readonly path: string;
  readonly lists: readonly (keyof Answer & string)[];
  readonly objects: readonly (keyof Answer & string)[];
}

/**
 * Asks the daemon behind a control socket [protocol §5.2].
 *
 * @throws CommandError with the exit code for "no daemon answers": another version may run there, or
 *   something else altogether.
 */
export async function askDaemon<Answer>(
  socketPath: string,
  page: ControlPage<Answer>,
): Promise<Answer> {
  const answer = await jsonFrom(socketPath, page.path);
  if (hasShape(answer, page)) return answer;
  const text = `what answers at ${socketPath} is no daemon of this version`;
  throw new CommandError(text, ExitCode.unreachable);
}

function hasShape<Answer>(
  answer: unknown,
  { lists, objects }: ControlPage<Answer>,
): answer is Answer {
  if (typeof answer !== "object" || answer === null) return false;
  const fields = answer as Readonly<Record<string, unknown>>;
  return (
    lists.every((name) => Array.isArray(fields[name])) &&
    objects.every((name) => typeof fields[name] === "object" && fields[name] !== null)
  );
}

async function jsonFrom(socketPath: string, path: string): Promise<unknown> {
  try {
    return JSON.parse(await request(socketPath, path));
  } catch (error) {
    throw new CommandError(
      `no daemon answers at ${socketPath}: ${reasonOf(error)}`,
      ExitCode.unreachable,
    );
  }
}

function request(socketPath: string, page: string): Promise<string> {
  return new Promise((resolve, reject) => {
    const signal = AbortSignal.timeout(ANSWER_TIMEOUT_MS);
    get({ socketPath, path: page, agent: false, signal }, (response) => {
      readPage(response).then(resolve, reject);
    }).on("error", reject);
  });
}

async function readPage(response: IncomingMessage): Promise<string> {
  response.setEncoding("utf8");
  let text = "";
  for await (const piece of response) text += piece as string;
  if (response.statusCode === 200) return text;
  throw new Error(`it answers with HTTP status ${response.statusCode ?? 0}`);
}

const REASONS: Readonly<Record<string, string>> = {
  ENOENT: "there is no such socket, so none runs with this data_dir",
  ENOTDIR: "there is no such socket, so none runs with this data_dir",
  ECONNREFUSED: "the socket was left behind by a daemon that is gone",
  EACCES: "this user may not open it",
  ENOTSOCK: "it is no socket",
  ABORT_ERR: `nothing came within ${ANSWER_TIMEOUT_MS / 1_000} s`,
};

function reasonOf(error: unknown): string {
  if (error instanceof SyntaxError) return "what answers is no voidgossip daemon";
  const { code = "", message } = error as NodeJS.ErrnoException;
  return REASONS[code] ?? message;
}
