import type { ByteReader } from "../byte-reader.ts";
import type { ByteWriter } from "../byte-writer.ts";
import { frameBytesOf } from "../message.ts";
import type { WireMessage } from "../message.ts";
import { API_DATA_BYTES_MAX, MessageType } from "../message-type.ts";
import { requireLengthAtMost, requireUint, UINT16_MAX } from "../uint.ts";

/** 502, gossip to module: an item of a subscribed type [protocol §2.3]. */
export class GossipNotification implements WireMessage {
  readonly kind = "gossipNotification";
  readonly type: typeof MessageType.gossipNotification = MessageType.gossipNotification;
  /** Names this notification to this subscriber; never the id the item travels with. */
  readonly messageId: number;
  /** 0 to 65,535. */
  readonly dataType: number;
  /** At most 65,527 bytes. */
  readonly data: Uint8Array;

  /** @throws RangeError when a field does not fit its place on the wire. */
  constructor(messageId: number, dataType: number, data: Uint8Array) {
    this.messageId = requireUint(messageId, UINT16_MAX, "message id");
    this.dataType = requireUint(dataType, UINT16_MAX, "data type");
    this.data = requireLengthAtMost(data, API_DATA_BYTES_MAX, "data");
  }

  static decode(body: ByteReader): GossipNotification {
    const messageId = body.u16();
    const dataType = body.u16();
    return new GossipNotification(messageId, dataType, body.rest());
  }

  get frameBytes(): number {
    return frameBytesOf(4 + this.data.length);
  }

  encodeBody(writer: ByteWriter): void {
    writer.u16(this.messageId);
    writer.u16(this.dataType);
    writer.bytes(this.data);
  }
}
