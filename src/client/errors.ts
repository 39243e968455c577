import { API_DATA_BYTES_MAX, PEER_DATA_BYTES_MAX } from "../wire/message-type.ts";
import { describeWireFault } from "../wire/wire-fault.ts";
import type { WireFault } from "../wire/wire-fault.ts";

export type GossipClientErrorCode =
  | "invalidArgument"
  | "dataTooLarge"
  | "backlogFull"
  | "connectFailed"
  | "connectionLost"
  | "protocolViolation"
  | "clientClosed";

/** Base of everything the client throws by itself; `code` is stable, the message is one line for people. */
export abstract class GossipClientError extends Error {
  abstract readonly code: GossipClientErrorCode;

  override get name(): string {
    return this.constructor.name;
  }
}

/** An argument cannot be sent as it is. Nothing was sent, the client is unchanged. */
export class InvalidArgumentError extends GossipClientError {
  readonly code = "invalidArgument";
}

/** Refused before sending: such an item would be dropped by the first gossip module [protocol §2.1]. */
export class DataTooLargeError extends GossipClientError {
  readonly code = "dataTooLarge";
  readonly dataBytes: number;
  /** What one announcement to the local gossip module can hold. */
  readonly apiDataBytesMax: number = API_DATA_BYTES_MAX;
  /** What can travel between peers, whose header is longer: this is the limit that counts. */
  readonly peerDataBytesMax: number = PEER_DATA_BYTES_MAX;

  constructor(dataBytes: number) {
    super(
      `${dataBytes} bytes of data are too many: the API takes ${API_DATA_BYTES_MAX}, ` +
        `and ${PEER_DATA_BYTES_MAX} can travel between peers`,
    );
    this.dataBytes = dataBytes;
  }
}

/** Too many announcements wait for the socket or for a reconnect. This one was not queued. */
export class BacklogFullError extends GossipClientError {
  readonly code = "backlogFull";
}

/** The gossip module could not be reached. */
export class ConnectError extends GossipClientError {
  readonly code = "connectFailed";
}

/**
 * The connection ended. An announcement that fails with it had been handed to the socket and may or
 * may not have arrived, so it is not repeated: a repeat would be a second item.
 */
export class ConnectionLostError extends GossipClientError {
  readonly code = "connectionLost";
}

/** The other side sent what no gossip module may send [protocol §1.3]; the connection was closed. */
export class ProtocolViolationError extends GossipClientError {
  readonly code = "protocolViolation";
  readonly fault: WireFault;

  constructor(fault: WireFault) {
    super(`malformed message from the gossip module: ${describeWireFault(fault)}`);
    this.fault = fault;
  }
}

/** The client was closed, or gave up; in the latter case `cause` says why. */
export class ClientClosedError extends GossipClientError {
  readonly code = "clientClosed";
}

/** The reason an abort signal carries, as an error. */
export function abortReasonOf(signal: AbortSignal): Error {
  return signal.reason instanceof Error
    ? signal.reason
    : new Error("aborted", { cause: signal.reason });
}
