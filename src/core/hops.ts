/** TTL 0 on the wire and in the API: no limit [protocol §2.1]. */
const TTL_UNLIMITED = 0;
/** Hops left of a copy without a limit, for comparison [protocol §4.6]. */
const HOPS_UNLIMITED = 256;
const HOPS_LIMITED_MAX = 255;

/** How far a received copy could still travel, 1 to 256 [protocol §4.6]. */
export const hopsLeft = (ttl: number): number => (ttl === TTL_UNLIMITED ? HOPS_UNLIMITED : ttl);

/**
 * The same for an item announced here, which goes out with its full TTL: as if it had been received
 * with one more. So a copy that comes back is judged like in any other node [protocol §4.6].
 */
export const hopsLeftOfOwn = (ttl: number): number =>
  ttl === TTL_UNLIMITED ? HOPS_UNLIMITED : Math.min(ttl + 1, HOPS_LIMITED_MAX);

/** What a received TTL goes out as, or undefined when the item stops here [protocol §4.5]. */
export function forwardedTtl(ttl: number): number | undefined {
  if (ttl === TTL_UNLIMITED) return TTL_UNLIMITED;
  return ttl > 1 ? ttl - 1 : undefined;
}
