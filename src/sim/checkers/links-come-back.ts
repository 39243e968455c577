import { CheckFailed } from "../checker.ts";
import type { Checker } from "../checker.ts";
import { carryingNeighbours, hopsFrom } from "../graph.ts";
import type { ItemRecord } from "../item-record.ts";
import type { Simulator } from "../simulator.ts";

/**
 * When the first delivery is demanded, every link of the plan carries (again) [protocol §3.7], and an
 * overlay that built itself holds together.
 */
export class LinksComeBack implements Checker {
  readonly name = "links come back";
  readonly #simulator: Simulator;
  readonly #fromMs: number;
  #state: "waiting" | "judged" = "waiting";

  constructor(simulator: Simulator, fromMs: number) {
    this.#simulator = simulator;
    this.#fromMs = fromMs;
  }

  onAnnounced(item: ItemRecord): void {
    if (this.#state === "judged" || item.announcedAt < this.#fromMs) return;
    this.#state = "judged";
    if (this.#simulator.plan.linking === "overlay") this.#judgeOverlay();
    else this.#judgePlannedLinks();
  }

  #judgeOverlay(): void {
    const { nodes, network } = this.#simulator;
    const hops = hopsFrom(0, carryingNeighbours(nodes.length, network.links), () => true, Infinity);
    const lonely = hops.findIndex((distance) => distance < 0);
    if (lonely < 0) return;
    const message = `the overlay has fallen apart: no way from node ${nodes[0]?.plan.number ?? 0}`;
    throw new CheckFailed(this.name, nodes[lonely], message);
  }

  #judgePlannedLinks(): void {
    const { plan, linkByPlan, nodes } = this.#simulator;
    for (const [number, [a, b]] of plan.links.entries()) {
      if (linkByPlan[number]?.isCarrying === true) continue;
      const [dialler, acceptor] = [nodes[a]?.plan.number, nodes[b]?.plan.number];
      const message = `the link from node ${dialler ?? a} to node ${acceptor ?? b} is not up`;
      throw new CheckFailed(this.name, nodes[a], message);
    }
  }
}
