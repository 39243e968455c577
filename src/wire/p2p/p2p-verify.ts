import type { ByteReader } from "../byte-reader.ts";
import type { ByteWriter } from "../byte-writer.ts";
import { frameBytesOf } from "../message.ts";
import type { WireMessage } from "../message.ts";
import { MessageType } from "../message-type.ts";
import { requireLength } from "../uint.ts";

/** Bytes of a nonce [protocol §3.2]. */
const NONCE_BYTES = 8;

/** 505, dialler to acceptor: the solution of the puzzle [protocol §3.2]. */
export class P2PVerify implements WireMessage {
  readonly kind = "p2pVerify";
  readonly type: typeof MessageType.p2pVerify = MessageType.p2pVerify;
  /** 8 bytes. */
  readonly nonce: Uint8Array;

  /** @throws RangeError when the nonce is not 8 bytes long. */
  constructor(nonce: Uint8Array) {
    this.nonce = requireLength(nonce, NONCE_BYTES, "nonce");
  }

  static decode(body: ByteReader): P2PVerify {
    return new P2PVerify(body.view(NONCE_BYTES));
  }

  get frameBytes(): number {
    return frameBytesOf(NONCE_BYTES);
  }

  encodeBody(writer: ByteWriter): void {
    writer.bytes(this.nonce);
  }
}
