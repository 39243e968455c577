import type { PeerMessage } from "../wire/decode.ts";

/** Payload may be dropped from a full send queue, control may not [protocol §4.11]. */
export type Lane = "control" | "payload";

/**
 * A message on its way to one or many links, all of which queue the same object: who writes it sees by
 * that which bytes they can share [protocol §4.7]. Never mutated.
 */
export class OutgoingFrame {
  readonly message: PeerMessage;
  readonly lane: Lane;
  readonly frameBytes: number;

  constructor(message: PeerMessage) {
    this.message = message;
    this.lane = message.kind === "p2pAnnounce" ? "payload" : "control";
    this.frameBytes = message.frameBytes;
  }
}
