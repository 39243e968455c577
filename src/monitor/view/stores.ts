import type { StoreStatus } from "../status.ts";

/** From here on somebody will soon be refused. A guess. */
const FULL_SHARE = 0.8;
/** These are full after a while and forget the oldest, as they should. */
const CACHES: ReadonlySet<StoreStatus["name"]> = new Set([
  "seenKeys",
  "knowledgeBase",
  "newAddresses",
  "triedAddresses",
  "journal",
]);

/** How full it is, 0 to 1, by the bound that is nearer; 0 without any bound. */
export function shareOf({ entries, entriesMax, bytes, bytesMax }: StoreStatus): number {
  const ofEntries = entriesMax > 0 ? entries / entriesMax : 0;
  const ofBytes = bytesMax > 0 ? bytes / bytesMax : 0;
  return Math.max(ofEntries, ofBytes);
}

/** `cache`: it may be as full as it likes. `full`: somebody will soon be refused. */
export function conditionOf(store: StoreStatus): "cache" | "roomy" | "full" {
  if (CACHES.has(store.name)) return "cache";
  return shareOf(store) >= FULL_SHARE ? "full" : "roomy";
}
