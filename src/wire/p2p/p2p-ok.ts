import { frameBytesOf } from "../message.ts";
import type { WireMessage } from "../message.ts";
import { MessageType } from "../message-type.ts";

/** 506, acceptor to dialler: the proof is right, the link is established [protocol §3.3]. */
export class P2POk implements WireMessage {
  readonly kind = "p2pOk";
  readonly type: typeof MessageType.p2pOk = MessageType.p2pOk;

  static decode(): P2POk {
    return new P2POk();
  }

  get frameBytes(): number {
    return frameBytesOf(0);
  }

  /** The message is its header. */
  encodeBody(): void {
    return;
  }
}
