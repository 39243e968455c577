import { forceCollide, forceLink, forceManyBody, forceSimulation, forceX, forceY } from "d3-force";
import type { Simulation, SimulationLinkDatum, SimulationNodeDatum } from "d3-force";
import type { PlayedLink } from "../../src/cli/playground/playground-event.ts";

/** Room for the circle of a node at the edge. */
const MARGIN = 26;

export interface Place {
  readonly x: number;
  readonly y: number;
}

interface PlacedNode extends SimulationNodeDatum {
  readonly node: number;
}

/** Where the nodes of a network are drawn: those that are linked are near one another. */
export class OverlayLayout {
  readonly #simulation: Simulation<PlacedNode, SimulationLinkDatum<PlacedNode>>;
  readonly #nodes = new Map<number, PlacedNode>();
  #topology = "";
  #width = 0;
  #height = 0;

  /** @param onMoved called whenever places have changed, for some seconds after each change */
  constructor(onMoved: () => void) {
    this.#simulation = forceSimulation<PlacedNode>().on("tick", onMoved).stop();
  }

  /** Nothing happens unless something is different from before. */
  arrange(
    nodes: readonly number[],
    links: readonly PlayedLink[],
    width: number,
    height: number,
    motion: "animated" | "atOnce",
  ): void {
    const pairs = pairsOf(links);
    const topology = `${width} ${height} ${nodes.join()} ${pairs.map((pair) => pair.join("-")).join()}`;
    if (topology === this.#topology || width === 0) return;
    this.#topology = topology;
    [this.#width, this.#height] = [width, height];
    nodes.forEach((node, at) => this.#welcome(node, at, nodes.length));
    const radius = Math.min(width, height);
    const spread = radius / Math.sqrt(nodes.length);
    this.#simulation
      .nodes([...this.#nodes.values()])
      .force("charge", forceManyBody().strength(-5 * spread))
      .force("inside", () => this.#keepInside())
      .force("collide", forceCollide(23).iterations(3))
      .force("x", forceX(width / 2).strength((0.09 * height) / width))
      .force("y", forceY(height / 2).strength(0.09))
      .force(
        "link",
        forceLink<PlacedNode, SimulationLinkDatum<PlacedNode>>(
          pairs.map(([source, target]) => ({ source, target })),
        )
          .id(({ node }) => node)
          .distance(spread * 1.1)
          .strength(0.12),
      )
      .alpha(0.6);
    if (motion === "animated") this.#simulation.restart();
    else this.#simulation.stop().tick(300);
  }

  placeOf(node: number): Place | undefined {
    const { x, y } = this.#nodes.get(node) ?? {};
    if (x === undefined || y === undefined) return undefined;
    return { x: inside(x, this.#width), y: inside(y, this.#height) };
  }

  stop(): void {
    this.#simulation.stop();
  }

  #keepInside(): void {
    for (const place of this.#nodes.values()) {
      place.x = inside(place.x ?? 0, this.#width);
      place.y = inside(place.y ?? 0, this.#height);
    }
  }

  /** A circle to begin with: nobody starts on top of another. */
  #welcome(node: number, at: number, count: number): void {
    if (this.#nodes.has(node)) return;
    const angle = (2 * Math.PI * at) / count - Math.PI / 2;
    const radius = Math.min(this.#width, this.#height) * 0.38;
    const x = this.#width / 2 + radius * Math.cos(angle);
    const y = this.#height / 2 + radius * Math.sin(angle);
    this.#nodes.set(node, { node, x, y });
  }
}

const inside = (value: number, size: number): number =>
  Math.min(size - MARGIN, Math.max(MARGIN, value));

/** Two nodes may have dialled one another: that is one line. */
export function pairsOf(links: readonly PlayedLink[]): (readonly [number, number])[] {
  const pairs = links.map(({ from, to }) => [Math.min(from, to), Math.max(from, to)] as const);
  return [...new Map(pairs.map((pair) => [pair.join(), pair])).values()];
}
