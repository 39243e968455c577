import type { VNode } from "preact";
import { useCallback, useMemo } from "preact/hooks";
import type { LinkStatus } from "../../src/monitor/status.ts";
import { PulseCanvas } from "../shared/pulse-canvas.tsx";
import type { PulseAt, Pulses } from "../shared/pulses.ts";
import { useWidth } from "../shared/use-width.ts";
import { curveTo, fanLayout, pointOn } from "./fan-layout.ts";
import type { FanLayout, Point, Spot } from "./fan-layout.ts";
import { delayWords, PHASE_WORDS, queueWords } from "../../src/monitor/view/words.ts";

interface LinkGraphProps {
  readonly links: readonly LinkStatus[];
  readonly pulses: Pulses;
  /** The link that is pointed at, here or elsewhere on the page. */
  readonly chosen: number | undefined;
  readonly onChosen: (link: number | undefined) => void;
}

/** This node in the middle, its links around it. The table of links says the same in words. */
export function LinkGraph({ links, pulses, chosen, onChosen }: LinkGraphProps): VNode {
  const [box, width] = useWidth();
  const layout = useMemo(() => fanLayout(links, width), [links, width]);
  const curves = useMemo(
    () =>
      new Map(layout.spots.map((spot) => [String(spot.link.link), curveTo(layout.center, spot)])),
    [layout],
  );
  const placeOf = useCallback(
    ({ path, tone, part }: PulseAt): Point | undefined => {
      const curve = curves.get(path);
      return curve === undefined ? undefined : pointOn(curve, tone === "out" ? part : 1 - part);
    },
    [curves],
  );
  return (
    <div ref={box} class="graph">
      {width === 0 ? null : (
        <>
          <Drawing layout={layout} chosen={chosen} onChosen={onChosen} />
          <PulseCanvas {...{ pulses, placeOf }} width={layout.width} height={layout.height} />
        </>
      )}
      {links.length === 0 ? <p class="empty">No links yet.</p> : null}
    </div>
  );
}

interface DrawingProps {
  readonly layout: FanLayout;
  readonly chosen: number | undefined;
  readonly onChosen: (link: number | undefined) => void;
}

function Drawing({ layout, chosen, onChosen }: DrawingProps): VNode {
  const { width, height, center, spots, ticks } = layout;
  const established = spots.filter(({ link }) => link.phase === "established").length;
  const summary = `Graph: this node with ${established} established links. The table of links has the same in words.`;
  return (
    <svg width={width} height={height} role="img" aria-label={summary}>
      {ticks.map(({ x, text }) => (
        <g key={x} class="tick">
          <line x1={x} x2={x} y1={22} y2={height - 8} />
          <text x={x} y={14} text-anchor="middle">
            {text}
          </text>
        </g>
      ))}
      {spots.map((spot) => (
        <LinkLine
          key={spot.link.link}
          {...{ spot, layout, onChosen }}
          isChosen={chosen === spot.link.link}
        />
      ))}
      <circle class="self" cx={center.x} cy={center.y} r={13} />
      <text class="self-name" x={center.x} y={center.y + 32} text-anchor="middle">
        this node
      </text>
    </svg>
  );
}

interface LinkLineProps {
  readonly spot: Spot;
  readonly layout: FanLayout;
  readonly isChosen: boolean;
  readonly onChosen: (link: number | undefined) => void;
}

function LinkLine({ spot, layout, isChosen, onChosen }: LinkLineProps): VNode {
  const { link, at, label, side } = spot;
  const [from, c, d, to] = curveTo(layout.center, spot);
  const curve = `M${from.x} ${from.y}C${c.x} ${c.y} ${d.x} ${d.y} ${to.x} ${to.y}`;
  const state = link.phase === "established" ? link.peer : "opening";
  const marks = [
    isChosen ? "chosen" : "",
    link.reading === "held" ? "held" : "",
    link.framesDropped > 0 ? "lossy" : "",
  ];
  return (
    <g
      class={["link", state, ...marks].filter((name) => name !== "").join(" ")}
      onPointerEnter={() => onChosen(link.link)}
      onPointerLeave={() => onChosen(undefined)}
    >
      <title>{titleOf(link)}</title>
      <path class="target" d={curve} />
      <path class="curve" d={curve} />
      <Arrow {...{ spot, layout }} />
      <line class="leader" x1={at.x + side * 8} x2={label.x - side * 4} y1={at.y} y2={at.y} />
      {link.queueBytes > 0 ? (
        <circle class="queue" cx={at.x} cy={at.y} r={queueRadius(link.queueBytes)} />
      ) : null}
      <circle class="peer" cx={at.x} cy={at.y} r={5} />
      <Label {...{ spot, layout }} />
    </g>
  );
}

function Label({ spot, layout }: Pick<LinkLineProps, "spot" | "layout">): VNode {
  const { link, label, side } = spot;
  const anchor = side === 1 ? "start" : "end";
  if (layout.labels === "numbers") {
    return (
      <text x={label.x} y={label.y + 4} text-anchor={anchor}>
        #{link.link}
      </text>
    );
  }
  const hasDelay = layout.labels === "namesAndDelays" && link.delayMs !== null;
  return (
    <text x={label.x} y={label.y + (hasDelay ? -3 : 4)} text-anchor={anchor}>
      {link.remote}
      {hasDelay ? (
        <tspan class="delay" x={label.x} dy="16">
          {delayWords(link)}
        </tspan>
      ) : null}
    </text>
  );
}

/** Points the way the link was opened: at us when the peer dialled, at the peer when we did. */
function Arrow({ spot, layout }: Pick<LinkLineProps, "spot" | "layout">): VNode {
  const { side, link } = spot;
  const { x, y } = pointOn(curveTo(layout.center, spot), 0.86);
  const tip = link.direction === "inbound" ? -side : side;
  return (
    <path
      class="arrow"
      d={`M${x - tip * 4} ${y - 3.5}L${x + tip * 3} ${y}L${x - tip * 4} ${y + 3.5}`}
    />
  );
}

/** Grows with every tenfold queue, from 1 byte to the 1 MiB that a queue holds. */
const queueRadius = (bytes: number): number => 6 + 1.6 * Math.log10(bytes + 1);

function titleOf(link: LinkStatus): string {
  const opened = link.direction === "inbound" ? "it dialled us" : "we dialled it";
  const delay = link.delayMs === null ? "no delay measured" : `delay ${delayWords(link)}`;
  return `link ${link.link}, ${link.remote}: ${opened}, ${PHASE_WORDS[link.phase]}, ${link.peer}, ${delay}, queue ${queueWords(link)}`;
}
