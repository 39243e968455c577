import type { Output } from "../core/output.ts";
import type { Observer } from "./observer.ts";
import { isHostile } from "./plan.ts";
import type { NodeRole, PlannedEvent } from "./plan.ts";
import type { LinkEnd } from "./sim-link.ts";
import type { Simulator } from "./simulator.ts";
import type { SimNode } from "./sim-node.ts";

/** What one life of one node has of links that it dialled. */
class View {
  readonly incarnation: number;
  readonly bootedAt: number;
  outbound = 0;
  /** Since when it has fewer links than it wants, after it had them all. */
  shortSince: number | undefined;
  state: "new" | "linked" | "full" = "new";
  isJudged = false;

  constructor(incarnation: number, bootedAt: number) {
    this.incarnation = incarnation;
    this.bootedAt = bootedAt;
  }
}

/** Measures how honest nodes keep the links that they chose: how long any is missing, how long a start takes. */
export class OverlayWatch implements Observer {
  readonly #simulator: Simulator;
  readonly #views: (View | undefined)[] = [];
  /** From the moment a core loses an outbound link to when it has all it wants, in ms. */
  readonly repairsMs: number[] = [];
  /** From each start of a core to its first established link, in ms. */
  readonly firstLinksMs: number[] = [];
  /** For each restart of an honest node: share of hostile ones when it first has all links it wants. */
  readonly badAtRestarts: number[] = [];

  constructor(simulator: Simulator) {
    this.#simulator = simulator;
  }

  onInput(node: SimNode): void {
    if (node.plan.role === "honest") this.#viewOf(node);
  }

  onOutput(node: SimNode, output: Output): void {
    if (output.kind !== "report" || node.plan.role !== "honest") return;
    const { event } = output;
    if (event.name === "linkEstablished") this.#onEstablished(this.#viewOf(node), event.direction);
    else if (event.name === "linkClosed" && event.phase === "established") {
      if (event.direction === "outbound") this.#onLost(this.#viewOf(node));
    }
  }

  onSettled(node: SimNode): void {
    if (this.#views[node.index]?.state === "full") this.#judge(node);
  }

  onPlanned(event: PlannedEvent): void {
    if (event.kind === "crash") this.#judge(this.#simulator.node(event.node));
  }

  onEnd(): void {
    for (const node of this.#simulator.nodes) this.#judge(node);
  }

  /** Once in each life but the first: whom has it chosen? A life without any choice has no share. */
  #judge(node: SimNode): void {
    const view = this.#views[node.index];
    if (view === undefined || view.isJudged) return;
    if (view.incarnation !== node.incarnation || view.bootedAt === 0) return;
    const chosen = [...node.ends.values()].filter(
      (end) => end.isEstablished && end.link.dialler === end,
    );
    if (chosen.length === 0) return;
    view.isJudged = true;
    const roleOf = ({ other }: LinkEnd): NodeRole => this.#simulator.node(other.node).plan.role;
    const bad = chosen.filter((end) => isHostile(roleOf(end)));
    this.badAtRestarts.push(bad.length / chosen.length);
  }

  #onEstablished(view: View, direction: "inbound" | "outbound"): void {
    const { now, plan } = this.#simulator;
    if (view.state === "new") {
      view.state = "linked";
      if (view.bootedAt > 0) this.firstLinksMs.push(now - view.bootedAt);
    }
    if (direction === "inbound") return;
    view.outbound++;
    if (view.outbound < plan.core.outboundLinksTarget) return;
    view.state = "full";
    if (view.shortSince !== undefined) this.repairsMs.push(now - view.shortSince);
    view.shortSince = undefined;
  }

  #onLost(view: View): void {
    view.outbound--;
    if (view.state === "full") view.shortSince ??= this.#simulator.now;
  }

  #viewOf(node: SimNode): View {
    const known = this.#views[node.index];
    if (known?.incarnation === node.incarnation) return known;
    const view = new View(node.incarnation, this.#simulator.now);
    this.#views[node.index] = view;
    return view;
  }
}
