import type { Output } from "../../core/output.ts";
import { CheckFailed } from "../checker.ts";
import type { Checker } from "../checker.ts";
import type { ItemLedger } from "../item-ledger.ts";
import { markOf } from "../item-mark.ts";
import type { ItemRecord } from "../item-record.ts";
import type { Simulator } from "../simulator.ts";
import type { SimNode } from "../sim-node.ts";

/** An announcement that no link got stays for 5 minutes [protocol §4.9]; clocks drift. */
const KEPT_MS = 270_000;

interface Unsent {
  readonly item: ItemRecord;
  readonly node: SimNode;
  readonly incarnation: number;
  /** A link came up in time to get it. */
  isDue: boolean;
}

/** What is announced while there is no link goes out over the first one that comes up [protocol §4.9]. */
export class UnsentSurvives implements Checker {
  readonly name = "unsent items survive";
  readonly #simulator: Simulator;
  readonly #ledger: () => ItemLedger;
  readonly #unsentByItem = new Map<ItemRecord, Unsent>();

  constructor(simulator: Simulator, ledger: () => ItemLedger) {
    this.#simulator = simulator;
    this.#ledger = ledger;
  }

  onAnnounced(item: ItemRecord, node: SimNode): void {
    if ([...node.ends.values()].some(({ isEstablished }) => isEstablished)) return;
    const { incarnation } = node;
    this.#unsentByItem.set(item, { item, node, incarnation, isDue: false });
  }

  onOutput(node: SimNode, output: Output): void {
    if (this.#unsentByItem.size === 0) return;
    if (output.kind === "report" && output.event.name === "linkEstablished") this.#markDue(node);
    if (output.kind !== "write") return;
    for (const { message } of output.frames) {
      if (message.kind !== "p2pAnnounce") continue;
      const item = this.#ledger().itemOf(markOf(message.data));
      if (item?.origin === node.index) this.#unsentByItem.delete(item);
    }
  }

  onEnd(): void {
    for (const { item, node, incarnation, isDue } of this.#unsentByItem.values()) {
      if (!isDue || node.incarnation !== incarnation) continue;
      const message = `item ${item.number} never left, though a link came up in time`;
      throw new CheckFailed(this.name, node, message);
    }
  }

  #markDue(node: SimNode): void {
    for (const unsent of this.#unsentByItem.values()) {
      const isKept = this.#simulator.now - unsent.item.announcedAt <= KEPT_MS;
      if (unsent.node === node && unsent.incarnation === node.incarnation && isKept) {
        unsent.isDue = true;
      }
    }
  }
}
