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
const TOP = 46;
const BOTTOM = 46;
const TICKS = 5;
/** Line styles beside the colours, so that a print without colour can still be read. */
const DASHES = ["", "7 3", "2 3", "10 3 2 3", "4 4", "1 2", "12 4", "5 2 1 2"];

const STYLES = DASHES.length;

interface Frame {
  readonly xMax: number;
  readonly yMax: number;
}

const xAt = (frame: Frame, x: number): number => LEFT + (x / frame.xMax) * (WIDTH - LEFT - RIGHT);
const yAt = (frame: Frame, y: number): number =>
  HEIGHT - BOTTOM - (y / frame.yMax) * (HEIGHT - TOP - BOTTOM);

/** One line per series. */
export function lineChart(series: readonly Series[], options: ChartOptions): string {
  const all = series.flatMap(({ points }) => points);
  const frame = {
    xMax: niceMax(Math.max(...all.map(([x]) => x), 0)),
    yMax: options.yMax ?? niceMax(Math.max(...all.map(([, y]) => y), 0)),
  };
  const lines = series.map(({ points }, at) => {
    const path = points.map(([x, y]) => `${round(xAt(frame, x))},${round(yAt(frame, y))}`);
    const style = `class="line c${at % STYLES}" stroke-dasharray="${DASHES[at % STYLES] ?? ""}"`;
    return `<polyline ${style} points="${path.join(" ")}"/>`;
  });
  return svg(options, [
    ...axes(frame, options),
    ...lines,
    ...legend(series.map(({ name }) => name)),
  ]);
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
  const frame = { xMax: slots, yMax: niceMax(Math.max(...shares.flat(), 0)) };
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
  return svg(options, [...parts, ...legend(series.map(({ name }) => name))]);
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
  const labels = Array.from({ length: TICKS + 1 }, (_, tick) => {
    const x = (frame.xMax * tick) / TICKS;
    return text(xAt(frame, x), HEIGHT - BOTTOM + 16, "middle", formatTick(x));
  });
  return [...horizontals(frame), ...labels, ...axisTitles(options)];
}

function horizontals(frame: Frame): string[] {
  return Array.from({ length: TICKS + 1 }, (_, tick) => {
    const value = (frame.yMax * tick) / TICKS;
    const y = round(yAt(frame, value));
    const line = `<line class="${tick === 0 ? "axis" : "grid"}" x1="${LEFT}" x2="${WIDTH - RIGHT}" y1="${y}" y2="${y}"/>`;
    return line + text(LEFT - 6, y + 4, "end", formatTick(value));
  });
}

function axisTitles({ xTitle, yTitle }: ChartOptions): string[] {
  const middleX = (LEFT + WIDTH - RIGHT) / 2;
  const middleY = (TOP + HEIGHT - BOTTOM) / 2;
  return [
    text(middleX, HEIGHT - 8, "middle", xTitle),
    `<text class="label" text-anchor="middle" transform="translate(14 ${middleY}) rotate(-90)">${escapeHtml(yTitle)}</text>`,
  ];
}

/** Below the title, in one row; a single series without a name needs none. */
function legend(names: readonly string[]): string[] {
  if (names.length < 2) return [];
  const slot = (WIDTH - LEFT - RIGHT) / names.length;
  return names.map((name, at) => {
    const x = round(LEFT + slot * at);
    const line = `<line class="line c${at % STYLES}" stroke-dasharray="${DASHES[at % STYLES] ?? ""}" x1="${x}" x2="${x + 22}" y1="32" y2="32"/>`;
    return line + text(x + 27, 36, "start", name);
  });
}

const text = (x: number, y: number, anchor: string, content: string): string =>
  `<text class="label" x="${round(x)}" y="${round(y)}" text-anchor="${anchor}">${escapeHtml(content)}</text>`;

const round = (value: number): number => Math.round(value * 10) / 10;

function formatTick(value: number): string {
  if (value >= 10_000) return `${Number((value / 1_000).toFixed(1))}k`;
  return String(Number(value.toFixed(2)));
}

/** The next of 1, 2, 2.5, 5, 10 times a power of ten, for axes that people can read. */
function niceMax(max: number): number {
  if (max <= 0) return 1;
  const power = 10 ** Math.floor(Math.log10(max));
  const factor = [1, 1.5, 2, 2.5, 3, 4, 5, 6, 8, 10].find((each) => each * power >= max * 0.999);
  return (factor ?? 10) * power;
}

const ESCAPES: Readonly<Record<string, string>> = {
  "&": "&amp;",
  "<": "&lt;",
  ">": "&gt;",
  '"': "&quot;",
};

export const escapeHtml = (raw: string): string =>
  raw.replace(/[&<>"]/g, (character) => ESCAPES[character] ?? character);
