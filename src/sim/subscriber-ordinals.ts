import type { SubscriberId } from "../core/ports.ts";
import type { SimNode } from "./sim-node.ts";

const SUBSCRIBERS_PER_NODE_MAX = 65_536;

/** Numbers the connections of all modules of all nodes in the order they are met, for bit rows. */
export class SubscriberOrdinals {
  readonly #ordinals = new Map<number, number>();

  of(node: SimNode, subscriber: SubscriberId): number {
    const key = node.index * SUBSCRIBERS_PER_NODE_MAX + subscriber;
    let ordinal = this.#ordinals.get(key);
    if (ordinal === undefined) {
      ordinal = this.#ordinals.size;
      this.#ordinals.set(key, ordinal);
    }
    return ordinal;
  }
}
