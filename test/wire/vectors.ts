import { readFileSync } from "node:fs";
import { GossipAnnounce } from "../../src/wire/api/gossip-announce.ts";
import { GossipNotification } from "../../src/wire/api/gossip-notification.ts";
import { GossipNotify } from "../../src/wire/api/gossip-notify.ts";
import { GossipValidation } from "../../src/wire/api/gossip-validation.ts";
import { Hello } from "../../src/wire/p2p/hello.ts";
import { P2PAnnounce } from "../../src/wire/p2p/p2p-announce.ts";
import { P2PInit } from "../../src/wire/p2p/p2p-init.ts";
import { P2POk } from "../../src/wire/p2p/p2p-ok.ts";
import { P2PVerify } from "../../src/wire/p2p/p2p-verify.ts";
import { Peers } from "../../src/wire/p2p/peers.ts";
import type { PeerRecord } from "../../src/wire/p2p/peers.ts";
import { Ping } from "../../src/wire/p2p/ping.ts";
import type { ApiRequest, PeerMessage } from "../../src/wire/decode.ts";

export type AnyMessage = ApiRequest | PeerMessage | GossipNotification;

/** One row of `test/golden/vectors.json`; byte strings are hex. */
export type Vector = {
  readonly number: number;
  readonly about: string;
  readonly hex: string;
  /** Another spelling, with reserved bits set, that means the same when it is received. */
  readonly alsoReceived?: string;
} & VectorFields;

type VectorFields =
  | {
      readonly message: "gossipAnnounce";
      readonly fields: { readonly ttl: number; readonly dataType: number; readonly data: string };
    }
  | { readonly message: "gossipNotify"; readonly fields: { readonly dataType: number } }
  | {
      readonly message: "gossipNotification";
      readonly fields: {
        readonly messageId: number;
        readonly dataType: number;
        readonly data: string;
      };
    }
  | {
      readonly message: "gossipValidation";
      readonly fields: { readonly messageId: number; readonly verdict: "accept" | "reject" };
    }
  | { readonly message: "p2pInit"; readonly fields: { readonly challenge: string } }
  | { readonly message: "p2pVerify"; readonly fields: { readonly nonce: string } }
  | { readonly message: "p2pOk"; readonly fields: Readonly<Record<string, never>> }
  | {
      readonly message: "p2pAnnounce";
      readonly fields: {
        readonly messageId: number;
        readonly dataType: number;
        readonly ttl: number;
        readonly data: string;
      };
    }
  | {
      readonly message: "hello";
      readonly fields: {
        readonly version: number;
        readonly inbound: "accepted" | "none";
        readonly peerExchange: "offered" | "refused";
        readonly listenPort: number;
        readonly features: number;
        readonly challenge: string;
      };
    }
  | {
      readonly message: "ping";
      readonly fields: { readonly role: "ask" | "answer"; readonly token: string };
    }
  | {
      readonly message: "peers";
      readonly fields: {
        readonly role: "get" | "list";
        /** `address in hex, port, age in seconds`, one text per record. */
        readonly records: readonly string[];
      };
    };

/** Seen from `dist/test/wire`, where the compiled tests run. */
const VECTORS_FILE = new URL("../../../test/golden/vectors.json", import.meta.url);

export const vectors = JSON.parse(readFileSync(VECTORS_FILE, "utf8")) as readonly Vector[];

export const bytesOf = (hex: string): Uint8Array => new Uint8Array(Buffer.from(hex, "hex"));
export const hexOf = (bytes: Uint8Array): string => Buffer.from(bytes).toString("hex");

/** The message object a vector's fields describe. */
export function messageOf(vector: Vector): AnyMessage {
  switch (vector.message) {
    case "gossipAnnounce":
      return new GossipAnnounce(
        vector.fields.ttl,
        vector.fields.dataType,
        bytesOf(vector.fields.data),
      );
    case "gossipNotify":
      return new GossipNotify(vector.fields.dataType);
    case "gossipNotification":
      return new GossipNotification(
        vector.fields.messageId,
        vector.fields.dataType,
        bytesOf(vector.fields.data),
      );
    case "gossipValidation":
      return new GossipValidation(vector.fields.messageId, vector.fields.verdict);
    case "p2pInit":
      return new P2PInit(bytesOf(vector.fields.challenge));
    case "p2pVerify":
      return new P2PVerify(bytesOf(vector.fields.nonce));
    case "p2pOk":
      return new P2POk();
    case "p2pAnnounce":
      return new P2PAnnounce(
        vector.fields.messageId,
        vector.fields.dataType,
        vector.fields.ttl,
        bytesOf(vector.fields.data),
      );
    case "hello":
      return new Hello({ ...vector.fields, challenge: bytesOf(vector.fields.challenge) });
    case "ping":
      return new Ping(vector.fields.role, bytesOf(vector.fields.token));
    case "peers":
      return new Peers(vector.fields.role, vector.fields.records.map(recordOf));
  }
}

function recordOf(text: string): PeerRecord {
  const [address = "", port, age] = text.split(" ");
  return { address: bytesOf(address), port: Number(port), ageSeconds: Number(age) };
}

/** The fields of a message as a vector writes them. */
export function fieldsOf(message: AnyMessage): Vector["fields"] {
  switch (message.kind) {
    case "gossipAnnounce":
      return { ttl: message.ttl, dataType: message.dataType, data: hexOf(message.data) };
    case "gossipNotify":
      return { dataType: message.dataType };
    case "gossipNotification":
      return {
        messageId: message.messageId,
        dataType: message.dataType,
        data: hexOf(message.data),
      };
    case "gossipValidation":
      return { messageId: message.messageId, verdict: message.verdict };
    case "p2pInit":
      return { challenge: hexOf(message.challenge) };
    case "p2pVerify":
      return { nonce: hexOf(message.nonce) };
    case "p2pOk":
      return {};
    case "p2pAnnounce":
      return {
        messageId: message.messageId,
        dataType: message.dataType,
        ttl: message.ttl,
        data: hexOf(message.data),
      };
    case "hello": {
      const { version, inbound, peerExchange, listenPort, features, challenge } = message;
      const known = { version, inbound, peerExchange, listenPort, features };
      return { ...known, challenge: hexOf(challenge) };
    }
    case "ping":
      return { role: message.role, token: hexOf(message.token) };
    case "peers":
      return {
        role: message.role,
        records: message.records.map(
          ({ address, port, ageSeconds }) => `${hexOf(address)} ${port} ${ageSeconds}`,
        ),
      };
  }
}
