/** Small charts as SVG, drawn by hand: a page with them needs no script, no network and no library. */

export interface Series {
  readonly name: string;
  readonly points: readonly (readonly [number, number])[];
}

export interface ChartOptions {
  readonly title: string;
  readonly xTitle: string;
  readonly yTitle: string;
  /** The y axis ends here; undefined for what the data asks for. */
  readonly yMax?: number;
}

const WIDTH = 560;
const HEIGHT = 300;
const LEFT = 58;
const RIGHT = 14;
/** Room for the title; each row of the legend takes its own. */
const TITLE_HEIGHT = 30;
const LEGEND_ROW_HEIGHT = 16;
const BOTTOM = 46;
/** At least so many steps on an axis. */
const STEPS_MIN = 4;
/** Of a line in the legend, and about how wide a letter of its text is. */
const SAMPLE_WIDTH = 22;
const LETTER_WIDTH = 6.2;
/** Line styles beside the colours, so that a print without colour can still be read. */
const DASHES = ["", "7 3", "2 3", "10 3 2 3", "4 4", "1 2", "12 4", "5 2 1 2"];

const STYLES = DASHES.length;

/** An axis from 0 to its end, in steps that people can read. */
interface Axis {
  readonly max: number;
  readonly step: number;
}

interface Frame {
  readonly x: Axis;
  readonly y: Axis;
  readonly top: number;
}

const xAt = ({ x: { max } }: Frame, x: number): number => LEFT + (x / max) * (WIDTH - LEFT - RIGHT);
const yAt = ({ y: { max }, top }: Frame, y: number): number =>
  HEIGHT - BOTTOM - (y / max) * (HEIGHT - top - BOTTOM);

/** One line per series. */
export function lineChart(series: readonly Series[], options: ChartOptions): string {
  const all = series.flatMap(({ points }) => points);
  const rows = legendRows(series.map(({ name }) => name));
  const frame = {
    x: axisFor(Math.max(...all.map(([x]) => x), 0)),
    y: axisFor(options.yMax ?? Math.max(...all.map(([, y]) => y), 0)),
    top: TITLE_HEIGHT + rows.length * LEGEND_ROW_HEIGHT,
  };
  const lines = series.map(({ points }, at) => {
    const path = points.map(([x, y]) => `${round(xAt(frame, x))},${round(yAt(frame, y))}`);
    const style = `class="line c${at % STYLES}" stroke-dasharray="${DASHES[at % STYLES] ?? ""}"`;
    return `<polyline ${style} points="${path.join(" ")}"/>`;
  });
  return svg(options, [...axes(frame, options), ...lines, ...legend(rows)]);
}

/** Bars side by side for each whole number; heights are shares of their series. */
export function barChart(
  series: readonly { readonly name: string; readonly counts: readonly number[] }[],
  options: ChartOptions,
): string {
  const shares = series.map(({ counts }) => {
    const total = counts.reduce((sum, count) => sum + count, 0);
    return counts.map((count) => (total === 0 ? 0 : count / total));
  });
  const first = Math.min(...shares.map((entries) => firstUsed(entries)));
  const end = Math.max(...shares.map((entries) => entries.length), first + 1);
  const slots = end - first;
  const rows = legendRows(series.map(({ name }) => name));
  const frame = {
    x: { max: slots, step: 1 },
    y: axisFor(Math.max(...shares.flat(), 0)),
    top: TITLE_HEIGHT + rows.length * LEGEND_ROW_HEIGHT,
  };
  const slotWidth = (WIDTH - LEFT - RIGHT) / slots;
  const barWidth = (slotWidth * 0.8) / series.length;
  const bars = shares.flatMap((entries, at) =>
    entries.slice(first).map((share, slot) => {
      const x = LEFT + slotWidth * (slot + 0.1) + barWidth * at;
      const y = yAt(frame, share);
      const height = HEIGHT - BOTTOM - y;
      return `<rect class="bar f${at % STYLES}" x="${round(x)}" y="${round(y)}" width="${round(barWidth)}" height="${round(height)}"/>`;
    }),
  );
  const labelEvery = Math.ceil(slots / 16);
  const labels = Array.from({ length: slots }, (_, slot) =>
    slot % labelEvery === 0
      ? text(LEFT + slotWidth * (slot + 0.5), HEIGHT - BOTTOM + 16, "middle", String(first + slot))
      : "",
  );
  const parts = [...horizontals(frame), ...axisTitles(options), ...labels, ...bars];
  return svg(options, [...parts, ...legend(rows)]);
}

const firstUsed = (entries: readonly number[]): number => {
  const found = entries.findIndex((entry) => entry > 0);
  return found < 0 ? 0 : found;
};

function svg({ title }: ChartOptions, parts: readonly string[]): string {
  const heading = `<text class="title" x="${LEFT}" y="18">${escapeHtml(title)}</text>`;
  return `<svg viewBox="0 0 ${WIDTH} ${HEIGHT}" role="img" aria-label="${escapeHtml(title)}">${heading}${parts.join("")}</svg>`;
}

function axes(frame: Frame, options: ChartOptions): string[] {
  const labels = ticksOf(frame.x).map((x) =>
    text(xAt(frame, x), HEIGHT - BOTTOM + 16, "middle", formatTick(x)),
  );
  return [...horizontals(frame), ...labels, ...axisTitles(options)];
}

function horizontals(frame: Frame): string[] {
  return ticksOf(frame.y).map((value) => {
    const y = round(yAt(frame, value));
    const line = `<line class="${value === 0 ? "axis" : "grid"}" x1="${LEFT}" x2="${WIDTH - RIGHT}" y1="${y}" y2="${y}"/>`;
    return line + text(LEFT - 6, y + 4, "end", formatTick(value));
  });
}

function axisTitles({ xTitle, yTitle }: ChartOptions): string[] {
  const middleX = (LEFT + WIDTH - RIGHT) / 2;
  const middleY = (TITLE_HEIGHT + HEIGHT - BOTTOM) / 2;
  return [
    text(middleX, HEIGHT - 8, "middle", xTitle),
    `<text class="label" text-anchor="middle" transform="translate(14 ${middleY}) rotate(-90)">${escapeHtml(yTitle)}</text>`,
  ];
}

interface LegendEntry {
  readonly name: string;
  readonly style: number;
  readonly x: number;
}

/** As many entries in a row as there is room for; a single series needs no legend. */
function legendRows(names: readonly string[]): LegendEntry[][] {
  if (names.length < 2) return [];
  const rows: LegendEntry[][] = [[]];
  let x = LEFT;
  for (const [at, name] of names.entries()) {
    const width = SAMPLE_WIDTH + 18 + name.length * LETTER_WIDTH;
    if (x > LEFT && x + width > WIDTH - RIGHT) {
      rows.push([]);
      x = LEFT;
    }
    rows.at(-1)?.push({ name, style: at % STYLES, x });
    x += width;
  }
  return rows;
}

/** Below the title. */
function legend(rows: readonly (readonly LegendEntry[])[]): string[] {
  return rows.flatMap((entries, row) => {
    const y = TITLE_HEIGHT + 2 + row * LEGEND_ROW_HEIGHT;
    return entries.map(({ name, style, x }) => {
      const end = round(x + SAMPLE_WIDTH);
      const line = `<line class="line c${style}" stroke-dasharray="${DASHES[style] ?? ""}" x1="${round(x)}" x2="${end}" y1="${y}" y2="${y}"/>`;
      return line + text(end + 5, y + 4, "start", name);
    });
  });
}

const text = (x: number, y: number, anchor: string, content: string): string =>
  `<text class="label" x="${round(x)}" y="${round(y)}" text-anchor="${anchor}">${escapeHtml(content)}</text>`;

const round = (value: number): number => Math.round(value * 10) / 10;

function formatTick(value: number): string {
  if (value >= 10_000) return `${Number((value / 1_000).toFixed(1))}k`;
  return String(Number(value.toFixed(2)));
}

/** Steps of 1, 2, 2.5 or 5 times a power of ten, and the first of them that is not below `max`. */
function axisFor(max: number): Axis {
  if (max <= 0) return { max: 1, step: 0.25 };
  const power = 10 ** Math.floor(Math.log10(max / STEPS_MIN));
  const factor = [5, 2.5, 2].find((each) => each * power * STEPS_MIN <= max * 1.001) ?? 1;
  const step = factor * power;
  return { max: Math.ceil(max / step - 0.001) * step, step };
}

const ticksOf = ({ max, step }: Axis): number[] =>
  Array.from({ length: Math.round(max / step) + 1 }, (_, tick) => tick * step);

const ESCAPES: Readonly<Record<string, string>> = {
  "&": "&amp;",
  "<": "&lt;",
  ">": "&gt;",
  '"': "&quot;",
};

export const escapeHtml = (raw: string): string =>
  raw.replace(/[&<>"]/g, (character) => ESCAPES[character] ?? character);
