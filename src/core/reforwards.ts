import type { LinkId } from "./ports.ts";

/** How often one link may cause one item to be forwarded again [protocol §4.6]. */
const REFORWARDS_PER_LINK_MAX = 2;
/** Items remembered here, oldest forgotten. A forgotten one is not forwarded again. A guess. */
export const REFORWARDED_ITEMS_MAX = 65_536;

/**
 * Which links have caused an accepted item to be forwarded again. Each time its hops went up, so one
 * item appears at most 255 times here.
 */
export class Reforwards {
  readonly #causesByItem = new Map<number, LinkId[]>();
  #oldestRemembered = 0;

  get size(): number {
    return this.#causesByItem.size;
  }

  /** Whether the link may cause it once more; if so, it is counted. */
  admit(item: number, link: LinkId): boolean {
    if (item < this.#oldestRemembered) return false;
    const causes = this.#causesByItem.get(item) ?? [];
    if (causes.filter((cause) => cause === link).length >= REFORWARDS_PER_LINK_MAX) return false;
    causes.push(link);
    this.#causesByItem.set(item, causes);
    if (this.#causesByItem.size > REFORWARDED_ITEMS_MAX) this.#forgetOldest();
    return true;
  }

  /** Items below this number are no longer in the seen cache. */
  forgetBelow(item: number): void {
    for (const known of this.#causesByItem.keys()) {
      if (known < item) this.#causesByItem.delete(known);
    }
  }

  #forgetOldest(): void {
    for (const oldest of this.#causesByItem.keys()) {
      this.#causesByItem.delete(oldest);
      this.#oldestRemembered = Math.max(this.#oldestRemembered, oldest + 1);
      return;
    }
  }
}
