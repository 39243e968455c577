import { get } from "node:http";
import type { IncomingMessage, RequestOptions } from "node:http";
import { urlToHttpOptions } from "node:url";
import { ExitCode } from "../daemon/gossip-error.ts";
import { CommandError } from "./failure.ts";

/** A daemon answers from memory; one that takes longer than this is stuck. A guess. */
const ANSWER_TIMEOUT_MS = 5_000;

/** Far more than what a daemon with thousands of links says about itself, in characters. A guess. */
const ANSWER_LENGTH_MAX = 16 * 1024 * 1024;

/** Where a daemon answers: the path of its control socket, or the URL of its monitor. */
export type DaemonPlace = string | URL;

/** A page of a daemon, and the fields without which an answer cannot be shown. */
export interface ControlPage<Answer> {
  readonly path: string;
  readonly lists: readonly (keyof Answer & string)[];
  readonly objects: readonly (keyof Answer & string)[];
}

/**
 * Asks the daemon behind a control socket or a monitor [protocol §5.2].
 *
 * @param cancelled an answer is wanted no more
 * @throws CommandError with the exit code for "no daemon answers": another version may run there, or
 *   something else altogether.
 */
export async function askDaemon<Answer>(
  place: DaemonPlace,
  page: ControlPage<Answer>,
  cancelled?: AbortSignal,
): Promise<Answer> {
  const answer = await jsonFrom(place, page.path, cancelled);
  if (hasShape(answer, page)) return answer;
  const text = `what answers at ${nameOf(place)} is no daemon of this version`;
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

async function jsonFrom(
  place: DaemonPlace,
  path: string,
  cancelled: AbortSignal | undefined,
): Promise<unknown> {
  const timeout = AbortSignal.timeout(ANSWER_TIMEOUT_MS);
  const signal = cancelled === undefined ? timeout : AbortSignal.any([timeout, cancelled]);
  try {
    return JSON.parse(await readPage(await requestPage(place, path, signal)));
  } catch (error) {
    throw new CommandError(
      `no daemon answers at ${nameOf(place)}: ${reasonOf(error, place)}`,
      ExitCode.unreachable,
    );
  }
}

const nameOf = (place: DaemonPlace): string => (typeof place === "string" ? place : place.origin);

/** Resolves as soon as an answer begins. */
export function requestPage(
  place: DaemonPlace,
  path: string,
  signal: AbortSignal,
): Promise<IncomingMessage> {
  const target: RequestOptions =
    typeof place === "string" ? { socketPath: place } : urlToHttpOptions(place);
  return new Promise((resolve, reject) => {
    get({ ...target, path, agent: false, signal }, resolve).on("error", reject);
  });
}

async function readPage(response: IncomingMessage): Promise<string> {
  response.setEncoding("utf8");
  let text = "";
  for await (const piece of response) {
    text += piece as string;
    if (text.length > ANSWER_LENGTH_MAX) throw new Error("its answer has no end");
  }
  if (response.statusCode === 200) return text;
  throw new Error(`it answers with HTTP status ${response.statusCode ?? 0}`);
}

const REASONS: Readonly<Record<string, string>> = {
  ENOENT: "there is no such socket, so none runs with this data_dir",
  ENOTDIR: "there is no such socket, so none runs with this data_dir",
  EACCES: "this user may not open it",
  ENOTSOCK: "it is no socket",
  ABORT_ERR: `nothing came within ${ANSWER_TIMEOUT_MS / 1_000} s`,
};

function reasonOf(error: unknown, place: DaemonPlace): string {
  if (error instanceof SyntaxError) return "what answers is no voidgossip daemon";
  const { code = "", message } = error as NodeJS.ErrnoException;
  if (code !== "ECONNREFUSED") return REASONS[code] ?? message;
  return typeof place === "string"
    ? "the socket was left behind by a daemon that is gone"
    : "nobody listens there";
}
