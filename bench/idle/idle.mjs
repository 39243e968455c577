// What links cost that say nothing: memory and processor time of one node with 0, 1,000 and 10,000 of
// them. docs: bench/README.md.
import { parseArgs } from "node:util";
import { Daemon } from "../lib/daemon.mjs";
import { describeMachine, machineLines } from "../lib/machine.mjs";
import { endTelling, print, tell } from "../lib/output.mjs";
import { openLink } from "../lib/peer.mjs";
import { cpuSeconds, rssMiB, sleep } from "../lib/process.mjs";
import { table } from "../lib/ratios.mjs";

const { values: options } = parseArgs({
  options: {
    quick: { type: "boolean", default: false },
    json: { type: "boolean", default: false },
    counts: { type: "string", default: "0,1000,10000" },
  },
});
const counts = options.counts.split(",").map(Number);
const together = 100;
const settleMs = options.quick ? 1_000 : 4_000;
const watchedMs = options.quick ? 2_000 : 10_000;
const settings = {
  pow_difficulty: 0,
  extensions: "no",
  journal_items: 0,
  max_connections: Math.max(...counts) + 1,
};

const machine = describeMachine();
const daemon = await Daemon.start(settings);
const { pid } = daemon.child;
const links = [];
const rows = [];
for (const count of counts) {
  while (links.length < count) {
    tell(`${links.length} of ${count} links`);
    const more = Math.min(together, count - links.length);
    links.push(...(await Promise.all(Array.from({ length: more }, () => openLink(daemon.p2p)))));
  }
  tell(`${count} links, idle`);
  await sleep(settleMs);
  const before = cpuSeconds(pid);
  await sleep(watchedMs);
  const open = links.filter(({ destroyed }) => !destroyed).length;
  if (open !== count) throw new Error(`${count - open} links were closed`);
  rows.push({
    links: count,
    rssMiB: rssMiB(pid),
    cpuShare: (cpuSeconds(pid) - before) / (watchedMs / 1000),
  });
}
endTelling();
for (const link of links) link.destroy();
await daemon.stop();

const [none] = rows;
const kibPerLink = (row) => ((row.rssMiB - none.rssMiB) * 1024) / row.links;
const text = rows.map((row) => [
  String(row.links),
  row.rssMiB.toFixed(1),
  row.links === 0 ? "" : kibPerLink(row).toFixed(1),
  (60 + (5 * row.links) / 1024).toFixed(1),
  `${(row.cpuShare * 100).toFixed(1)} %`,
]);
print(
  {
    machine,
    settings,
    watchedMs,
    rows: rows.map((row) => ({ ...row, kibPerLink: row.links === 0 ? 0 : kibPerLink(row) })),
  },
  [
    ...machineLines(machine),
    "",
    ...table([["links", "MiB", "KiB per link", "target: at most MiB", "of one core"], ...text]),
  ],
  options.json,
);
