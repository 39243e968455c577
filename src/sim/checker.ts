import type { Input } from "../core/input.ts";
import type { Output } from "../core/output.ts";
import type { LinkId, SubscriberId } from "../core/ports.ts";
import type { TraceEvent } from "../core/trace.ts";
import type { Verdict } from "../wire/api/gossip-validation.ts";
import type { P2PAnnounce } from "../wire/p2p/p2p-announce.ts";
import type { ItemRecord } from "./item-record.ts";
import type { LinkEnd } from "./sim-link.ts";
import type { SimNode } from "./sim-node.ts";

/** One copy of an item that a node reads. */
export interface Copy {
  readonly item: ItemRecord;
  readonly node: SimNode;
  readonly end: LinkEnd;
  readonly message: P2PAnnounce;
  /** Whether somebody at the node is subscribed to its type; otherwise it is forgotten at once. */
  readonly isWanted: boolean;
}

/** One decision of a core to send an item to links. */
export interface Forward {
  readonly item: ItemRecord;
  readonly node: SimNode;
  readonly links: readonly LinkId[];
  readonly ttl: number;
  readonly occasion: (TraceEvent & { readonly kind: "itemForwarded" })["occasion"];
  /** The link whose copy is being handled, if it is one. */
  readonly cause: LinkId | undefined;
}

/** One notification or one verdict. */
export interface Opinion {
  readonly item: ItemRecord;
  readonly node: SimNode;
  readonly subscriber: SubscriberId;
}

/**
 * A law that every run must keep. Called for what it wants to hear, always before the world reacts;
 * throws `CheckFailed` when the law is broken.
 */
export interface Checker {
  readonly name: string;
  onAnnounced?(item: ItemRecord, node: SimNode): void;
  onCopy?(copy: Copy): void;
  /** The core has begun to treat an item from a peer as new. */
  onTakenUp?(item: ItemRecord, node: SimNode, isWanted: boolean): void;
  onForward?(forward: Forward): void;
  onNotified?(opinion: Opinion): void;
  onVerdict?(opinion: Opinion, verdict: Verdict): void;
  /** A rule of the core let the item go here, so that it need not reach everybody. */
  onExcused?(item: ItemRecord, node: SimNode): void;
  onInput?(node: SimNode, input: Input): void;
  onOutput?(node: SimNode, output: Output): void;
  onSettled?(node: SimNode): void;
  onEnd?(): void;
}

/** A law was broken: the run ends here. */
export class CheckFailed extends Error {
  override readonly name = "CheckFailed";
  readonly checker: string;
  readonly node: number | undefined;

  constructor(checker: string, node: SimNode | undefined, message: string) {
    super(message);
    this.checker = checker;
    this.node = node?.plan.number;
  }
}
