import type { ByteReader } from "../byte-reader.ts";
import type { ByteWriter } from "../byte-writer.ts";
import { frameBytesOf } from "../message.ts";
import type { WireMessage } from "../message.ts";
import { API_DATA_BYTES_MAX, MessageType } from "../message-type.ts";
import { requireLengthAtMost, requireUint, UINT16_MAX, UINT8_MAX } from "../uint.ts";

/** 500, module to gossip: spread this item, best effort, without an answer [protocol §2.1]. */
export class GossipAnnounce implements WireMessage {
  readonly kind = "gossipAnnounce";
  readonly type: typeof MessageType.gossipAnnounce = MessageType.gossipAnnounce;
  /** Hops, 0 to 255; 0 means no limit. */
  readonly ttl: number;
  /** 0 to 65,535. */
  readonly dataType: number;
  /** At most 65,527 bytes; empty is legal. */
  readonly data: Uint8Array;

  /** @throws RangeError when a field does not fit its place on the wire. */
  constructor(ttl: number, dataType: number, data: Uint8Array) {
    this.ttl = requireUint(ttl, UINT8_MAX, "ttl");
    this.dataType = requireUint(dataType, UINT16_MAX, "data type");
    this.data = requireLengthAtMost(data, API_DATA_BYTES_MAX, "data");
  }

  static decode(body: ByteReader): GossipAnnounce {
    const ttl = body.u8();
    body.skip(1);
    const dataType = body.u16();
    return new GossipAnnounce(ttl, dataType, body.rest());
  }

  get frameBytes(): number {
    return frameBytesOf(4 + this.data.length);
  }

  encodeBody(writer: ByteWriter): void {
    writer.u8(this.ttl);
    writer.zeros(1);
    writer.u16(this.dataType);
    writer.bytes(this.data);
  }
}
