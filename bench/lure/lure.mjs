// What it costs to be lured into dials (threat T10): a node whose book is full of addresses that nobody is
// at, and whose peers, who would tell it more, have nothing else to offer. docs: bench/README.md.
import { parseArgs } from "node:util";
import { Daemon } from "../lib/daemon.mjs";
import { describeMachine, machineLines } from "../lib/machine.mjs";
import { endTelling, print, tell } from "../lib/output.mjs";
import { cpuSeconds, sleep } from "../lib/process.mjs";
import { table } from "../lib/ratios.mjs";

const { values: options } = parseArgs({
  options: {
    minutes: { type: "string", default: "10" },
    json: { type: "boolean", default: false },
  },
});
const minutes = Number(options.minutes);
/** Both tables, full [protocol §7.2]. */
const newMax = 4_096;
const bookMax = 5_120;
/** Each loopback address is a host of its own, and refuses. */
const settings = { local_ranges: "", pow_difficulty: 24 };

const entries = Array.from({ length: bookMax }, (_, at) => ({
  host: `127.${1 + (at % 250)}.${at >> 8}.${1 + (at & 0x7f)}`,
  port: 9,
  sourceGroup: `4:${at % 250}.${at >> 8}`,
  table: at < newMax ? "new" : "tried",
  ageSeconds: 0,
  failures: 0,
}));
const book = JSON.stringify({ format: 1, secret: "5a".repeat(16), entries, anchors: [] });

const machine = describeMachine();
const daemon = await Daemon.start(settings, { dataFiles: { "addresses.json": book } });
const { pid } = daemon.child;
const rows = [];
let before = cpuSeconds(pid);
for (let minute = 1; minute <= minutes; minute++) {
  tell(`minute ${minute} of ${minutes}`);
  await sleep(60_000);
  const { totals } = (await daemon.status()).counters;
  const now = cpuSeconds(pid);
  const { dialsStarted, proofsRequested } = totals;
  rows.push({ minute, dialsStarted, proofsRequested, cpuShare: (now - before) / 60 });
  before = now;
}
endTelling();
await daemon.stop();

const mean = rows.reduce((sum, { cpuShare }) => sum + cpuShare, 0) / rows.length;
const percent = (share) => `${(share * 100).toFixed(1)} %`;
const text = rows.map((row) => [
  String(row.minute),
  String(row.dialsStarted),
  String(row.proofsRequested),
  percent(row.cpuShare),
]);
print(
  { machine, settings, rows, meanCpuShare: mean },
  [
    ...machineLines(machine),
    "",
    ...table([["minute", "dials", "proofs", "of one core"], ...text]),
    "",
    `${percent(mean)} of one core on average; target: at most 5 %`,
  ],
  options.json,
);
