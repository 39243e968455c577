import { GossipAnnounce } from "./api/gossip-announce.ts";
import { GossipNotification } from "./api/gossip-notification.ts";
import { GossipNotify } from "./api/gossip-notify.ts";
import { GossipValidation } from "./api/gossip-validation.ts";
import type { FaultyFrame, Frame } from "./frame.ts";
import { MessageType } from "./message-type.ts";
import { Hello } from "./p2p/hello.ts";
import { P2PAnnounce } from "./p2p/p2p-announce.ts";
import { P2PInit } from "./p2p/p2p-init.ts";
import { P2POk } from "./p2p/p2p-ok.ts";
import { P2PVerify } from "./p2p/p2p-verify.ts";
import { Peers } from "./p2p/peers.ts";
import { Ping } from "./p2p/ping.ts";

/** What a module may send to gossip. */
export type ApiRequest = GossipAnnounce | GossipNotify | GossipValidation;
/** What peers say to one another. */
export type PeerMessage = P2PInit | P2PVerify | P2POk | P2PAnnounce | Hello | Ping | Peers;

export const isApiRequestType = (type: MessageType): boolean =>
  type === MessageType.gossipAnnounce ||
  type === MessageType.gossipNotify ||
  type === MessageType.gossipValidation;

/** @throws RangeError for a type no module may send: `isApiRequestType` filters those before. */
export function decodeApiRequest(frame: Frame): ApiRequest {
  switch (frame.type) {
    case MessageType.gossipAnnounce:
      return GossipAnnounce.decode(frame.body);
    case MessageType.gossipNotify:
      return GossipNotify.decode(frame.body);
    case MessageType.gossipValidation:
      return GossipValidation.decode(frame.body);
    default:
      throw new RangeError(`type ${frame.type} is no API request`);
  }
}

export const isNotificationType = (type: MessageType): boolean =>
  type === MessageType.gossipNotification;

/** What gossip may send to a module: nothing but notifications [protocol §1.4]. */
export function decodeNotification(frame: Frame): GossipNotification {
  return GossipNotification.decode(frame.body);
}

/**
 * A fault when the body contradicts itself, which only the extension's messages can.
 *
 * @throws RangeError for a type no peer may send: the type filter of the link refuses it before.
 */
export function decodePeerMessage(frame: Frame): PeerMessage | FaultyFrame {
  switch (frame.type) {
    case MessageType.p2pAnnounce:
      return P2PAnnounce.decode(frame.body);
    case MessageType.p2pInit:
      return P2PInit.decode(frame.body);
    case MessageType.p2pVerify:
      return P2PVerify.decode(frame.body);
    case MessageType.p2pOk:
      return P2POk.decode();
    case MessageType.hello:
      return Hello.decode(frame.body);
    case MessageType.ping:
      return Ping.decode(frame.body);
    case MessageType.peers:
      return Peers.decode(frame.body);
    default:
      throw new RangeError(`type ${frame.type} is no peer message`);
  }
}
