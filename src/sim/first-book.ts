import type { SavedBook, SavedEntry } from "../core/saved-book.ts";
import { overlayGroup } from "../core/address-scope.ts";
import { hexOf } from "../core/bytes.ts";
import { addressOf } from "./node-address.ts";
import { isHostile } from "./plan.ts";
import type { NodePlan, Plan } from "./plan.ts";
import type { RandomStream } from "./random-stream.ts";

const SECRET_BYTES = 16;
const AGE_SECONDS = 600;
/** Of 100 addresses known, so many have been connected to. A guess: what a node has after half an hour. */
const TRIED_PERCENT = 10;

/** Whom nodes may have heard of before they start. */
export function acquaintancesOf({ nodes, overlay }: Plan): NodePlan[] {
  return nodes.filter(({ role }) => overlay.knownFrom === "everybody" || !isHostile(role));
}

/**
 * The address book of a node that has been in the network before: addresses of others drawn at random,
 * each heard of from somewhere else. What does not find its place in the buckets is left out by the core.
 */
export function firstBook(
  plan: Plan,
  self: NodePlan,
  nodes: readonly NodePlan[],
  random: RandomStream,
): SavedBook {
  const { known, addresses } = plan.overlay;
  const numbers = new Set<number>();
  const wanted = Math.min(known, nodes.filter((node) => node !== self).length);
  while (numbers.size < wanted) {
    const other = random.below(nodes.length);
    if (nodes[other] !== self) numbers.add(other);
  }
  const entryOf = (at: number): SavedEntry[] => {
    const node = nodes[at];
    const source = nodes[random.below(nodes.length)];
    if (node === undefined || source === undefined) return [];
    const { host, port } = addressOf(node.group, node.number, addresses);
    const teller = addressOf(source.group, source.number, addresses);
    return [
      {
        host,
        port,
        sourceGroup: overlayGroup(teller.host, teller.port, plan.core.localRanges),
        table: random.chance(TRIED_PERCENT) ? "tried" : "new",
        ageSeconds: AGE_SECONDS,
        failures: 0,
      },
    ];
  };
  const secret = hexOf(random.bytes(SECRET_BYTES));
  return { secret, entries: [...numbers].flatMap(entryOf), anchors: [] };
}
