import { CheckFailed } from "../checker.ts";
import type { Checker, Forward } from "../checker.ts";
import { hopsLeft } from "../item-record.ts";

/**
 * Nothing goes back over the link that brought it: no copy that says nothing new to whoever sent one with
 * as many hops left [protocol §4.7], and no better copy to the one that brought it [§4.6].
 */
export class NotBackToSender implements Checker {
  readonly name = "not back to sender";

  onForward({ item, node, links, ttl, occasion, cause }: Forward): void {
    for (const link of links) {
      const end = node.ends.get(link);
      const isBack =
        occasion === "improved"
          ? link === cause
          : end !== undefined && item.hopsAtSender.at(end.ordinal) >= hopsLeft(ttl);
      if (!isBack) continue;
      throw new CheckFailed(
        this.name,
        node,
        `item ${item.number} (${occasion}) goes back over link ${link}, which brought it`,
      );
    }
  }
}
