import type { VNode } from "preact";
import { formatBytes, formatDelay, formatRate } from "../../src/monitor/quantities.ts";
import { Chart } from "../shared/chart.tsx";
import type { Sample, SeriesName } from "../../src/monitor/view/history.ts";

interface ChartPlan {
  readonly title: string;
  readonly unit: string;
  readonly format: (value: number) => string;
  readonly base?: 2;
  readonly lines: readonly (readonly [name: SeriesName, label: string, color: string])[];
}

const CHARTS: readonly ChartPlan[] = [
  {
    title: "Items",
    unit: "per second",
    format: formatRate,
    lines: [
      ["received", "copies received", "--in"],
      ["new", "new", "--ink"],
      ["duplicates", "duplicates", "--again"],
      ["announced", "announced here", "--line-4"],
      ["sent", "copies sent", "--out"],
    ],
  },
  {
    title: "Drops",
    unit: "per second",
    format: formatRate,
    lines: [
      ["rejected", "rejected", "--bad"],
      ["expired", "expired", "--warn"],
      ["unwanted", "not wanted", "--again"],
      ["noRoom", "no room to hold", "--in"],
      ["framesDropped", "slow peers", "--line-4"],
      ["notificationsDropped", "slow modules", "--out"],
    ],
  },
  {
    title: "Times",
    unit: "mean",
    format: formatDelay,
    lines: [
      ["verdictMs", "verdicts of modules", "--out"],
      ["linkDelayMs", "links, there and back", "--in"],
    ],
  },
  {
    title: "Queues",
    unit: "not taken yet",
    format: (bytes) => formatBytes(Math.round(bytes)),
    base: 2,
    lines: [
      ["linkQueueBytes", "for peers", "--in"],
      ["moduleQueueBytes", "for modules", "--out"],
    ],
  },
];

export function Charts({ samples }: { readonly samples: readonly Sample[] }): VNode {
  const timesMs = samples.map(({ atMs }) => atMs);
  return (
    <div class="charts">
      {CHARTS.map(({ lines, ...plan }) => (
        <Chart
          key={plan.title}
          {...plan}
          timesMs={timesMs}
          lines={lines.map(([name, label, color]) => ({
            label,
            color,
            values: samples.map((sample) => sample[name]),
          }))}
        />
      ))}
    </div>
  );
}
