import type { ByteReader } from "../byte-reader.ts";
import type { ByteWriter } from "../byte-writer.ts";
import { frameBytesOf } from "../message.ts";
import type { WireMessage } from "../message.ts";
import { MessageType } from "../message-type.ts";
import { requireUint, UINT16_MAX } from "../uint.ts";

/** 501, module to gossip: subscribe this connection to a data type [protocol §2.2]. */
export class GossipNotify implements WireMessage {
  readonly kind = "gossipNotify";
  readonly type: typeof MessageType.gossipNotify = MessageType.gossipNotify;
  /** 0 to 65,535. */
  readonly dataType: number;

  /** @throws RangeError when the data type does not fit 16 bits. */
  constructor(dataType: number) {
    this.dataType = requireUint(dataType, UINT16_MAX, "data type");
  }

  static decode(body: ByteReader): GossipNotify {
    body.skip(2);
    return new GossipNotify(body.u16());
  }

  get frameBytes(): number {
    return frameBytesOf(4);
  }

  encodeBody(writer: ByteWriter): void {
    writer.zeros(2);
    writer.u16(this.dataType);
  }
}
