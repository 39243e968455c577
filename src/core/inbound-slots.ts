import { hostKey, parseIpAddress } from "./ip-address.ts";
import type { Link } from "./link.ts";
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
  inbound: readonly Link[],
  slots: number,
  now: Instant,
): Admission {
  const isCrowded = inbound.length * 2 >= slots;
  if (isCrowded && isOverCaps(newcomer, inbound)) return { kind: "refuse" };
  const isNewGroup = !inbound.some((link) => link.groupKey === newcomer.groupKey);
  const free = slots - inbound.length;
  const reserved = Math.min(SLOTS_FOR_NEW_GROUPS, slots >> 3);
  if (isNewGroup ? free > 0 : free > reserved) return { kind: "admit" };
  const victim = chooseVictim(inbound, now);
  return victim === undefined ? { kind: "refuse" } : { kind: "replace", victim };
}

function isOverCaps(newcomer: Link, inbound: readonly Link[]): boolean {
  const count = (keyOf: (link: Link) => string): number =>
    inbound.filter((link) => keyOf(link) === keyOf(newcomer)).length;
  return (
    count((link) => link.hostKey) >= PER_HOST_MAX ||
    count(subnetKey) >= PER_SUBNET_MAX ||
    count((link) => link.groupKey) >= PER_GROUP_MAX
  );
}

/** The /24 or /48 of a link, or the link's own group if that is exempt from bounds. */
function subnetKey(link: Link): string {
  const address = parseIpAddress(link.remote.host);
  if (address === undefined || link.hostKey !== hostKey(address)) return link.hostKey;
  return address.bytes.slice(0, address.bytes.length === 4 ? 3 : 6).join(".");
}

/** The youngest link of the largest group among those that nothing protects. */
function chooseVictim(inbound: readonly Link[], now: Instant): Link | undefined {
  const candidates = unprotected(
    inbound.filter((link) => now - link.establishedAt >= EVICTABLE_AGE_MS),
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
