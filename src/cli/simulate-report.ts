import { formatMetric, METRIC_NAMES, METRICS } from "../sim/metrics.ts";
import { formatCount } from "../monitor/quantities.ts";
import { barChart, escapeHtml, lineChart } from "./simulate-plot.ts";
import type { ScenarioOutcome, VariantResult } from "./simulate-scenario.ts";

/** Colours of Okabe and Ito (2008): told apart by colour-blind readers too. */
const STYLE = `
  body { font: 15px/1.5 system-ui, sans-serif; color: #1a1a1a; max-width: 62rem; margin: 2rem auto; padding: 0 1rem; }
  h1 { font-size: 1.6rem; margin-bottom: .2rem; } h2 { font-size: 1.15rem; margin: 2rem 0 .5rem; }
  p.about { color: #444; margin-top: 0; } .verdict { font-weight: 600; } .bad { color: #b3261e; }
  table { border-collapse: collapse; width: 100%; font-variant-numeric: tabular-nums; font-size: .88rem; }
  th, td { padding: .25rem .5rem; border-bottom: 1px solid #ddd; text-align: right; }
  th:first-child, td:first-child { text-align: left; } td.about { text-align: left; color: #555; }
  thead th { border-bottom: 2px solid #888; } code { font-size: .85rem; }
  .charts { display: grid; grid-template-columns: repeat(auto-fit, minmax(26rem, 1fr)); gap: 1rem; }
  svg { width: 100%; height: auto; } .title { font: 600 14px system-ui, sans-serif; }
  .label { font: 11px system-ui, sans-serif; fill: #444; }
  .grid { stroke: #e4e4e4; } .axis { stroke: #666; } .line { fill: none; stroke-width: 2; }
  .c0 { stroke: #0072b2; } .c1 { stroke: #d55e00; } .c2 { stroke: #009e73; }
  .c3 { stroke: #cc79a7; } .c4 { stroke: #7a6a00; } .c5 { stroke: #56b4e9; }
  .c6 { stroke: #333333; } .c7 { stroke: #e69f00; }
  .f0 { fill: #0072b2; } .f1 { fill: #d55e00; } .f2 { fill: #009e73; }
  .f3 { fill: #cc79a7; } .f4 { fill: #7a6a00; } .f5 { fill: #56b4e9; }
  .f6 { fill: #333333; } .f7 { fill: #e69f00; }
  @media print { body { margin: 0; max-width: none; font-size: 11px; } svg, tr { break-inside: avoid; }
    .charts { grid-template-columns: 1fr 1fr; } h2 { break-after: avoid; } }`;

/** One self-contained page: no script, nothing loaded from elsewhere. Shows the first run in plots. */
export function reportOf(outcome: ScenarioOutcome, command: string): string {
  const { name, about, traceHash } = outcome;
  return `<!doctype html>
<html lang="en"><head><meta charset="utf-8"><title>${escapeHtml(name)} - voidgossip simulation</title>
<meta name="viewport" content="width=device-width, initial-scale=1"><style>${STYLE}
</style></head><body>
<h1>${escapeHtml(name)}</h1>
<p class="about">${escapeHtml(about)}</p>
${verdictOf(outcome)}
<h2>Figures</h2>
${figures(outcome)}
<h2>Plots</h2>
<div class="charts">${charts(outcome.variants).join("\n")}</div>
<p class="about">Plots show the first run of each variant; figures are means over all runs.</p>
<h2>How to repeat this</h2>
<p><code>${escapeHtml(command)}</code><br>trace hash <code>${traceHash}</code></p>
</body></html>
`;
}

function verdictOf({ variants }: ScenarioOutcome): string {
  const failures = variants.flatMap(({ name, runs }) =>
    runs.flatMap(({ seed, failure }) =>
      failure === undefined
        ? []
        : [`${name} seed ${seed}: ${failure.checker}, ${failure.atMs} ms: ${failure.message}`],
    ),
  );
  const surprises = variants.flatMap(({ name, surprises: each }) =>
    each.map((surprise) => `${name} ${surprise}`),
  );
  const problems = [...failures, ...surprises];
  if (problems.length === 0) {
    return `<p class="verdict">All laws kept, all figures as expected.</p>`;
  }
  const list = problems.map((problem) => `<li>${escapeHtml(problem)}</li>`).join("");
  return `<p class="verdict bad">Laws broken or figures not as expected:</p><ul>${list}</ul>`;
}

function figures({ name, variants }: ScenarioOutcome): string {
  const heads = variants
    .map((variant) => `<th>${escapeHtml(titleOf(variant, name))}</th>`)
    .join("");
  const facts = [
    row(
      "nodes",
      "",
      variants.map((variant) => formatCount(variant.nodes)),
    ),
    row(
      "runs",
      "",
      variants.map((variant) => String(variant.runs.length)),
    ),
    ...METRIC_NAMES.map((metric) =>
      row(
        metric,
        METRICS[metric].about,
        variants.map((variant) => formatMetric(metric, variant.metrics[metric])),
      ),
    ),
  ];
  return `<table><thead><tr><th>metric</th>${heads}<th></th></tr></thead><tbody>${facts.join("")}</tbody></table>`;
}

function row(title: string, about: string, cells: readonly string[]): string {
  const values = cells.map((cell) => `<td>${escapeHtml(cell)}</td>`).join("");
  return `<tr><td>${title}</td>${values}<td class="about">${escapeHtml(about)}</td></tr>`;
}

const titleOf = ({ name }: VariantResult, scenario: string): string =>
  name === "" ? scenario : name;

function charts(variants: readonly VariantResult[]): string[] {
  const shown = variants.flatMap(({ name, runs: [first] }) =>
    first === undefined ? [] : [{ name, ...first.distributions }],
  );
  const lastMs = Math.max(...shown.flatMap(({ coverage }) => coverage.at(-1)?.[0] ?? 0), 1);
  const sliceMs = Math.max(1, Math.ceil(lastMs / SLICES));
  return [
    lineChart(
      shown.map(({ name, coverage }) => ({ name, points: coverage })),
      {
        title: "Coverage over time",
        xTitle: "ms after the announcement",
        yTitle: "share of wanted deliveries made",
        yMax: 1,
      },
    ),
    lineChart(
      shown.map(({ name, coverage }) => ({ name, points: densityOf(coverage, sliceMs) })),
      {
        title: "Distribution of latency",
        xTitle: "ms after the announcement",
        yTitle: `share of wanted deliveries in ${sliceMs} ms`,
      },
    ),
    barChart(
      shown.map(({ name, hops }) => ({ name, counts: hops })),
      { title: "Hops of the first copy", xTitle: "hops", yTitle: "share of deliveries" },
    ),
    lineChart(
      shown.map(({ name, redundancyByItem }) => ({
        name,
        points: redundancyByItem.map((redundancy, at) => [at + 1, redundancy] as const),
      })),
      { title: "Redundancy", xTitle: "item, in order of announcement", yTitle: "RMR" },
    ),
    barChart(
      shown.map(({ name, degrees }) => ({ name, counts: degrees })),
      { title: "Degree at the end", xTitle: "links that carry", yTitle: "share of nodes" },
    ),
  ];
}

/** Slices of time in which deliveries are counted: the same for all variants, or heights would not compare. */
const SLICES = 40;

/** Share of deliveries in each slice of time, drawn at the middle of the slice. */
function densityOf(
  coverage: readonly (readonly [number, number])[],
  sliceMs: number,
): [number, number][] {
  const density: [number, number][] = [];
  const lastMs = coverage.at(-1)?.[0] ?? 0;
  let before = 0;
  for (let fromMs = 0; fromMs < lastMs; fromMs += sliceMs) {
    const after = shareBy(coverage, fromMs + sliceMs);
    density.push([fromMs + sliceMs / 2, after - before]);
    before = after;
  }
  return density;
}

/** The height of the curve at this time: its points are fewer than its milliseconds. */
function shareBy(coverage: readonly (readonly [number, number])[], ms: number): number {
  let share = 0;
  for (const [at, shareAt] of coverage) {
    if (at > ms) break;
    share = shareAt;
  }
  return share;
}
