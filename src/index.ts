/** The library: a gossip node to embed, and a client to speak to any. */
export { Gossip } from "./daemon/gossip.ts";
export type { GossipOptions } from "./daemon/gossip.ts";
export { Config } from "./daemon/config.ts";
export type { IniSource, Surroundings } from "./daemon/config.ts";
export type { ConfigChange } from "./daemon/reload.ts";
export type { ConfigFields, LogFormat, LogLevel } from "./daemon/config-keys.ts";
export type { IpAddress, IpRange } from "./core/ip-address.ts";
export type { VectorUse } from "./pow/worker-messages.ts";
export type { CoreConfig, CoreLimits, ValidationPolicy } from "./core/core-config.ts";
export { ApiConnection } from "./daemon/api-connection.ts";
export { P2PConnection } from "./daemon/p2p-connection.ts";

export { Logger } from "./daemon/logger.ts";
export type { DaemonEvent, Log, LoggerOptions } from "./daemon/logger.ts";
export type { LineSink } from "./daemon/line-sink.ts";
export type { Clock } from "./daemon/system-clock.ts";
export type { CancelTimer, Timers } from "./client/timers.ts";
export type { CoreEvent, CoreEventName, LinkDirection, LinkPhase } from "./core/event.ts";
export type { DialFailure, ProofFailure } from "./core/input.ts";
export type { DialTrouble, LinkCloseCause, SubscriberCloseCause } from "./core/close-cause.ts";
export type {
  DropReason,
  ItemOutcome,
  RefusalReason,
  StopReason,
  TraceEvent,
} from "./core/trace.ts";
export type { ProofProgress } from "./daemon/proof-solving.ts";
export type {
  AddressStatus,
  BootstrapStatus,
  EventLoopDelay,
  GossipStatus,
  Health,
  LinkStatus,
  MeasuredName,
  MonitorStoreName,
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
export type { EventListener } from "./monitor/event-feed.ts";
export type {
  AddressSnapshot,
  BootstrapSnapshot,
  LinkSnapshot,
  OverlaySnapshot,
  Shortage,
  StoreName,
  StoreSnapshot,
  SubscriberSnapshot,
} from "./core/snapshot.ts";
export type { CounterName, CounterSnapshot, DurationName } from "./core/counters.ts";
export type { DurationCounts } from "./core/durations.ts";
export { parseAddress, formatAddress } from "./daemon/address.ts";
export type { AddressUse, Parsed } from "./daemon/address.ts";
export type { Instant, LinkId, PeerAddress, SubscriberId } from "./core/ports.ts";

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
export type { ConfigRemark, GossipErrorCode, ListeningSocket } from "./daemon/gossip-error.ts";

export { GossipClient } from "./client/gossip-client.ts";
export type { GossipClientEvents, GossipClientState } from "./client/gossip-client.ts";
export { Notification } from "./client/notification.ts";
export type { NotificationState } from "./client/notification.ts";
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
export { Hello } from "./wire/p2p/hello.ts";
export type { HelloFields } from "./wire/p2p/hello.ts";
export { Ping } from "./wire/p2p/ping.ts";
export { Peers } from "./wire/p2p/peers.ts";
export type { PeerRecord } from "./wire/p2p/peers.ts";
export { MessageType } from "./wire/message-type.ts";
export { encodeFrame } from "./wire/message.ts";
export type { WireMessage } from "./wire/message.ts";
export type { ByteReader } from "./wire/byte-reader.ts";
export type { ByteWriter } from "./wire/byte-writer.ts";
export type { WireFault, WireFaultKind } from "./wire/wire-fault.ts";
export { FrameReader } from "./wire/frame.ts";
export type { FaultyFrame, Frame, TypeFilter } from "./wire/frame.ts";
export { decodeApiRequest, decodeNotification, decodePeerMessage } from "./wire/decode.ts";
export type { ApiRequest, PeerMessage } from "./wire/decode.ts";
