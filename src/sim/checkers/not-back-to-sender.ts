import { CheckFailed } from "../checker.ts";
import type { Checker, Forward } from "../checker.ts";

/**
 * No link that brought an item is sent it again, except that a better copy goes to all links but the one
 * that brought it [protocol §4.6, §4.7].
 */
export class NotBackToSender implements Checker {
  readonly name = "not back to sender";

  onForward({ item, node, links, occasion, cause }: Forward): void {
    for (const link of links) {
      const end = node.ends.get(link);
      const isBack =
        occasion === "improved"
          ? link === cause
          : end !== undefined && item.broughtBy.has(end.ordinal);
      if (!isBack) continue;
      throw new CheckFailed(
        this.name,
        node,
        `item ${item.number} (${occasion}) goes back over link ${link}, which brought it`,
      );
    }
  }
}
