import { assert } from "../core/assert.ts";
import { decodeApiRequest, decodeNotification, decodePeerMessage } from "../wire/decode.ts";
import type { ApiRequest, PeerMessage } from "../wire/decode.ts";
import type { OutgoingFrame } from "../core/outgoing-frame.ts";
import type { GossipNotification } from "../wire/api/gossip-notification.ts";
import { FrameReader } from "../wire/frame.ts";
import type { Frame } from "../wire/frame.ts";
import { encodeFrame } from "../wire/message.ts";

/** How messages get from one side to the other. The trace must not show which. */
export interface Carriage {
  peerMessage(frame: OutgoingFrame): PeerMessage;
  apiRequest(request: ApiRequest): ApiRequest;
  notification(notification: GossipNotification): GossipNotification;
}

/** The object itself: fast. */
export const AS_OBJECTS: Carriage = {
  peerMessage: (frame) => frame.message,
  apiRequest: (request) => request,
  notification: (notification) => notification,
};

/** Through encoder and decoder: proves that a run as objects hides nothing of the wire. */
export const AS_BYTES: Carriage = {
  peerMessage: (frame) => {
    const message = decodePeerMessage(frameOf(encodeFrame(frame.message)));
    assert(message.kind !== "fault", "what we encode has no fault");
    return message;
  },
  apiRequest: (request) => decodeApiRequest(frameOf(encodeFrame(request))),
  notification: (notification) => decodeNotification(frameOf(encodeFrame(notification))),
};

function frameOf(bytes: Uint8Array): Frame {
  const reader = new FrameReader();
  reader.push(bytes);
  const frame = reader.next(() => true);
  assert(frame?.kind === "frame", "what we encode is a whole frame");
  return frame;
}
