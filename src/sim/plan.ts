import type { CoreConfig } from "../core/core-config.ts";

/**
 * One run, spelled out: who is there, how they are linked, what happens when. Drawn from a scenario or
 * from a swarm seed before the run begins, so that a failing run can be repeated with parts left out.
 * Times are milliseconds of the simulation.
 */
export interface Plan {
  readonly name: string;
  readonly seed: number;
  readonly nodes: readonly NodePlan[];
  /** Pairs of node numbers: dialler, acceptor. */
  readonly links: readonly (readonly [number, number])[];
  readonly linking: Linking;
  readonly overlay: OverlayOptions;
  readonly network: NetworkOptions;
  readonly proof: ProofOptions;
  /** As every core gets it, except for its bootstrappers. */
  readonly core: CoreConfig;
  /** Ordered by time. */
  readonly events: readonly PlannedEvent[];
  readonly endMs: number;
  readonly delivery: DeliveryDemand;
  /** Items announced earlier are in no figure but one of their own. */
  readonly measureFromMs: number;
}

/** Where addresses are drawn from: private ones are exempt from all bounds per group [protocol §3.5]. */
export type Addresses = "private" | "public";

export interface OverlayOptions {
  readonly addresses: Addresses;
  /** How many others each node has heard of before it starts for the first time. */
  readonly known: number;
  /** Whom of: liars may have been there before, or not. */
  readonly knownFrom: "everybody" | "harmless";
  /** When Sybils begin to visit, and the mean time between two visits of one of them. */
  readonly visitsFromMs: number;
  readonly visitEveryMs: number;
}

export const NO_OVERLAY_OPTIONS: OverlayOptions = {
  addresses: "private",
  known: 0,
  knownFrom: "everybody",
  visitsFromMs: 0,
  visitEveryMs: 3_600_000,
};

/**
 * `wired`: links are there from the start; each end is the acceptor of a scripted dialler that has
 * solved its puzzle, which costs no traffic. `dialled`: the cores dial each other by themselves, with
 * the whole handshake, and dial again when a link is lost. `overlay`: the cores find each other, with
 * the extension on; all they are told is the address of the first node.
 */
export type Linking = "wired" | "dialled" | "overlay";

export interface NodePlan {
  /** Its number in the whole plan, which it keeps when others are left out. */
  readonly number: number;
  /** Nodes of one group share an IPv4 /16. */
  readonly group: number;
  readonly driftPpm: number;
  readonly role: NodeRole;
  readonly modules: readonly ModulePlan[];
}

/**
 * `honest` runs the core; `liar`, `dropper` and `addressFlooder` run it too, and lie in what they send;
 * the others are scripted peers. A `bystander` means no harm; a `sybil` visits honest nodes, and answers
 * with Sybils.
 */
export const NODE_ROLES = [
  "honest",
  "bystander",
  "ttlPoisoner",
  "idOnlyRelay",
  "dropper",
  "liar",
  "addressFlooder",
  "sybil",
] as const;
export type NodeRole = (typeof NODE_ROLES)[number];

/** Whether there is no core in it. */
export const isScripted = (role: NodeRole): boolean =>
  role !== "honest" && role !== "dropper" && role !== "liar" && role !== "addressFlooder";

export const isHostile = (role: NodeRole): boolean => role !== "honest" && role !== "bystander";

export interface ModulePlan {
  readonly dataTypes: readonly number[];
  readonly behaviour: ModuleBehaviour;
}

/** What a module does with notifications. Delays are drawn from `minMs` to `maxMs` for each. */
export type ModuleBehaviour =
  | { readonly kind: "accept"; readonly minMs: number; readonly maxMs: number }
  | { readonly kind: "reject"; readonly minMs: number; readonly maxMs: number }
  | { readonly kind: "silent" }
  /** Disconnects without an answer at every n-th notification, and comes back later. */
  | { readonly kind: "crash"; readonly everyNth: number; readonly backAfterMs: number };

export interface NetworkOptions {
  /** One way, drawn once per pair of nodes. */
  readonly latencyMinMs: number;
  readonly latencyMaxMs: number;
  /** Added to each chunk, 0 to this; never reorders a direction. */
  readonly jitterMs: number;
  /** Per direction of a link; 0 is no limit. */
  readonly bytesPerSecond: number;
  /** What a socket takes beyond what the other end has read: send and receive buffer together. */
  readonly socketBufferBytes: number;
  /** When TCP keepalive gives up a link whose other end is silently gone. */
  readonly keepaliveMs: number;
}

export interface ProofOptions {
  readonly difficultyBits: number;
  readonly hashesPerSecond: number;
}

export type PlannedEvent =
  | {
      readonly kind: "announce";
      readonly at: number;
      readonly node: number;
      readonly ttl: number;
      readonly dataType: number;
      readonly dataBytes: number;
      /** Over a connection of its own, or over that of the node's first module, if there is one. */
      readonly over: "ownConnection" | "firstModule";
    }
  /** The process dies and its sockets are reset, or the whole machine vanishes from the net. */
  | {
      readonly kind: "crash";
      readonly at: number;
      readonly node: number;
      readonly manner: "reset" | "powerLoss";
    }
  /** Starts again, with nothing but its address book. */
  | { readonly kind: "restart"; readonly at: number; readonly node: number }
  /** Whatever is on its way is lost, and both ends learn that the link is gone. */
  | { readonly kind: "cut"; readonly at: number; readonly link: number }
  /** The dialler's end is gone, and the acceptor's end learns it from keepalive only. */
  | { readonly kind: "halfOpen"; readonly at: number; readonly link: number }
  /** The two sides hear nothing of each other until `rejoin`; bytes on their way wait. */
  | { readonly kind: "partition"; readonly at: number; readonly side: readonly number[] }
  | { readonly kind: "rejoin"; readonly at: number }
  /** From now on the node reads so slowly; 0 is not at all. */
  | {
      readonly kind: "readSlowly";
      readonly at: number;
      readonly node: number;
      readonly bytesPerSecond: number;
    }
  | { readonly kind: "readNormally"; readonly at: number; readonly node: number }
  /** So many of 100 dials are refused from now on. */
  | { readonly kind: "refuseDials"; readonly at: number; readonly percent: number }
  /** Faults end: everybody is back, reads and accepts, and every link comes up again. */
  | { readonly kind: "heal"; readonly at: number };

/** Which announcements must reach everybody who is entitled to them. */
export type DeliveryDemand =
  | { readonly kind: "none" }
  /** Those at or after `fromMs`, within `withinMs`. */
  | { readonly kind: "since"; readonly fromMs: number; readonly withinMs: number };
