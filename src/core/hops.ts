/** TTL 0 on the wire and in the API: no limit [protocol §2.1]. */
const TTL_UNLIMITED = 0;
/** Delivered where it arrives, never forwarded [protocol §4.5]. */
export const TTL_LAST_HOP = 1;
/** Hops left of a copy without a limit, for comparison [protocol §4.6]. */
const HOPS_UNLIMITED = 256;
const HOPS_LIMITED_MAX = 255;

/** How far a received copy could still travel, 1 to 256 [protocol §4.6]. */
export const hopsLeft = (ttl: number): number => (ttl === TTL_UNLIMITED ? HOPS_UNLIMITED : ttl);

/**
 * How far the copy could travel that the sender of a copy with this TTL had itself: one hop farther,
 * because it took one off [protocol §4.5]. The announcer counts in the same way, though it takes none
 * off, so that a copy that comes back to it is judged like in any other node [protocol §4.6].
 */
export const hopsLeftAtSender = (ttl: number): number =>
  ttl === TTL_UNLIMITED ? HOPS_UNLIMITED : Math.min(ttl + 1, HOPS_LIMITED_MAX);

/** What a received TTL goes out as, or undefined when the item stops here [protocol §4.5]. */
export function forwardedTtl(ttl: number): number | undefined {
  if (ttl === TTL_UNLIMITED) return TTL_UNLIMITED;
  return ttl > TTL_LAST_HOP ? ttl - 1 : undefined;
}
