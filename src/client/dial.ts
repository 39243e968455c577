import { connect } from "node:net";
import type { Duplex } from "node:stream";
import { formatEndpoint } from "./endpoint.ts";
import type { Endpoint } from "./endpoint.ts";
import { abortReasonOf, ConnectError } from "./errors.ts";
import type { Timers } from "./timers.ts";

/** Opens one stream to the gossip module; an abort ends the attempt. */
export type Dial = (signal: AbortSignal) => Promise<Duplex>;

/** TCP keepalive: finds out about a host that vanished without a word. Coarse, as loopback is the rule. */
const keepAliveInitialDelayMs = 30_000;

export function tcpDial(endpoint: Endpoint, timeoutMs: number, timers: Timers): Dial {
  return (signal) =>
    new Promise((resolve, reject) => {
      const socket = connect({
        ...endpoint,
        // Naive modules take each segment for one message [protocol §2.5]: never wait to fill one.
        noDelay: true,
        keepAlive: true,
        keepAliveInitialDelay: keepAliveInitialDelayMs,
      });
      const fail = (error: Error): void => {
        settle();
        socket.destroy();
        reject(error);
      };
      const onError = (error: Error): void => {
        fail(
          new ConnectError(`cannot connect to ${formatEndpoint(endpoint)}: ${reasonOf(error)}`, {
            cause: error,
          }),
        );
      };
      const onAbort = (): void => fail(abortReasonOf(signal));
      const cancelTimeout = timers.after(timeoutMs, () =>
        onError(new Error(`no answer within ${timeoutMs} ms`)),
      );
      const settle = (): void => {
        cancelTimeout();
        signal.removeEventListener("abort", onAbort);
        socket.off("error", onError);
        // A socket that is destroyed while it connects may still report its failure.
        socket.on("error", ignoreLateError);
      };
      signal.addEventListener("abort", onAbort, { once: true });
      socket.once("error", onError);
      socket.once("connect", () => {
        settle();
        socket.off("error", ignoreLateError);
        resolve(socket);
      });
    });
}

function ignoreLateError(): void {
  return;
}

/** A name that resolves to several addresses fails with one error per address and no message. */
function reasonOf(error: Error): string {
  const errors: unknown[] = error instanceof AggregateError ? error.errors : [error];
  return [...new Set(errors.map(wordsFor))].join("; ");
}

function wordsFor(error: unknown): string {
  if (!(error instanceof Error)) return "failed";
  const code = (error as NodeJS.ErrnoException).code ?? "";
  const words = WORDS[code];
  return words === undefined ? error.message : `${words} (${code})`;
}

const WORDS: Readonly<Record<string, string>> = {
  ECONNREFUSED: "nobody listens there",
  ENOTFOUND: "there is no such host",
  EHOSTUNREACH: "the host cannot be reached",
  ENETUNREACH: "the network cannot be reached",
};
