import type { Output } from "../../core/output.ts";
import type { P2PAnnounce } from "../../wire/p2p/p2p-announce.ts";
import { CheckFailed } from "../checker.ts";
import type { Checker } from "../checker.ts";
import type { ItemLedger } from "../item-ledger.ts";
import { markOf } from "../item-mark.ts";
import { NEVER } from "../item-record.ts";
import type { ItemRecord } from "../item-record.ts";
import type { SimNode } from "../sim-node.ts";

/**
 * No copy travels farther than the announcer allowed [protocol §4.5]: what a node that is k hops away
 * writes has at most TTL - k hops left, never none and never "no limit". Judged on what is written, not
 * on what the core says about it. Says nothing in runs with hostile peers, who may raise a TTL.
 */
export class TtlRespected implements Checker {
  readonly name = "TTL respected";
  readonly #ledger: () => ItemLedger;

  constructor(ledger: () => ItemLedger) {
    this.#ledger = ledger;
  }

  onOutput(node: SimNode, output: Output): void {
    if (output.kind !== "write") return;
    for (const { message } of output.frames) {
      if (message.kind !== "p2pAnnounce") continue;
      const item = this.#ledger().itemOf(markOf(message.data));
      if (item !== undefined) this.#judge(node, item, message);
    }
  }

  #judge(node: SimNode, item: ItemRecord, { ttl }: P2PAnnounce): void {
    if (item.ttl === 0) {
      if (ttl <= 1) return;
      this.#fail(node, item, `without a limit was written with TTL ${ttl}`);
    }
    const hops = item.hopsMin[node.index] ?? NEVER;
    const most = item.ttl - hops;
    if (hops !== NEVER && ttl >= 1 && ttl <= most) return;
    this.#fail(node, item, `with TTL ${item.ttl} was written with TTL ${ttl} after ${hops} hops`);
  }

  #fail(node: SimNode, item: ItemRecord, what: string): never {
    throw new CheckFailed(this.name, node, `item ${item.number} ${what}`);
  }
}
