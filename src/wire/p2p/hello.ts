import type { ByteReader } from "../byte-reader.ts";
import type { ByteWriter } from "../byte-writer.ts";
import type { FaultyFrame } from "../frame.ts";
import { frameBytesOf } from "../message.ts";
import type { WireMessage } from "../message.ts";
import { MessageType } from "../message-type.ts";
import { requireLength, requireUint, UINT16_MAX, UINT32_MAX, UINT8_MAX } from "../uint.ts";
import { CHALLENGE_BYTES } from "./p2p-init.ts";

/** The version spoken here. A higher one is spoken to as this one [protocol §6.3]. */
const HELLO_VERSION = 1;

const FLAG_ACCEPTS_INBOUND = 1;
const FLAG_NO_PEER_EXCHANGE = 2;
const FIXED_BYTES = 8 + CHALLENGE_BYTES;
const TLV_HEADER_BYTES = 2;

/** What one side says of itself. */
export interface HelloFields {
  /** Whether others can dial us at `listenPort`. */
  readonly inbound: "accepted" | "none";
  /** Whether we answer requests for addresses. */
  readonly peerExchange: "offered" | "refused";
  /** 0 to 65,535; 0 when nobody on the other side of this link can reach our listener. */
  readonly listenPort: number;
  /** The challenge of this link, 8 bytes. */
  readonly challenge: Uint8Array;
  /** 0 to 255. */
  readonly version?: number;
  /** 0 to 2^32 - 1; bits we do not know are ignored. */
  readonly features?: number;
}

/** 508, both directions: two of ours recognise each other inside the base handshake [protocol §6.3]. */
export class Hello implements WireMessage {
  readonly kind = "hello";
  readonly type: typeof MessageType.hello = MessageType.hello;
  readonly version: number;
  readonly inbound: "accepted" | "none";
  readonly peerExchange: "offered" | "refused";
  readonly listenPort: number;
  readonly features: number;
  readonly challenge: Uint8Array;

  /** @throws RangeError when a field does not fit its place on the wire. */
  constructor(fields: HelloFields) {
    this.version = requireUint(fields.version ?? HELLO_VERSION, UINT8_MAX, "version");
    this.inbound = fields.inbound;
    this.peerExchange = fields.peerExchange;
    this.listenPort = requireUint(fields.listenPort, UINT16_MAX, "listen port");
    this.features = requireUint(fields.features ?? 0, UINT32_MAX, "features");
    this.challenge = requireLength(fields.challenge, CHALLENGE_BYTES, "challenge");
  }

  /** The TLVs behind the fixed part are skipped, as long as they fill the frame exactly. */
  static decode(body: ByteReader): Hello | FaultyFrame {
    const version = body.u8();
    const flags = body.u8();
    const listenPort = body.u16();
    const features = body.u32();
    const challenge = body.view(CHALLENGE_BYTES);
    const fault = skipTlvs(body);
    if (fault !== undefined) return fault;
    return new Hello({
      version,
      inbound: (flags & FLAG_ACCEPTS_INBOUND) === 0 ? "none" : "accepted",
      peerExchange: (flags & FLAG_NO_PEER_EXCHANGE) === 0 ? "offered" : "refused",
      listenPort,
      features,
      challenge,
    });
  }

  get frameBytes(): number {
    return frameBytesOf(FIXED_BYTES);
  }

  encodeBody(writer: ByteWriter): void {
    writer.u8(this.version);
    writer.u8(
      (this.inbound === "accepted" ? FLAG_ACCEPTS_INBOUND : 0) |
        (this.peerExchange === "refused" ? FLAG_NO_PEER_EXCHANGE : 0),
    );
    writer.u16(this.listenPort);
    writer.u32(this.features);
    writer.bytes(this.challenge);
  }
}

/** `type u8, length u8, value`, until the end of the frame. */
function skipTlvs(body: ByteReader): FaultyFrame | undefined {
  while (body.remaining > 0) {
    if (body.remaining < TLV_HEADER_BYTES) return badTlv("a lone byte behind the last TLV");
    const type = body.u8();
    const length = body.u8();
    if (length > body.remaining) {
      return badTlv(`TLV ${type} says ${length} bytes, ${body.remaining} are left`);
    }
    body.skip(length);
  }
  return undefined;
}

const badTlv = (detail: string): FaultyFrame => ({
  kind: "fault",
  fault: { kind: "badContent", type: MessageType.hello, detail },
});
