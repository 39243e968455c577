import type { Restriction } from "./restriction.ts";

/** A failing run is tried again with parts left out at most so often. */
const TRIES_MAX = 400;

/**
 * Finds a smaller restriction that still fails: leaves out events, then nodes, in ever smaller portions,
 * as long as the failure stays (delta debugging, Zeller and Hildebrandt 2002). Not always the smallest.
 */
export function shrink(
  start: Restriction,
  stillFails: (restriction: Restriction) => boolean,
): Restriction {
  let tries = 0;
  const mayTry = (restriction: Restriction): boolean =>
    tries++ < TRIES_MAX && stillFails(restriction);
  let best = start;
  for (let size = sizeOf(best) + 1; sizeOf(best) < size;) {
    size = sizeOf(best);
    const { nodes } = best;
    const events = reduce(best.events, (kept) => mayTry({ nodes, events: kept }));
    best = { nodes: reduce(nodes, (kept) => mayTry({ nodes: kept, events })), events };
  }
  return best;
}

const sizeOf = ({ nodes, events }: Restriction): number => nodes.length + events.length;

function reduce(
  start: readonly number[],
  isEnough: (kept: readonly number[]) => boolean,
): readonly number[] {
  let kept = start;
  for (let portion = kept.length; portion >= 1; portion = Math.floor(portion / 2)) {
    for (let from = 0; from < kept.length;) {
      const rest = [...kept.slice(0, from), ...kept.slice(from + portion)];
      if (isEnough(rest)) kept = rest;
      else from += portion;
    }
  }
  return kept;
}
