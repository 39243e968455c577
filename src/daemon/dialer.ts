import { Socket } from "node:net";
import type { TcpNetConnectOpts } from "node:net";
import { scopeOf } from "../core/address-scope.ts";
import type { DialFailure } from "../core/input.ts";
import { parseIpAddress } from "../core/ip-address.ts";
import type { DialId, PeerAddress } from "../core/ports.ts";
import { remoteAddressOf } from "./remote-address.ts";

/**
 * A host name may have several addresses. Each but the last gets this long, in ms: three of them fit
 * into the three seconds a connect may take [protocol §3.5]. Node's own 250 ms give up on far hosts.
 */
const ATTEMPT_TIMEOUT_MS = 1_000;

/** How long a link may be silent before TCP asks whether its other end is alive, in ms [protocol §6.4]. */
export const KEEPALIVE_MS = 15_000;

export interface DialerOptions {
  /** The host we listen at, perhaps a wildcard. */
  readonly listensAt: string;
  onDialed(dial: DialId, socket: Socket, remote: PeerAddress): void;
  onDialFailed(dial: DialId, reason: DialFailure): void;
}

/** Opens TCP connections. How long one may take is up to whoever cancels it. */
export class Dialer {
  readonly #options: DialerOptions;
  readonly #socketByDial = new Map<DialId, Socket>();
  #state: "open" | "closed" = "open";

  constructor(options: DialerOptions) {
    this.#options = options;
  }

  dial(dial: DialId, address: PeerAddress): void {
    if (this.#state === "closed") return;
    const socket = new Socket({ allowHalfOpen: true });
    // First of all: a socket without this handler ends the process when the dial fails.
    socket.on("error", (error) => this.#onError(dial, error));
    socket.once("connect", () => this.#onConnect(dial, socket));
    this.#socketByDial.set(dial, socket);
    socket.setNoDelay(true);
    socket.setKeepAlive(true, KEEPALIVE_MS);
    const options: TcpNetConnectOpts = {
      host: address.host,
      port: address.port,
      ...sourceFor(address.host, this.#options.listensAt),
      autoSelectFamily: true,
      autoSelectFamilyAttemptTimeout: ATTEMPT_TIMEOUT_MS,
    };
    socket.connect(options);
  }

  /** Nothing is heard of this dial any more. */
  cancel(dial: DialId): void {
    const socket = this.#socketByDial.get(dial);
    this.#socketByDial.delete(dial);
    socket?.destroy();
  }

  /** Ends all dials under way, and takes no more. */
  close(): void {
    this.#state = "closed";
    for (const dial of [...this.#socketByDial.keys()]) this.cancel(dial);
  }

  #onConnect(dial: DialId, socket: Socket): void {
    if (!this.#socketByDial.delete(dial)) return;
    const remote = remoteAddressOf(socket);
    if (remote === undefined || isConnectedToItself(socket)) {
      socket.destroy();
      this.#options.onDialFailed(dial, "refused");
    } else {
      this.#options.onDialed(dial, socket, remote);
    }
  }

  #onError(dial: DialId, error: Error): void {
    // After the connect, the errors of the socket are the business of its connection.
    if (!this.#socketByDial.delete(dial)) return;
    this.#options.onDialFailed(dial, dialFailureOf(error));
  }
}

/**
 * Dials come from the address we listen at, where it reaches the other one: peers are told a port only,
 * and look for us at the address that they see [protocol §6.3].
 */
function sourceFor(host: string, listensAt: string): { readonly localAddress?: string } {
  const to = parseIpAddress(host);
  const from = parseIpAddress(listensAt);
  if (to === undefined || from === undefined) return {};
  const isReached = to.bytes.length === from.bytes.length && scopeOf(to) === scopeOf(from);
  return isReached ? { localAddress: listensAt } : {};
}

/**
 * A dial to a port of this machine on which nobody listens may be given that very port as its own:
 * TCP then connects the socket to itself (simultaneous open, RFC 9293 §3.5).
 */
function isConnectedToItself(socket: Socket): boolean {
  return socket.localPort === socket.remotePort && socket.localAddress === socket.remoteAddress;
}

/** What the operating system or the resolver said, in the four words the core knows. */
export function dialFailureOf(error: Error): DialFailure {
  const codes = error instanceof AggregateError ? error.errors.map(codeOf) : [codeOf(error)];
  // Several addresses of one name failed: the answer that says most about the other end counts.
  if (codes.some((code) => code === "ECONNREFUSED" || code === "ECONNRESET")) return "refused";
  if (codes.some((code) => code === "ETIMEDOUT")) return "timedOut";
  if (codes.some((code) => code === "ENOTFOUND" || code.startsWith("EAI_"))) return "unknownHost";
  return "unreachable";
}

function codeOf(error: unknown): string {
  return error instanceof Error && "code" in error && typeof error.code === "string"
    ? error.code
    : "";
}
