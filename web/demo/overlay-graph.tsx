import type { VNode } from "preact";
import { useEffect, useRef, useState } from "preact/hooks";
import type { NetworkState, PlayedNode } from "../../src/cli/playground/playground-event.ts";
import { useWidth } from "../shared/use-width.ts";
import { OverlayLayout, pairsOf } from "./overlay-layout.ts";
import type { Place } from "./overlay-layout.ts";
import { flightsAt, nodeAt } from "./wave-story.ts";
import type { NodeMoment, WaveStory } from "./wave-story.ts";

interface OverlayGraphProps {
  readonly network: NetworkState;
  readonly story: WaveStory | undefined;
  /** The moment of the story that is shown. */
  readonly atMs: number;
  readonly chosen: number;
  readonly onChosen: (node: number) => void;
}

const NODE_RADIUS = 15;

/** The whole network. The table of nodes says the same in words. */
export function OverlayGraph({ network, story, atMs, chosen, onChosen }: OverlayGraphProps): VNode {
  const [box, width] = useWidth();
  const height = Math.min(680, Math.max(360, width * 0.8));
  const layout = useLayout(network, width, height);
  const place = (node: number): Place => layout.placeOf(node) ?? { x: width / 2, y: height / 2 };
  const flights = story === undefined ? [] : flightsAt(story, atMs);
  return (
    <div ref={box} class="graph">
      {width === 0 ? null : (
        <svg width={width} height={height} role="img" aria-label={summaryOf(network)}>
          {pairsOf(network.links).map(([from, to]) => {
            const [a, b] = [place(from), place(to)];
            return <line key={`${from} ${to}`} class="edge" x1={a.x} y1={a.y} x2={b.x} y2={b.y} />;
          })}
          {flights.map(({ from, to, part, copy, departMs }) => {
            const at = between(place(from), place(to), part);
            const key = `${from} ${to} ${departMs}`;
            return <circle key={key} class={`flight ${copy}`} cx={at.x} cy={at.y} r={5} />;
          })}
          {network.nodes.map((node) => (
            <NodeMark
              key={node.node}
              node={node}
              at={place(node.node)}
              moment={story === undefined ? "unreached" : nodeAt(story, node.node, atMs)}
              role={roleOf(node, chosen, story)}
              onChosen={onChosen}
            />
          ))}
        </svg>
      )}
    </div>
  );
}

/** Places that move until the forces are at rest. */
function useLayout(network: NetworkState, width: number, height: number): OverlayLayout {
  const [, setMoves] = useState(0);
  const layout = useRef<OverlayLayout | undefined>(undefined);
  layout.current ??= new OverlayLayout(() => setMoves((moves) => moves + 1));
  const { current } = layout;
  useEffect(() => {
    const isStill = matchMedia("(prefers-reduced-motion: reduce)").matches;
    const numbers = network.nodes.map(({ node }) => node);
    current.arrange(numbers, network.links, width, height, isStill ? "atOnce" : "animated");
    if (isStill) setMoves((moves) => moves + 1);
  }, [network, width, height]);
  useEffect(() => () => current.stop(), []);
  return current;
}

const between = (a: Place, b: Place, part: number): Place => ({
  x: a.x + (b.x - a.x) * part,
  y: a.y + (b.y - a.y) * part,
});

function summaryOf({ nodes, links }: NetworkState): string {
  const running = nodes.filter(({ life }) => life === "running").length;
  return `Graph of ${running} running nodes and ${links.length} links. The table of nodes has the same in words.`;
}

function roleOf({ node }: PlayedNode, chosen: number, story: WaveStory | undefined): string {
  return [node === chosen ? "chosen" : "", node === story?.origin ? "origin" : ""].join(" ");
}

interface NodeMarkProps {
  readonly node: PlayedNode;
  readonly at: Place;
  readonly moment: NodeMoment;
  readonly role: string;
  readonly onChosen: (node: number) => void;
}

/** A circle; a square when its module rejects, so that colour is not all that tells. */
function NodeMark({ node, at, moment, role, onChosen }: NodeMarkProps): VNode {
  const { node: number, life, verdict } = node;
  const size = NODE_RADIUS * 2 - 3;
  return (
    <g
      class={`node ${life} ${moment} ${role}`}
      transform={`translate(${at.x} ${at.y})`}
      onClick={() => onChosen(number)}
    >
      <title>{`node ${number}: ${life}, its module says ${verdict}`}</title>
      <circle class="halo" r={NODE_RADIUS + 5} />
      {verdict === "accept" ? (
        <circle class="body" r={NODE_RADIUS} />
      ) : (
        <rect class="body" x={-size / 2} y={-size / 2} width={size} height={size} rx={4} />
      )}
      <text text-anchor="middle" dy="0.35em">
        {number}
      </text>
    </g>
  );
}
