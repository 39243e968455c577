/**
 * The numeric message table [protocol §1.4]. Append-only: other implementations speak these numbers,
 * so an entry is never renumbered or reused.
 */
export const MessageType = {
  gossipAnnounce: 500,
  gossipNotify: 501,
  gossipNotification: 502,
  gossipValidation: 503,
  p2pInit: 504,
  p2pVerify: 505,
  p2pOk: 506,
  p2pAnnounce: 507,
  hello: 508,
  ping: 510,
  peers: 511,
} as const;

export type MessageType = (typeof MessageType)[keyof typeof MessageType];

/** Bytes of `size u16, type u16`, counted by `size` itself [protocol §1.1]. */
export const FRAME_HEADER_BYTES = 4;
/** `size` is 16 bits wide, so no frame is larger [protocol §1.1]. */
export const FRAME_BYTES_MAX = 65_535;

/** Legal values of `size` for one type, header included; `min === max` is a fixed-size message. */
export interface FrameSizeRange {
  readonly min: number;
  readonly max: number;
}

const fixed = (bytes: number): FrameSizeRange => ({ min: bytes, max: bytes });
const atLeast = (bytes: number): FrameSizeRange => ({ min: bytes, max: FRAME_BYTES_MAX });

/** The size column of the table in [protocol §1.4]. */
export const FRAME_SIZES: Readonly<Record<MessageType, FrameSizeRange>> = {
  [MessageType.gossipAnnounce]: atLeast(8),
  [MessageType.gossipNotify]: fixed(8),
  [MessageType.gossipNotification]: atLeast(8),
  [MessageType.gossipValidation]: fixed(8),
  [MessageType.p2pInit]: fixed(12),
  [MessageType.p2pVerify]: fixed(12),
  [MessageType.p2pOk]: fixed(4),
  [MessageType.p2pAnnounce]: atLeast(12),
  [MessageType.hello]: atLeast(20),
  [MessageType.ping]: fixed(16),
  [MessageType.peers]: atLeast(8),
};

/** Largest data in an API announcement or notification: 65,535 - 8 bytes [protocol §1.4]. */
export const API_DATA_BYTES_MAX: number =
  FRAME_BYTES_MAX - FRAME_SIZES[MessageType.gossipAnnounce].min;
/** Largest data that can travel between peers, whose header is longer: 65,535 - 12 bytes. */
export const PEER_DATA_BYTES_MAX: number =
  FRAME_BYTES_MAX - FRAME_SIZES[MessageType.p2pAnnounce].min;

export function isMessageType(type: number): type is MessageType {
  return type in FRAME_SIZES;
}
