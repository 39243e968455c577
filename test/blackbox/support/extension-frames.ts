import { createHash } from "node:crypto";

import { frame } from "./raw-frames.ts";
import type { RawFrame } from "./raw-frames.ts";

/** The frames of the extension once more, written from [protocol §6] alone. */
export const ExtensionNumber = { hello: 508, ping: 510, peers: 511 } as const;

/** The high half of a nonce that says "I speak the extension" [protocol §6.2]. */
export function markerOf(challenge: Uint8Array): Buffer {
  return createHash("sha256").update("vg1").update(challenge).digest().subarray(0, 4);
}

export function helloFrame(challenge: Uint8Array, listenPort: number = 0): Buffer {
  const head = Buffer.alloc(8);
  head.writeUInt8(1, 0);
  head.writeUInt8(listenPort === 0 ? 0 : 1, 1);
  head.writeUInt16BE(listenPort, 2);
  return frame(ExtensionNumber.hello, Buffer.concat([head, challenge]));
}

export function pingFrame(role: "ask" | "answer", token: Uint8Array): Buffer {
  const head = Buffer.from([role === "ask" ? 0 : 1, 0, 0, 0]);
  return frame(ExtensionNumber.ping, Buffer.concat([head, token]));
}

export const peersRequest: Buffer = frame(ExtensionNumber.peers, Buffer.alloc(4));

export interface PeerRecord {
  readonly host: string;
  readonly port: number;
}

/** IPv4 only. */
export function peersList(records: readonly PeerRecord[]): Buffer {
  const pieces = records.map(({ host, port }) => {
    const bytes = Buffer.alloc(12);
    bytes.writeUInt8(4, 0);
    bytes.writeUInt16BE(port, 2);
    Buffer.from(host.split(".").map(Number)).copy(bytes, 4);
    return bytes;
  });
  return frame(
    ExtensionNumber.peers,
    Buffer.concat([Buffer.from([1, records.length, 0, 0]), ...pieces]),
  );
}

export const isPeersRequest = ({ type, bytes }: RawFrame): boolean =>
  type === ExtensionNumber.peers && bytes.readUInt8(4) === 0;

export const isPeersList = ({ type, bytes }: RawFrame): boolean =>
  type === ExtensionNumber.peers && bytes.readUInt8(4) === 1;
