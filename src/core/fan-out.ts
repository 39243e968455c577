import type { Link } from "./link.ts";
import type { LinkId, Random } from "./ports.ts";

/** The links that one item goes to. Shared by all items that go to the same ones. */
export interface Targets {
  readonly links: readonly Link[];
  readonly ids: readonly LinkId[];
}

/**
 * To whom an item goes: at most `degree` established links, at random, without those that have no use for
 * it [protocol §4.7]. While there are no more than that, the answer depends on these holders alone, and
 * most items have one.
 */
export class FanOut {
  readonly #degree: number;
  readonly #random: Random;
  /** What was found for a single holder, as long as the same links are established. */
  readonly #targetsByHolder = new Map<LinkId, Targets>();
  #established: readonly Link[] = [];

  constructor(degree: number, random: Random) {
    this.#degree = degree;
    this.#random = random;
  }

  /** @param established a new array whenever a link came up or went down. */
  choose(established: readonly Link[], holders: readonly LinkId[]): Targets {
    if (established !== this.#established) {
      this.#established = established;
      this.#targetsByHolder.clear();
    }
    const onlyHolder = holders.length === 1 ? holders[0] : undefined;
    const known = onlyHolder === undefined ? undefined : this.#targetsByHolder.get(onlyHolder);
    if (known !== undefined) return known;
    const links = established.filter((link) => !holders.includes(link.id));
    if (links.length > this.#degree) return targetsOf(this.#draw(links));
    const targets = targetsOf(links);
    if (onlyHolder !== undefined) this.#targetsByHolder.set(onlyHolder, targets);
    return targets;
  }

  #draw(links: Link[]): Link[] {
    for (let chosen = 0; chosen < this.#degree; chosen++) {
      const other = chosen + this.#random.below(links.length - chosen);
      const picked = links[other] as Link;
      links[other] = links[chosen] as Link;
      links[chosen] = picked;
    }
    return links.slice(0, this.#degree);
  }
}

export const targetsOf = (links: readonly Link[]): Targets => ({
  links,
  ids: links.map(({ id }) => id),
});
