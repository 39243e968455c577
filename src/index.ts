/** The library: a gossip node to embed, and a client to speak to any. */
export { Gossip } from "./daemon/gossip.ts";
export type { GossipOptions } from "./daemon/gossip.ts";
export { Config } from "./daemon/config.ts";
export type { IniSource, Surroundings } from "./daemon/config.ts";
export type { ConfigFields, LogFormat, LogLevel } from "./daemon/config-keys.ts";
export type { CoreConfig, CoreLimits, ValidationPolicy } from "./core/core-config.ts";
export { ApiConnection } from "./daemon/api-connection.ts";
export { P2PConnection } from "./daemon/p2p-connection.ts";

export { Logger } from "./daemon/logger.ts";
export type { DaemonEvent, Log, LoggerOptions } from "./daemon/logger.ts";
export type { LineSink } from "./daemon/line-sink.ts";
export type { CoreEvent } from "./core/event.ts";
export type { TraceEvent } from "./core/trace.ts";
export type { ProofProgress } from "./daemon/proof-solving.ts";
export type {
  AddressStatus,
  BootstrapStatus,
  EventLoopDelay,
  GossipStatus,
  Health,
  LinkStatus,
  PeersStatus,
  ProofStatus,
  StoreStatus,
} from "./monitor/status.ts";
export type {
  ItemEvent,
  ItemStep,
  LinkEvent,
  LostEvents,
  MonitorEvent,
  SubscriberEvent,
} from "./monitor/monitor-event.ts";
export type { SubscriberSnapshot } from "./core/snapshot.ts";
export type { CounterName, CounterSnapshot } from "./core/counters.ts";
export { parseAddress, formatAddress } from "./daemon/address.ts";
export type { PeerAddress } from "./core/ports.ts";

export {
  AddressInUseError,
  ConfigError,
  ConfigFileError,
  DataDirLockedError,
  DataDirUnusableError,
  ExitCode,
  GossipError,
  ListenError,
} from "./daemon/gossip-error.ts";
export type { ConfigRemark, GossipErrorCode } from "./daemon/gossip-error.ts";

export { GossipClient } from "./client/gossip-client.ts";
export type { GossipClientEvents, GossipClientState } from "./client/gossip-client.ts";
export { Notification } from "./client/notification.ts";
export type { Subscription } from "./client/subscription.ts";
export type {
  AnnounceOptions,
  ClientOptions,
  ConnectOptions,
  ReconnectOptions,
  SubscribeOptions,
} from "./client/options.ts";
export {
  BacklogFullError,
  ClientClosedError,
  ConnectError,
  ConnectionLostError,
  DataTooLargeError,
  GossipClientError,
  InvalidArgumentError,
  ProtocolViolationError,
} from "./client/errors.ts";
export type { GossipClientErrorCode } from "./client/errors.ts";

export { GossipAnnounce } from "./wire/api/gossip-announce.ts";
export { GossipNotify } from "./wire/api/gossip-notify.ts";
export { GossipNotification } from "./wire/api/gossip-notification.ts";
export { GossipValidation } from "./wire/api/gossip-validation.ts";
export type { Verdict } from "./wire/api/gossip-validation.ts";
export { P2PInit } from "./wire/p2p/p2p-init.ts";
export { P2PVerify } from "./wire/p2p/p2p-verify.ts";
export { P2POk } from "./wire/p2p/p2p-ok.ts";
export { P2PAnnounce } from "./wire/p2p/p2p-announce.ts";
export { MessageType } from "./wire/message-type.ts";
export { encodeFrame } from "./wire/message.ts";
export type { WireMessage } from "./wire/message.ts";
export { FrameReader } from "./wire/frame.ts";
export { decodeApiRequest, decodeNotification, decodePeerMessage } from "./wire/decode.ts";
