import type { Link } from "./link.ts";

/** Half-open links at the acceptor, in all and per host [protocol §3.5]. */
export const HALF_OPEN_MAX = 1_024;
const HALF_OPEN_PER_HOST_MAX = 8;

/**
 * Inbound links that have not solved their puzzle yet. A flood from one place pushes out its own links,
 * not those of others [protocol §3.5].
 */
export class HalfOpenLinks {
  /** Oldest first. */
  readonly #links = new Set<Link>();
  readonly #countByHost = new Map<string, number>();
  readonly #countByGroup = new Map<string, number>();

  get size(): number {
    return this.#links.size;
  }

  mayAdmit(hostKey: string): boolean {
    return (this.#countByHost.get(hostKey) ?? 0) < HALF_OPEN_PER_HOST_MAX;
  }

  add(link: Link): void {
    this.#links.add(link);
    change(this.#countByHost, link.hostKey, 1);
    change(this.#countByGroup, link.groupKey, 1);
  }

  /** Nothing happens for a link that is not half-open. */
  remove(link: Link): void {
    if (!this.#links.delete(link)) return;
    change(this.#countByHost, link.hostKey, -1);
    change(this.#countByGroup, link.groupKey, -1);
  }

  /** Who has to go: the oldest of the host holding most; among equals, of the group holding most. */
  victim(): Link | undefined {
    if (this.#links.size <= HALF_OPEN_MAX) return undefined;
    let victim: Link | undefined;
    let most = -1;
    for (const link of this.#links) {
      const weight = this.#weight(link);
      if (weight <= most) continue;
      most = weight;
      victim = link;
    }
    return victim;
  }

  /** Ordered by host count first; a group never holds more than all links together. */
  #weight(link: Link): number {
    const host = this.#countByHost.get(link.hostKey) ?? 0;
    const group = this.#countByGroup.get(link.groupKey) ?? 0;
    return host * (2 * HALF_OPEN_MAX) + group;
  }
}

function change(counts: Map<string, number>, key: string, by: number): void {
  const count = (counts.get(key) ?? 0) + by;
  if (count > 0) counts.set(key, count);
  else counts.delete(key);
}
