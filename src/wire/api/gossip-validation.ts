import type { ByteReader } from "../byte-reader.ts";
import type { ByteWriter } from "../byte-writer.ts";
import { frameBytesOf } from "../message.ts";
import type { WireMessage } from "../message.ts";
import { MessageType } from "../message-type.ts";
import { requireUint, UINT16_MAX } from "../uint.ts";

/** A subscriber's opinion of an item: spread it, or do not. */
export type Verdict = "accept" | "reject";

/** 503, module to gossip: the verdict on one notification [protocol §2.4]. */
export class GossipValidation implements WireMessage {
  readonly kind = "gossipValidation";
  readonly type: typeof MessageType.gossipValidation = MessageType.gossipValidation;
  /** The id of the notification that is answered. */
  readonly messageId: number;
  readonly verdict: Verdict;

  /** @throws RangeError when the message id does not fit 16 bits. */
  constructor(messageId: number, verdict: Verdict) {
    this.messageId = requireUint(messageId, UINT16_MAX, "message id");
    this.verdict = verdict;
  }

  /** V is the lowest bit; the 15 reserved ones may hold anything [protocol §1.1]. */
  static decode(body: ByteReader): GossipValidation {
    const messageId = body.u16();
    return new GossipValidation(messageId, (body.u16() & 1) === 1 ? "accept" : "reject");
  }

  get frameBytes(): number {
    return frameBytesOf(4);
  }

  encodeBody(writer: ByteWriter): void {
    writer.u16(this.messageId);
    writer.u16(this.verdict === "accept" ? 1 : 0);
  }
}
