import { BitRow } from "../bit-row.ts";
import { CheckFailed } from "../checker.ts";
import type { Checker, Opinion } from "../checker.ts";
import type { ItemRecord } from "../item-record.ts";
import { SubscriberOrdinals } from "../subscriber-ordinals.ts";

/**
 * No connection of a module is told of an item twice [protocol §4.2, §4.6], and the one that announced
 * it is not told at all [§2.3].
 */
export class DeliveredOnce implements Checker {
  readonly name = "delivered once";
  readonly #ordinals = new SubscriberOrdinals();
  readonly #toldByItem = new Map<ItemRecord, BitRow>();

  onNotified({ item, node, subscriber }: Opinion): void {
    if (node.index === item.origin && subscriber === item.announcer) {
      const message = `subscriber ${subscriber} was notified of item ${item.number}, its own`;
      throw new CheckFailed(this.name, node, message);
    }
    let told = this.#toldByItem.get(item);
    if (told === undefined) {
      told = new BitRow();
      this.#toldByItem.set(item, told);
    }
    if (told.add(this.#ordinals.of(node, subscriber))) return;
    throw new CheckFailed(
      this.name,
      node,
      `subscriber ${subscriber} was notified of item ${item.number} twice`,
    );
  }
}
