import type { Plan, PlannedEvent } from "./plan.ts";

/** Which nodes and which events of a plan are left, by their numbers in the whole plan. */
export interface Restriction {
  readonly nodes: readonly number[];
  readonly events: readonly number[];
}

export const everythingIn = (plan: Plan): Restriction => ({
  nodes: plan.nodes.map((_, at) => at),
  events: plan.events.map((_, at) => at),
});

/** The same plan with parts left out. What stays keeps its own stream of chance. */
export function restrict(plan: Plan, { nodes, events }: Restriction): Plan {
  const nodeKept = new Map(nodes.map((node, at) => [node, at]));
  const linkKept = new Map<number, number>();
  const links: [number, number][] = [];
  for (const [number, [a, b]] of plan.links.entries()) {
    const [newA, newB] = [nodeKept.get(a), nodeKept.get(b)];
    if (newA === undefined || newB === undefined) continue;
    linkKept.set(number, links.length);
    links.push([newA, newB]);
  }
  const isKept = new Set(events);
  return {
    ...plan,
    nodes: plan.nodes.filter((_, at) => nodeKept.has(at)),
    links,
    events: plan.events
      .filter((event, at) => event.kind === "heal" || isKept.has(at))
      .flatMap((event) => renumbered(event, nodeKept, linkKept)),
  };
}

/** The event in terms of the nodes and links that are left; none if it was about another one. */
function renumbered(
  event: PlannedEvent,
  nodes: ReadonlyMap<number, number>,
  links: ReadonlyMap<number, number>,
): PlannedEvent[] {
  if ("node" in event) {
    const node = nodes.get(event.node);
    return node === undefined ? [] : [{ ...event, node }];
  }
  if ("link" in event) {
    const link = links.get(event.link);
    return link === undefined ? [] : [{ ...event, link }];
  }
  if (event.kind !== "partition") return [event];
  return [{ ...event, side: event.side.flatMap((node) => nodes.get(node) ?? []) }];
}
