import type { Verdict } from "../../wire/api/gossip-validation.ts";

/** What the page of the demonstration is told, as server-sent events: a name and one line of JSON. */
export type PlaygroundEvent =
  | { readonly name: "network"; readonly data: NetworkState }
  | { readonly name: "wave"; readonly data: WaveStep };

/** The whole network at one moment. */
export interface NetworkState {
  readonly difficultyBits: number;
  /** What all modules here are subscribed to. */
  readonly dataType: number;
  readonly nodes: readonly PlayedNode[];
  /** Established links, each once, as its dialler sees it. */
  readonly links: readonly PlayedLink[];
}

export interface PlayedNode {
  /** From 1; the first is the bootstrapper. */
  readonly node: number;
  readonly life: NodeLife;
  /** What its module answers. */
  readonly verdict: Verdict;
  /** `host:port` of the three listeners; empty until they are known. */
  readonly p2p: string;
  readonly api: string;
  readonly monitor: string;
}

export type NodeLife = "starting" | "running" | "stopping" | "stopped";

export interface PlayedLink {
  readonly from: number;
  readonly to: number;
}

/** Something that happened to one item at one node. `atMs` is on the clock of the process, with fractions. */
export type WaveStep = {
  /** 40 hexadecimal digits, the same at every node. */
  readonly key: string;
  readonly node: number;
  readonly atMs: number;
} & (
  | { readonly kind: "announced"; readonly ttl: number; readonly text: string | null }
  /** The first copy; `from` is null when it is not known yet who dialled. */
  | { readonly kind: "arrived"; readonly from: number | null; readonly ttl: number }
  | { readonly kind: "duplicate"; readonly from: number | null; readonly ttl: number }
  | { readonly kind: "judged"; readonly verdict: Verdict }
  | { readonly kind: "sent"; readonly to: readonly number[]; readonly ttl: number }
  /** It went no further. */
  | { readonly kind: "ended"; readonly reason: string }
);

/** What the page may ask for. */
export type PlaygroundAction =
  | {
      readonly action: "announce";
      readonly node: number;
      readonly ttl: number;
      readonly text: string;
    }
  | { readonly action: NodeAction; readonly node: number };

export type NodeAction = (typeof NODE_ACTIONS)[number];

export const NODE_ACTIONS = ["accept", "reject", "stop", "start"] as const;
