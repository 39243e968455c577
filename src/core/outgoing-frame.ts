import type { PeerMessage } from "../wire/decode.ts";
import { encodeFrame } from "../wire/message.ts";

/** Payload may be dropped from a full send queue, control may not [protocol §4.11]. */
export type Lane = "control" | "payload";

/**
 * A message on its way to one or many links. However many links it goes to, it is encoded at most
 * once [protocol §4.7]: all of them share the bytes. Never mutated after construction.
 */
export class OutgoingFrame {
  readonly message: PeerMessage;
  readonly lane: Lane;
  readonly frameBytes: number;
  #encoded: Uint8Array | undefined;

  constructor(message: PeerMessage) {
    this.message = message;
    this.lane = message.kind === "p2pAnnounce" ? "payload" : "control";
    this.frameBytes = message.frameBytes;
  }

  get encoded(): Uint8Array {
    this.#encoded ??= encodeFrame(this.message);
    return this.#encoded;
  }
}
