import type { SavedBook, SavedEntry } from "../../src/core/saved-book.ts";
import { markerOf } from "../../src/core/marker.ts";
import type { LinkId, PeerAddress } from "../../src/core/ports.ts";
import { Hello } from "../../src/wire/p2p/hello.ts";
import type { HelloFields } from "../../src/wire/p2p/hello.ts";
import { P2PInit } from "../../src/wire/p2p/p2p-init.ts";
import { P2POk } from "../../src/wire/p2p/p2p-ok.ts";
import { P2PVerify } from "../../src/wire/p2p/p2p-verify.ts";
import { sha256 } from "./core-harness.ts";
import type { CoreHarness } from "./core-harness.ts";

type Dial = ReturnType<CoreHarness["start"]>[number];

/** The challenge that a half-open link was shown. */
export function challengeTo(node: CoreHarness, link: LinkId): Uint8Array {
  const init = node.messagesTo(link).find((message) => message.kind === "p2pInit");
  if (init === undefined) throw new Error(`link ${link} got no INIT`);
  return init.challenge;
}

/** A nonce that says "I speak the extension"; a proof where proofs need no work. */
export function markedNonce(challenge: Uint8Array): Uint8Array {
  const nonce = new Uint8Array(8);
  new DataView(nonce.buffer).setUint32(0, markerOf(challenge, sha256));
  return nonce;
}

export function helloFor(challenge: Uint8Array, fields: Partial<HelloFields> = {}): Hello {
  return new Hello({
    inbound: "none",
    peerExchange: "offered",
    listenPort: 0,
    challenge,
    ...fields,
  });
}

/** A peer that connected and marked its VERIFY; its HELLO has not come yet. */
export function markedLink(node: CoreHarness, host: string = "127.0.0.1"): LinkId {
  const link = node.halfOpenLink(host);
  node.receive(link, new P2PVerify(markedNonce(challengeTo(node, link))));
  return link;
}

/** A peer that connected and speaks the extension. */
export function extendedLink(
  node: CoreHarness,
  host: string = "127.0.0.1",
  listenPort: number = 0,
): LinkId {
  const link = markedLink(node, host);
  const inbound = listenPort === 0 ? "none" : "accepted";
  node.receive(link, helloFor(challengeTo(node, link), { inbound, listenPort }));
  return link;
}

/** A dial that led to a peer which speaks the extension. */
export function extendedDial(
  node: CoreHarness,
  dial: Dial,
  fields: Partial<HelloFields> = {},
): LinkId {
  const link = node.dialledLink(dial);
  const challenge = fields.challenge ?? new Uint8Array(8).fill(link);
  node.receive(link, new P2PInit(challenge));
  node.tick({ kind: "proofFound", link, nonce: markedNonce(challenge) });
  node.tick(
    { kind: "peerMessage", link, message: new P2POk() },
    { kind: "peerMessage", link, message: helloFor(challenge, fields) },
  );
  return link;
}

export const addressOf = (text: string): PeerAddress => {
  const colon = text.lastIndexOf(":");
  return { host: text.slice(0, colon), port: Number(text.slice(colon + 1)) };
};

/** A saved address book that holds these addresses. */
export function bookOf(
  addresses: readonly string[],
  fields: Partial<SavedEntry> = {},
  anchors: readonly string[] = [],
): SavedBook {
  return {
    secret: "5a".repeat(16),
    anchors: anchors.map(addressOf),
    entries: addresses.map((text) => ({
      ...addressOf(text),
      sourceGroup: "4:198.51",
      table: "tried",
      ageSeconds: 0,
      failures: 0,
      ...fields,
    })),
  };
}

/** Public addresses, each in a group of its own. */
export const publicAddresses = (count: number, first: number = 0): string[] =>
  Array.from({ length: count }, (_, at) => {
    const group = first + at;
    return `${20 + (group >> 8)}.${group & 0xff}.0.1:6001`;
  });
