import type { SubscriberId } from "../../core/ports.ts";
import { BitRow } from "../bit-row.ts";
import { CheckFailed } from "../checker.ts";
import type { Checker, Opinion } from "../checker.ts";
import { carryingNeighbours, hopsFrom } from "../graph.ts";
import type { ItemRecord } from "../item-record.ts";
import type { ModulePlan } from "../plan.ts";
import type { Simulator } from "../simulator.ts";
import type { SimModule } from "../sim-module.ts";
import type { SimNode } from "../sim-node.ts";
import { SubscriberOrdinals } from "../subscriber-ordinals.ts";

interface Claim {
  readonly node: SimNode;
  readonly subscriber: SubscriberId;
}

interface Demand {
  readonly item: ItemRecord;
  readonly claims: readonly Claim[];
  readonly told: BitRow;
}

/**
 * Every subscriber that the rules entitle to an item is told of it in time: one that is, when the item
 * is announced, within TTL of the announcer over links that carry and nodes that surely pass it on. A
 * node surely passes on what all of its modules for the type accept in time, or one of them under the
 * policy `any` [protocol §4.3], over no more links than it may send to [protocol §4.7].
 *
 * What a rule lets go is not demanded: items whose better copies used up their re-forwards [§4.6], and
 * items that a full store did not hold [§4.10].
 */
export class DeliveredEverywhere implements Checker {
  readonly name = "delivered everywhere";
  readonly #simulator: Simulator;
  readonly #fromMs: number;
  readonly #withinMs: number;
  readonly #ordinals = new SubscriberOrdinals();
  readonly #demands = new Map<ItemRecord, Demand>();

  constructor(simulator: Simulator, fromMs: number, withinMs: number) {
    this.#simulator = simulator;
    this.#fromMs = fromMs;
    this.#withinMs = withinMs;
  }

  /** How many deliveries the rules promised. */
  get claimCount(): number {
    return [...this.#demands.values()].reduce((sum, { claims }) => sum + claims.length, 0);
  }

  onAnnounced(item: ItemRecord, origin: SimNode): void {
    if (item.announcedAt < this.#fromMs) return;
    const { nodes, network } = this.#simulator;
    const neighbours = carryingNeighbours(nodes.length, network.links);
    const { degree } = this.#simulator.plan.core;
    if ((neighbours[origin.index]?.length ?? 0) > degree) return;
    const passesOn = (index: number): boolean => {
      const linkCount = neighbours[index]?.length ?? 0;
      return linkCount <= degree + 1 && this.#surelyAccepts(index, item.dataType);
    };
    const hops = hopsFrom(origin.index, neighbours, passesOn, item.ttl === 0 ? Infinity : item.ttl);
    const claims: Claim[] = [];
    for (const node of nodes) {
      if (hops[node.index] === -1) continue;
      for (const module of node.modules) {
        const isAnnouncer = node === origin && module.subscriber === item.announcer;
        if (!isAnnouncer) this.#addClaim(claims, node, module, item.dataType);
      }
    }
    this.#demands.set(item, { item, claims, told: new BitRow() });
  }

  onNotified({ item, node, subscriber }: Opinion): void {
    const demand = this.#demands.get(item);
    if (demand === undefined) return;
    if (this.#simulator.now - item.announcedAt > this.#withinMs) return;
    demand.told.add(this.#ordinals.of(node, subscriber));
  }

  /** A rule let this item go somewhere. */
  onExcused(item: ItemRecord): void {
    this.#demands.delete(item);
  }

  onEnd(): void {
    for (const { item, claims, told } of this.#demands.values()) {
      for (const { node, subscriber } of claims) {
        if (told.has(this.#ordinals.of(node, subscriber))) continue;
        throw new CheckFailed(
          this.name,
          node,
          `subscriber ${subscriber} was not told of item ${item.number}, announced by node ` +
            `${this.#simulator.node(item.origin).plan.number} at ${item.announcedAt} ms, ` +
            `within ${this.#withinMs} ms`,
        );
      }
    }
  }

  #addClaim(claims: Claim[], node: SimNode, module: SimModule, dataType: number): void {
    const { subscriber, plan } = module;
    if (subscriber === undefined || !plan.dataTypes.includes(dataType)) return;
    if (module.behaviour.kind !== "crash") claims.push({ node, subscriber });
  }

  #surelyAccepts(index: number, dataType: number): boolean {
    const node = this.#simulator.node(index);
    if (node.core === undefined || node.plan.role !== "honest") return false;
    const asked = node.modules.filter(({ plan }) => plan.dataTypes.includes(dataType));
    const { validationTimeoutMs, validationPolicy } = this.#simulator.plan.core;
    const doesAccept = ({ plan }: SimModule): boolean => acceptsWithin(plan, validationTimeoutMs);
    if (validationPolicy === "any") return asked.some(doesAccept);
    return asked.length > 0 && asked.every(doesAccept);
  }
}

/** Half of the time is left for notifications that wait their turn [protocol §2.5]. */
const acceptsWithin = ({ behaviour }: ModulePlan, timeoutMs: number): boolean =>
  behaviour.kind === "accept" && behaviour.maxMs * 2 <= timeoutMs;
