import type { Link, LinkOrigin } from "./link.ts";
import type { Instant } from "./ports.ts";

/** Links younger than this are never evicted, in ms [protocol §7.1]. */
const EVICTABLE_AGE_MS = 60_000;
/** Bounds per host, per /24 and per /16 (IPv6 /64, /48, /32) [protocol §7.1]. */
const PER_HOST_MAX = 4;
const PER_SUBNET_MAX = 8;
const PER_GROUP_MAX = 16;
/** Slots kept for groups that have none yet, at most an eighth of all [protocol §7.1]. */
const SLOTS_FOR_NEW_GROUPS = 8;
/** Links protected from eviction by their delay and by their usefulness, as in Bitcoin. */
const PROTECTED_BY_DELAY = 4;
const PROTECTED_BY_USE = 4;

/** What to do with a newcomer [protocol §7.1]. */
export type Admission =
  | { readonly kind: "admit" }
  /** It takes the slot of another. */
  | { readonly kind: "replace"; readonly victim: Link }
  | { readonly kind: "refuse" };

/**
 * Who of the inbound links keeps a slot. The newcomer has spent a proof, so it is heard; but whoever
 * holds many slots from one place loses the youngest of them first [protocol §7.1].
 *
 * @param inbound established inbound links without the newcomer.
 */
export function admitInbound(
  newcomer: Link,
  inbound: ReadonlySet<Link>,
  slots: number,
  now: Instant,
): Admission {
  const isCrowded = inbound.size * 2 >= slots;
  if (isCrowded && isOverCaps(newcomer, inbound)) return { kind: "refuse" };
  const isNewGroup = countSame(newcomer, inbound, "groupKey") === 0;
  const free = slots - inbound.size;
  const reserved = Math.min(SLOTS_FOR_NEW_GROUPS, slots >> 3);
  if (isNewGroup ? free > 0 : free > reserved) return { kind: "admit" };
  const victim = chooseVictim(inbound, now);
  return victim === undefined ? { kind: "refuse" } : { kind: "replace", victim };
}

function isOverCaps(newcomer: Link, inbound: ReadonlySet<Link>): boolean {
  return (
    countSame(newcomer, inbound, "hostKey") >= PER_HOST_MAX ||
    countSame(newcomer, inbound, "subnetKey") >= PER_SUBNET_MAX ||
    countSame(newcomer, inbound, "groupKey") >= PER_GROUP_MAX
  );
}

/** How many links come from the same place. */
function countSame(newcomer: Link, inbound: ReadonlySet<Link>, place: keyof LinkOrigin): number {
  const wanted = newcomer[place];
  let count = 0;
  for (const link of inbound) if (link[place] === wanted) count++;
  return count;
}

/** The youngest link of the largest group among those that nothing protects. */
function chooseVictim(inbound: ReadonlySet<Link>, now: Instant): Link | undefined {
  const candidates = unprotected(
    [...inbound].filter((link) => now - link.establishedAt >= EVICTABLE_AGE_MS),
  );
  const sizeByGroup = new Map<string, number>();
  for (const { groupKey } of candidates) {
    sizeByGroup.set(groupKey, (sizeByGroup.get(groupKey) ?? 0) + 1);
  }
  let victim: Link | undefined;
  for (const link of candidates) {
    const size = sizeByGroup.get(link.groupKey) ?? 0;
    const largest = victim === undefined ? 0 : (sizeByGroup.get(victim.groupKey) ?? 0);
    const isYounger = victim === undefined || link.establishedAt > victim.establishedAt;
    if (size > largest || (size === largest && isYounger)) victim = link;
  }
  return victim;
}

/** Without the quickest, the most useful, and the older half of the rest. */
function unprotected(links: readonly Link[]): Link[] {
  const byDelay = [...links].sort((a, b) => delayOf(a) - delayOf(b));
  const byUse = byDelay.slice(PROTECTED_BY_DELAY).sort((a, b) => b.newItemsIn - a.newItemsIn);
  const byAge = byUse.slice(PROTECTED_BY_USE).sort((a, b) => a.establishedAt - b.establishedAt);
  return byAge.slice(Math.ceil(byAge.length / 2));
}

const delayOf = (link: Link): number => link.extension?.delayMs ?? Number.MAX_SAFE_INTEGER;
