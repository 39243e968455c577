import type { VNode } from "preact";
import { useEffect, useRef, useState } from "preact/hooks";
import uPlot from "uplot";
import { colorOf, onColorsChanged } from "./colors.ts";
import { useWidth } from "./use-width.ts";

export interface ChartLine {
  readonly label: string;
  /** A colour of the style sheet, such as `--in`. */
  readonly color: string;
  /** One for each time. */
  readonly values: readonly number[];
}

interface ChartProps {
  readonly title: string;
  readonly unit: string;
  readonly timesMs: readonly number[];
  readonly lines: readonly ChartLine[];
  readonly format: (value: number) => string;
  /** Bytes get round numbers in powers of two. */
  readonly base?: 2 | 10;
}

const POWERS_OF_TWO = Array.from({ length: 40 }, (_, power) => 2 ** power);
const HEIGHT = 150;
/** What the time axis shows. */
const SPAN_S = 300;

/**
 * Lines over the last minutes. The legend has the values in words, of the moment under the pointer or of
 * now, so the drawing itself says nothing to a screen reader.
 */
export function Chart(props: ChartProps): VNode {
  const { title, unit, timesMs, lines, format } = props;
  const [box, width] = useWidth();
  const [pointed, setPointed] = useState<number | undefined>(undefined);
  const plot = useRef<uPlot | undefined>(undefined);
  const hasLines = timesMs.length > 1;
  useEffect(() => {
    if (box.current === null || width === 0 || !hasLines) return;
    const target = box.current;
    const create = (): uPlot => new uPlot(optionsOf(props, width, setPointed), [], target);
    plot.current = create();
    const forget = onColorsChanged(() => plot.current?.redraw());
    return () => {
      forget();
      plot.current?.destroy();
      plot.current = undefined;
    };
    // The lines keep their names and colours as long as the chart is there.
  }, [width, hasLines]);
  useEffect(() => {
    const values = lines.map((line) => [...line.values]);
    plot.current?.setData([timesMs.map((ms) => ms / 1_000), ...values]);
  }, [timesMs, width, hasLines]);
  const shown = pointed ?? timesMs.length - 1;
  return (
    <figure class="chart">
      <figcaption>
        <h3>
          {title} <small>{unit}</small>
        </h3>
        <ul class="legend">
          {lines.map(({ label, color, values }) => (
            <li key={label}>
              <i style={{ background: `var(${color})` }} />
              {label} <b>{values[shown] === undefined ? "–" : format(values[shown])}</b>
            </li>
          ))}
        </ul>
      </figcaption>
      <div ref={box} class="plot" aria-hidden="true" style={{ height: `${HEIGHT}px` }}>
        {hasLines ? null : <p class="empty">collecting …</p>}
      </div>
    </figure>
  );
}

function optionsOf(
  { lines, format, base }: ChartProps,
  width: number,
  onPointed: (index: number | undefined) => void,
): uPlot.Options {
  const axis = {
    stroke: () => colorOf("--soft"),
    font: "11px Inter, system-ui, sans-serif",
    grid: { stroke: () => colorOf("--line"), width: 1 },
    ticks: { show: false },
  };
  return {
    width,
    height: HEIGHT,
    padding: [8, 4, 0, 0],
    legend: { show: false },
    cursor: { y: false, points: { size: 6 }, drag: { x: false, y: false } },
    scales: {
      x: { range: (_, __, to) => [to - SPAN_S, to] },
      y: { range: (_, __, to) => [0, to > 0 ? to * 1.1 : 1] },
    },
    axes: [
      { ...axis, size: 26, space: 70, values: (_, times) => times.map(timeOfDay) },
      {
        ...axis,
        size: 58,
        space: 36,
        values: (_, values) => values.map(format),
        ...(base === 2 ? { incrs: POWERS_OF_TWO } : {}),
      },
    ],
    series: [
      {},
      ...lines.map(({ label, color }) => ({
        label,
        stroke: () => colorOf(color),
        width: 1.75,
        points: { show: false },
      })),
    ],
    hooks: { setCursor: [({ cursor }) => onPointed(cursor.idx ?? undefined)] },
  };
}

function timeOfDay(seconds: number): string {
  const time = new Date(seconds * 1_000);
  const parts = [time.getHours(), time.getMinutes(), time.getSeconds()];
  return parts.map((part) => String(part).padStart(2, "0")).join(":");
}
