import type { ByteReader } from "../byte-reader.ts";
import type { ByteWriter } from "../byte-writer.ts";
import { frameBytesOf } from "../message.ts";
import type { WireMessage } from "../message.ts";
import { MessageType } from "../message-type.ts";
import { requireLength } from "../uint.ts";

/** Bytes of the token that an answer repeats [protocol §6.4]. */
export const PING_TOKEN_BYTES = 8;
const FLAG_ANSWER = 1;

/** 510, both directions: is anybody there, and how far away [protocol §6.4]. */
export class Ping implements WireMessage {
  readonly kind = "ping";
  readonly type: typeof MessageType.ping = MessageType.ping;
  readonly role: "ask" | "answer";
  /** 8 bytes, chosen by who asks. */
  readonly token: Uint8Array;

  /** @throws RangeError when the token is not 8 bytes long. */
  constructor(role: "ask" | "answer", token: Uint8Array) {
    this.role = role;
    this.token = requireLength(token, PING_TOKEN_BYTES, "token");
  }

  static decode(body: ByteReader): Ping {
    const role = (body.u8() & FLAG_ANSWER) === 0 ? "ask" : "answer";
    body.skip(3);
    return new Ping(role, body.view(PING_TOKEN_BYTES));
  }

  get frameBytes(): number {
    return frameBytesOf(4 + PING_TOKEN_BYTES);
  }

  encodeBody(writer: ByteWriter): void {
    writer.u8(this.role === "answer" ? FLAG_ANSWER : 0);
    writer.zeros(3);
    writer.bytes(this.token);
  }
}
