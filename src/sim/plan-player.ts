import type { ApiHost } from "./api-host.ts";
import type { Network } from "./network.ts";
import type { Plan, PlannedEvent } from "./plan.ts";
import type { RandomStream } from "./random-stream.ts";
import { SimModule } from "./sim-module.ts";
import type { SimLink } from "./sim-link.ts";
import type { SimNode } from "./sim-node.ts";

/** What a plan acts on. */
export interface PlayedWorld {
  readonly plan: Plan;
  readonly nodes: readonly SimNode[];
  readonly network: Network;
  readonly api: ApiHost;
  readonly linkByPlan: readonly (SimLink | undefined)[];
  node(index: number): SimNode;
  boot(node: SimNode): void;
  crash(node: SimNode, manner: "reset" | "powerLoss"): void;
  wire(plan: number): void;
  refuseDials(percent: number): void;
}

/** Makes happen what the plan says: announcements, faults, and the end of faults. */
export class PlanPlayer {
  readonly #world: PlayedWorld;
  readonly #random: RandomStream;
  #announced = 0;

  constructor(world: PlayedWorld, random: RandomStream) {
    this.#world = world;
    this.#random = random;
    for (const node of world.nodes) {
      node.modules = node.plan.modules.map(
        (plan, at) => new SimModule(plan, random.fork(`${node.plan.number}-${at}`)),
      );
    }
  }

  play(event: PlannedEvent): void {
    switch (event.kind) {
      case "announce": {
        const number = this.#announced++;
        const { ttl, dataType, dataBytes, over } = event;
        const item = { number, ttl, dataType, dataBytes, over };
        this.#world.api.announce(this.#node(event.node), item, this.#random);
        return;
      }
      case "crash": {
        this.#crash(this.#node(event.node), event.manner);
        return;
      }
      case "restart": {
        this.#restart(this.#node(event.node));
        return;
      }
      case "readSlowly":
        this.#node(event.node).bytesPerSecondRead = event.bytesPerSecond;
        return;
      case "readNormally": {
        this.#readNormally(this.#node(event.node));
        return;
      }
      default: {
        this.#playOnNetwork(event);
        return;
      }
    }
  }

  #playOnNetwork(
    event: PlannedEvent & {
      readonly kind: "cut" | "halfOpen" | "partition" | "rejoin" | "refuseDials" | "heal";
    },
  ): void {
    const { network, linkByPlan } = this.#world;
    switch (event.kind) {
      case "cut": {
        const link = linkByPlan[event.link];
        if (link !== undefined) network.cut(link);
        return;
      }
      case "halfOpen": {
        const link = linkByPlan[event.link];
        if (link !== undefined) network.halfOpen(link.dialler);
        return;
      }
      case "partition": {
        network.partition(new Set(event.side));
        return;
      }
      case "rejoin": {
        network.partition(new Set());
        return;
      }
      case "refuseDials": {
        this.#world.refuseDials(event.percent);
        return;
      }
      case "heal": {
        this.#heal();
        return;
      }
    }
  }

  #crash(node: SimNode, manner: "reset" | "powerLoss"): void {
    if (node.core !== undefined) this.#world.crash(node, manner);
  }

  #restart(node: SimNode): void {
    if (node.core !== undefined) return;
    this.#world.boot(node);
    this.#rewire((a, b) => a === node || b === node);
  }

  #readNormally(node: SimNode): void {
    node.bytesPerSecondRead = undefined;
    for (const end of node.ends.values()) this.#world.network.readLater(end);
  }

  #heal(): void {
    const { network, nodes } = this.#world;
    network.partition(new Set());
    this.#world.refuseDials(0);
    for (const link of [...network.links]) {
      if (link.condition === "dead") network.bury(link);
    }
    for (const node of nodes) {
      for (const module of node.modules) module.heal();
      if (node.core === undefined) this.#world.boot(node);
      this.#readNormally(node);
    }
    this.#rewire(() => true);
  }

  /** Wired links do not come back by themselves, as those do that a core dialled. */
  #rewire(isConcerned: (a: SimNode, b: SimNode) => boolean): void {
    const { plan, linkByPlan, nodes } = this.#world;
    if (plan.linking !== "wired") return;
    for (const [number, [a, b]] of plan.links.entries()) {
      const [dialler, acceptor] = [nodes[a], nodes[b]];
      if (dialler === undefined || acceptor === undefined) continue;
      const link = linkByPlan[number];
      const isThere = link !== undefined && link.condition !== "dead" && !link.isBroken;
      if (!isThere && isConcerned(dialler, acceptor)) this.#world.wire(number);
    }
  }

  #node(index: number): SimNode {
    return this.#world.node(index);
  }
}
