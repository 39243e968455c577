import { parseIpRange } from "./ip-address.ts";
import type { IpRange } from "./ip-address.ts";
import type { PeerAddress } from "./ports.ts";

/** When the subscribers' verdicts let an item spread [protocol §4.3]. */
export type ValidationPolicy = "all" | "any" | "first";

/** What an operator may choose. Everything else is a named constant beside the rule it bounds. */
export interface CoreConfig {
  /** Leading zero bits of a proof, 0 to 28; a property of the network [protocol §3.2]. */
  readonly difficultyBits: number;
  /** From INIT to VERIFY, in ms [protocol §3.3]. */
  readonly powTimeoutMs: number;
  /** From the arrival of an item to the last verdict that counts, in ms [protocol §4.3]. */
  readonly validationTimeoutMs: number;
  readonly validationPolicy: ValidationPolicy;
  /** Whether announcements are judged like the course's mock server does [protocol §2.1]. */
  readonly announceRule: "lenient" | "strict";
  /** Accepted items kept for links that come up later [protocol §4.9]. */
  readonly cacheSize: number;
  /** To how many links an item is forwarded at most [protocol §4.7]. */
  readonly degree: number;
  /** Whether peers of ours are recognised and spoken to as such [protocol §6]. */
  readonly extensions: "on" | "off";
  /** Links that we dial and keep [protocol §7.1]. */
  readonly outboundLinksTarget: number;
  /** Established inbound links at most [protocol §7.1]. */
  readonly inboundLinksMax: number;
  /** API connections at most [protocol §2.7]. */
  readonly subscribersMax: number;
  /** Exempt from all bounds per address and per group [protocol §3.5]. */
  readonly localRanges: readonly IpRange[];
  /** Where to join; empty for the bootstrapper itself [protocol §3.7]. */
  readonly bootstrappers: readonly PeerAddress[];
  readonly limits: CoreLimits;
}

/** What may change while the core runs: it is looked at anew whenever it matters. */
export interface CoreTuning extends Pick<
  CoreConfig,
  "announceRule" | "subscribersMax" | "inboundLinksMax"
> {
  readonly limits: Pick<CoreLimits, "subscriberQueueBytes" | "subscriberQueueMessages">;
}

/** Bounds of §2 and §4 that an operator may move. */
export interface CoreLimits {
  /** Notifications waiting for one client, in bytes and in number [protocol §2.6]. */
  readonly subscriberQueueBytes: number;
  readonly subscriberQueueMessages: number;
  /** What one link has not taken, in bytes and in frames [protocol §4.11]. */
  readonly linkQueueBytes: number;
  readonly linkQueueFrames: number;
  /** Sustained reading from one link; 0 is no limit [protocol §4.11]. */
  readonly linkFramesPerSecond: number;
  readonly linkBytesPerSecond: number;
  /** Items waiting for a verdict, in all and from one link [protocol §4.10]. */
  readonly pendingItems: number;
  readonly pendingBytes: number;
  readonly pendingItemsPerLink: number;
  readonly pendingBytesPerLink: number;
  /** Payload bytes kept for links that come up later [protocol §4.9]. */
  readonly knowledgeBytes: number;
}

const KIB = 1024;
const MIB = 1024 * KIB;

export const DEFAULT_LIMITS: CoreLimits = {
  subscriberQueueBytes: 4 * MIB,
  subscriberQueueMessages: 4_096,
  linkQueueBytes: 1 * MIB,
  linkQueueFrames: 1_024,
  linkFramesPerSecond: 2_000,
  linkBytesPerSecond: 8 * MIB,
  pendingItems: 16_384,
  pendingBytes: 64 * MIB,
  pendingItemsPerLink: 4_096,
  pendingBytesPerLink: 8 * MIB,
  knowledgeBytes: 32 * MIB,
};

/** Loopback, private and link-local ranges (RFC 1122, 1918, 3927, 4193, 4291) [protocol §3.5]. */
const DEFAULT_LOCAL_RANGES: readonly string[] = [
  "127.0.0.0/8",
  "::1/128",
  "10.0.0.0/8",
  "172.16.0.0/12",
  "192.168.0.0/16",
  "fc00::/7",
  "169.254.0.0/16",
  "fe80::/10",
];

/** Every value from the clause that its field names. */
export const DEFAULT_CORE_CONFIG: CoreConfig = {
  difficultyBits: 24,
  powTimeoutMs: 120_000,
  validationTimeoutMs: 30_000,
  validationPolicy: "all",
  announceRule: "lenient",
  cacheSize: 50,
  degree: 30,
  extensions: "on",
  outboundLinksTarget: 8,
  inboundLinksMax: 64,
  subscribersMax: 256,
  localRanges: DEFAULT_LOCAL_RANGES.flatMap((text) => parseIpRange(text) ?? []),
  bootstrappers: [],
  limits: DEFAULT_LIMITS,
};
