// How fast one node relays: every item deduped, put before a module, accepted and forwarded. Beside it the
// least a Node program can do for the same, in the same run; docs: bench/README.md.
import { parseArgs } from "node:util";
import { describeMachine, machineLines } from "../lib/machine.mjs";
import { endTelling, print, tell } from "../lib/output.mjs";
import { formatSummary, roundRatios, summary, table } from "../lib/ratios.mjs";
import { buildLoad, runOnce, unbudgeted } from "./contestants.mjs";

const { values: options } = parseArgs({
  options: {
    rounds: { type: "string", default: "3" },
    quick: { type: "boolean", default: false },
    json: { type: "boolean", default: false },
  },
});
const rounds = options.quick ? 1 : Number(options.rounds);
/** The daemon is compiled while it runs, piece by piece: after half a second an item still costs a tenth more. */
const time = { warmupMs: options.quick ? 500 : 2_000, measuredMs: options.quick ? 500 : 1_000 };
const sizes = [64, 1_024, 16_384];
const rivals = ["daemon", "bareWhole", "bareForward", "perMessage"];
const load = buildLoad();

function cellsOf() {
  const cells = sizes.flatMap((dataBytes) =>
    [1, 8, 30].map((links) => ({ dataBytes, links, names: rivals })),
  );
  return [...cells, { dataBytes: 64, links: 8, names: ["defaults"] }];
}

/** What an item costs does not depend on what else the machine does; how many a second do. */
const perCpuSecond = ({ rate, relayShare }) => rate / relayShare;

async function measure(cell) {
  const runs = Object.fromEntries(cell.names.map((name) => [name, []]));
  for (let round = 1; round <= rounds; round++) {
    for (const name of cell.names) {
      tell(`${cell.dataBytes} bytes, ${cell.links} links, round ${round} of ${rounds}: ${name}`);
      runs[name].push(await runOnce(load, name, { ...cell, ...time }));
    }
  }
  const ratio = (rival, of) => roundRatios(runs.daemon.map(of), runs[rival].map(of));
  const summarise = (name) => ({
    rate: summary(runs[name].map(({ rate }) => rate)),
    perCpuSecond: summary(runs[name].map(perCpuSecond)),
    loadShare: summary(runs[name].map(({ loadShare }) => loadShare)),
  });
  const { dataBytes, links, names } = cell;
  return {
    dataBytes,
    links,
    contestants: Object.fromEntries(names.map((name) => [name, summarise(name)])),
    ratios: Object.fromEntries(
      names
        .filter((name) => runs.daemon !== undefined && name !== "daemon")
        .map((name) => [
          name,
          { rate: ratio(name, ({ rate }) => rate), perCpuSecond: ratio(name, perCpuSecond) },
        ]),
    ),
  };
}

const machine = describeMachine();
const cells = [];
for (const cell of cellsOf()) cells.push(await measure(cell));
endTelling();

const thousands = (value) => `${(value / 1_000).toFixed(value < 10_000 ? 1 : 0)} k`;
const rateRows = cells.flatMap(({ dataBytes, links, contestants }) =>
  Object.entries(contestants).map(([name, { rate, perCpuSecond: cost, loadShare }]) => [
    `${dataBytes} B, ${links} links`,
    name,
    thousands(rate.median),
    thousands(cost.median),
    loadShare.median.toFixed(2),
  ]),
);
const ratioRows = cells
  .filter(({ contestants }) => contestants.daemon !== undefined)
  .map(({ dataBytes, links, ratios }) => [
    `${dataBytes} B, ${links} links`,
    ...["bareWhole", "bareForward", "perMessage"].flatMap((name) => [
      formatSummary(ratios[name].rate),
      formatSummary(ratios[name].perCpuSecond),
    ]),
  ]);
print(
  { machine, rounds, ...time, configuration: unbudgeted, cells },
  [
    ...machineLines(machine),
    `${"configuration".padEnd(16)} ${JSON.stringify(unbudgeted)}`,
    "",
    "items in per second; the same per second of the relay's processor time; load generator's share of a core",
    ...table([["", "", "items/s", "items/cpu s", "load"], ...rateRows]),
    "",
    `daemon as a multiple of: [min median max] of ${rounds} rounds, by time and by processor time`,
    ...table([
      ["", "bare whole", "cpu", "bare forward", "cpu", "per message", "cpu"],
      ...ratioRows,
    ]),
  ],
  options.json,
);
