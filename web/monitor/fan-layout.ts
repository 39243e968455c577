import type { LinkStatus } from "../../src/monitor/status.ts";

/**
 * Where the links of one node are drawn. All of them meet in one point, so their graph has no structure
 * that forces could find. Place says something instead: left are the peers that dialled us, right those
 * that we dialled, each side in the order of opening, and the farther out the longer the delay.
 */
export interface FanLayout {
  readonly width: number;
  readonly height: number;
  readonly center: Point;
  readonly spots: readonly Spot[];
  /** Delays to draw a line at, on both sides. */
  readonly ticks: readonly Tick[];
  /** What there is room for beside a peer. */
  readonly labels: "namesAndDelays" | "names" | "numbers";
}

export interface Point {
  readonly x: number;
  readonly y: number;
}

export interface Spot {
  readonly link: LinkStatus;
  readonly side: -1 | 1;
  readonly at: Point;
  readonly label: Point;
}

interface Tick {
  readonly x: number;
  readonly text: string;
}

const HEIGHT_MIN = 440;
/** The least that one line of text needs. */
const ROW_HEIGHT_MIN = 17;
const ROW_HEIGHT_MAX = 84;
/** From here on a second line fits. */
const ROW_HEIGHT_FOR_DELAYS = 38;
const MARGIN_Y = 34;
const NAMES_WIDTH = 138;
const NUMBERS_WIDTH = 40;
/** Below this there is no room for names beside the delays. */
const WIDTH_FOR_NAMES = 560;

const TICKS: readonly (readonly [number, string])[] = [
  [1, "1 ms"],
  [10, "10 ms"],
  [100, "100 ms"],
  [1_000, "1 s"],
];
const DELAY_MIN_MS = 0.5;
const DELAY_MAX_MS = 2_000;
/** Texts of ticks that are nearer to one another run together. */
const TICK_DISTANCE_MIN = 44;
/** Share of a side that is free around the node, and where links without a measured delay end. */
const INNER_SHARE = 0.24;
const UNMEASURED_SHARE = 1;
const MEASURED_SHARE_MAX = 0.93;

export function fanLayout(links: readonly LinkStatus[], width: number): FanLayout {
  const sides = [-1, 1] as const;
  const bySide = sides.map((side) => links.filter((link) => sideOf(link) === side));
  const rows = Math.max(...bySide.map((some) => some.length));
  const height = Math.max(HEIGHT_MIN, rows * ROW_HEIGHT_MIN + 2 * MARGIN_Y);
  const hasNames = width >= WIDTH_FOR_NAMES;
  const reach = width / 2 - (hasNames ? NAMES_WIDTH : NUMBERS_WIDTH);
  const center = { x: width / 2, y: height / 2 };
  const spots = sides.flatMap((side, at) =>
    (bySide[at] ?? []).map((link, row, all) => {
      const y = rowY(row, all.length, height);
      const x = center.x + side * reach * shareOf(link.delayMs);
      return { link, side, at: { x, y }, label: { x: center.x + side * (reach + 14), y } };
    }),
  );
  const tickDistance = reach * (shareOf(10) - shareOf(1));
  const drawn = TICKS.filter((_, at) => tickDistance >= TICK_DISTANCE_MIN || at % 2 === 1);
  const names = rowHeightOf(rows, height) >= ROW_HEIGHT_FOR_DELAYS ? "namesAndDelays" : "names";
  const ticks = drawn.flatMap(([delayMs, text]) =>
    sides.map((side) => ({ x: center.x + side * reach * shareOf(delayMs), text })),
  );
  return { width, height, center, spots, ticks, labels: hasNames ? names : "numbers" };
}

const sideOf = ({ direction }: LinkStatus): -1 | 1 => (direction === "inbound" ? -1 : 1);

function rowY(row: number, rows: number, height: number): number {
  return height / 2 + (row - (rows - 1) / 2) * rowHeightOf(rows, height);
}

const rowHeightOf = (rows: number, height: number): number =>
  Math.min(ROW_HEIGHT_MAX, (height - 2 * MARGIN_Y) / rows);

/** How far out, on a scale of powers of ten. */
function shareOf(delayMs: number | null): number {
  if (delayMs === null) return UNMEASURED_SHARE;
  const bounded = Math.min(DELAY_MAX_MS, Math.max(DELAY_MIN_MS, delayMs));
  const position = Math.log(bounded / DELAY_MIN_MS) / Math.log(DELAY_MAX_MS / DELAY_MIN_MS);
  return INNER_SHARE + position * (MEASURED_SHARE_MAX - INNER_SHARE);
}

/** The curve from the node to a peer, as the four points of a cubic Bézier curve. */
export function curveTo(
  center: Point,
  spot: Pick<Spot, "at">,
): readonly [Point, Point, Point, Point] {
  const bend = (spot.at.x - center.x) * 0.55;
  return [
    center,
    { x: center.x + bend, y: center.y },
    { x: spot.at.x - bend, y: spot.at.y },
    spot.at,
  ];
}

/** @param part 0 is the node, 1 the peer */
export function pointOn([a, b, c, d]: readonly [Point, Point, Point, Point], part: number): Point {
  const rest = 1 - part;
  const [wa, wb, wc, wd] = [rest ** 3, 3 * rest ** 2 * part, 3 * rest * part ** 2, part ** 3];
  return {
    x: wa * a.x + wb * b.x + wc * c.x + wd * d.x,
    y: wa * a.y + wb * b.y + wc * c.y + wd * d.y,
  };
}
