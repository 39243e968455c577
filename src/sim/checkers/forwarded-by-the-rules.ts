import { CheckFailed } from "../checker.ts";
import type { Checker, Copy, Forward } from "../checker.ts";
import { HOPS_UNLIMITED, hopsLeft } from "../item-record.ts";
import type { ItemRecord } from "../item-record.ts";
import type { SimNode } from "../sim-node.ts";

/** How often one link may cause an item to be forwarded again [protocol §4.6]. */
const REFORWARDS_PER_LINK_MAX = 2;

/** The most hops any copy had left, before the present one and with it; of a node's present life. */
class BestCopy {
  readonly incarnation: number;
  before: number;
  best: number;

  constructor(incarnation: number, best: number) {
    this.incarnation = incarnation;
    this.before = best;
    this.best = best;
  }
}

/**
 * Items go to no more links than `degree` [protocol §4.7], again only because of a copy with more hops
 * left than all before, and because of the same link no more than twice [§4.6]. What nobody here
 * subscribed to is not taken up at all [§4.2].
 */
export class ForwardedByTheRules implements Checker {
  readonly name = "forwarded by the rules";
  readonly #degree: number;
  readonly #bestByItem = new Map<ItemRecord, Map<number, BestCopy>>();
  readonly #causes = new Map<string, number>();

  constructor(degree: number) {
    this.#degree = degree;
  }

  onAnnounced(item: ItemRecord, node: SimNode): void {
    const own = item.ttl === 0 ? HOPS_UNLIMITED : item.ttl + 1;
    this.#bestOf(item).set(node.index, new BestCopy(node.incarnation, own));
  }

  onCopy({ item, node, message, isWanted }: Copy): void {
    const bests = this.#bestOf(item);
    const known = bests.get(node.index);
    const hops = hopsLeft(message.ttl);
    if (known?.incarnation !== node.incarnation) {
      if (!isWanted) return;
      const first = new BestCopy(node.incarnation, hops);
      first.before = 0;
      bests.set(node.index, first);
      return;
    }
    known.before = known.best;
    known.best = Math.max(known.best, hops);
  }

  /** A better copy that was refused counts as not handled [protocol §4.6]. */
  onExcused(item: ItemRecord, node: SimNode): void {
    const best = this.#bestOf(item).get(node.index);
    if (best !== undefined) best.best = best.before;
  }

  onForward({ item, node, links, occasion, cause }: Forward): void {
    if (occasion === "improved") {
      const best = this.#bestOf(item).get(node.index);
      if (best === undefined || best.best <= best.before) {
        throw new CheckFailed(this.name, node, `item ${item.number} again for no better copy`);
      }
      this.#countCause(item, node, cause ?? 0);
    } else if (links.length > this.#degree) {
      const message = `item ${item.number} to ${links.length} links, degree ${this.#degree}`;
      throw new CheckFailed(this.name, node, message);
    }
  }

  onTakenUp(item: ItemRecord, node: SimNode, isWanted: boolean): void {
    if (isWanted) return;
    throw new CheckFailed(this.name, node, `item ${item.number} is of a type nobody subscribed to`);
  }

  #countCause(item: ItemRecord, node: SimNode, cause: number): void {
    const key = `${item.number} ${node.index} ${node.incarnation} ${cause}`;
    const times = (this.#causes.get(key) ?? 0) + 1;
    this.#causes.set(key, times);
    if (times <= REFORWARDS_PER_LINK_MAX) return;
    const message = `item ${item.number} again because of link ${cause} for the ${times}th time`;
    throw new CheckFailed(this.name, node, message);
  }

  #bestOf(item: ItemRecord): Map<number, BestCopy> {
    const known = this.#bestByItem.get(item);
    if (known !== undefined) return known;
    const bests = new Map<number, BestCopy>();
    this.#bestByItem.set(item, bests);
    return bests;
  }
}
