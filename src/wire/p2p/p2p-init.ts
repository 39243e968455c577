import type { ByteReader } from "../byte-reader.ts";
import type { ByteWriter } from "../byte-writer.ts";
import { frameBytesOf } from "../message.ts";
import type { WireMessage } from "../message.ts";
import { MessageType } from "../message-type.ts";
import { requireLength } from "../uint.ts";

/** Bytes of a challenge [protocol §3.1]. */
export const CHALLENGE_BYTES = 8;

/** 504, acceptor to dialler, at once on accept: the puzzle's challenge [protocol §3.1]. */
export class P2PInit implements WireMessage {
  readonly kind = "p2pInit";
  readonly type: typeof MessageType.p2pInit = MessageType.p2pInit;
  /** 8 bytes, unique and unpredictable. */
  readonly challenge: Uint8Array;

  /** @throws RangeError when the challenge is not 8 bytes long. */
  constructor(challenge: Uint8Array) {
    this.challenge = requireLength(challenge, CHALLENGE_BYTES, "challenge");
  }

  static decode(body: ByteReader): P2PInit {
    return new P2PInit(body.view(CHALLENGE_BYTES));
  }

  get frameBytes(): number {
    return frameBytesOf(CHALLENGE_BYTES);
  }

  encodeBody(writer: ByteWriter): void {
    writer.bytes(this.challenge);
  }
}
