import type { ByteReader } from "../byte-reader.ts";
import type { ByteWriter } from "../byte-writer.ts";
import { frameBytesOf } from "../message.ts";
import type { WireMessage } from "../message.ts";
import { MessageType, PEER_DATA_BYTES_MAX } from "../message-type.ts";
import { requireLengthAtMost, requireUint, UINT16_MAX, UINT8_MAX } from "../uint.ts";

/** 507, both directions: an item on its way [protocol §4]. */
export class P2PAnnounce implements WireMessage {
  readonly kind = "p2pAnnounce";
  readonly type: typeof MessageType.p2pAnnounce = MessageType.p2pAnnounce;
  /** Chosen by whoever announced; part of the item's key, never a key by itself [protocol §4.1]. */
  readonly messageId: number;
  /** 0 to 65,535. */
  readonly dataType: number;
  /** Hops left, this delivery included, 1 to 255; 0 means no limit [protocol §4.5]. */
  readonly ttl: number;
  /** At most 65,523 bytes. */
  readonly data: Uint8Array;

  /** @throws RangeError when a field does not fit its place on the wire. */
  constructor(messageId: number, dataType: number, ttl: number, data: Uint8Array) {
    this.messageId = requireUint(messageId, UINT16_MAX, "message id");
    this.dataType = requireUint(dataType, UINT16_MAX, "data type");
    this.ttl = requireUint(ttl, UINT8_MAX, "ttl");
    this.data = requireLengthAtMost(data, PEER_DATA_BYTES_MAX, "data");
  }

  static decode(body: ByteReader): P2PAnnounce {
    const messageId = body.u16();
    const dataType = body.u16();
    const ttl = body.u8();
    body.skip(3);
    return new P2PAnnounce(messageId, dataType, ttl, body.rest());
  }

  get frameBytes(): number {
    return frameBytesOf(8 + this.data.length);
  }

  encodeBody(writer: ByteWriter): void {
    writer.u16(this.messageId);
    writer.u16(this.dataType);
    writer.u8(this.ttl);
    writer.zeros(3);
    writer.bytes(this.data);
  }
}
