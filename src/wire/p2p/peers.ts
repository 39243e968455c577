import type { ByteReader } from "../byte-reader.ts";
import type { ByteWriter } from "../byte-writer.ts";
import type { FaultyFrame } from "../frame.ts";
import { frameBytesOf } from "../message.ts";
import type { WireMessage } from "../message.ts";
import { MessageType } from "../message-type.ts";
import { requireLength, requireUint, UINT16_MAX, UINT32_MAX } from "../uint.ts";

/** Records in one list at most [protocol §6.5]. */
export const PEER_RECORDS_MAX = 32;

const SUBTYPE_GET = 0;
const SUBTYPE_LIST = 1;
const FIXED_BYTES = 4;
/** Family, flags, port and age around the address. */
const RECORD_FIXED_BYTES = 8;
const ADDRESS_BYTES = { 4: 4, 6: 16 } as const;

/** Where somebody listens, as far as the sender knows. */
export interface PeerRecord {
  /** 4 or 16 bytes. */
  readonly address: Uint8Array;
  /** 0 to 65,535. */
  readonly port: number;
  /** When the sender last knew it to be alive, in seconds ago. */
  readonly ageSeconds: number;
}

/** 511, both directions: asks for addresses, or lists them [protocol §6.5]. */
export class Peers implements WireMessage {
  readonly kind = "peers";
  readonly type: typeof MessageType.peers = MessageType.peers;
  readonly role: "get" | "list";
  /** At most 32; none in a get. */
  readonly records: readonly PeerRecord[];

  /** @throws RangeError when there are too many records, or a field does not fit its place. */
  constructor(role: "get" | "list", records: readonly PeerRecord[] = []) {
    this.role = role;
    requireUint(records.length, role === "get" ? 0 : PEER_RECORDS_MAX, "number of records");
    for (const record of records) {
      if (record.address.length !== ADDRESS_BYTES[4])
        requireLength(record.address, ADDRESS_BYTES[6], "address");
      requireUint(record.port, UINT16_MAX, "port");
      requireUint(record.ageSeconds, UINT32_MAX, "age");
    }
    this.records = records;
  }

  /** An unknown subtype or family, or a size that disagrees with the count, is a fault. */
  static decode(body: ByteReader): Peers | FaultyFrame {
    const subtype = body.u8();
    const count = body.u8();
    body.skip(2);
    if (subtype > SUBTYPE_LIST) return bad(`unknown subtype ${subtype}`);
    const countMax = subtype === SUBTYPE_GET ? 0 : PEER_RECORDS_MAX;
    if (count > countMax) return bad(`${count} records, at most ${countMax} are legal`);
    const records: PeerRecord[] = [];
    for (let at = 0; at < count; at++) {
      const record = decodeRecord(body);
      if ("kind" in record) return record;
      records.push(record);
    }
    if (body.remaining > 0) return bad(`${body.remaining} bytes behind the last record`);
    return new Peers(subtype === SUBTYPE_GET ? "get" : "list", records);
  }

  get frameBytes(): number {
    let bytes = FIXED_BYTES;
    for (const { address } of this.records) bytes += RECORD_FIXED_BYTES + address.length;
    return frameBytesOf(bytes);
  }

  encodeBody(writer: ByteWriter): void {
    writer.u8(this.role === "get" ? SUBTYPE_GET : SUBTYPE_LIST);
    writer.u8(this.records.length);
    writer.zeros(2);
    for (const { address, port, ageSeconds } of this.records) {
      writer.u8(address.length === ADDRESS_BYTES[4] ? 4 : 6);
      writer.zeros(1);
      writer.u16(port);
      writer.bytes(address);
      writer.u32(ageSeconds);
    }
  }
}

function decodeRecord(body: ByteReader): PeerRecord | FaultyFrame {
  if (body.remaining < RECORD_FIXED_BYTES) return bad("a record is cut off");
  const family = body.u8();
  if (family !== 4 && family !== 6) return bad(`unknown address family ${family}`);
  body.skip(1);
  const port = body.u16();
  if (body.remaining < ADDRESS_BYTES[family] + 4) return bad("a record is cut off");
  const address = body.view(ADDRESS_BYTES[family]);
  return { address, port, ageSeconds: body.u32() };
}

const bad = (detail: string): FaultyFrame => ({
  kind: "fault",
  fault: { kind: "badContent", type: MessageType.peers, detail },
});
