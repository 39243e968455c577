// What links cost that say nothing: memory and processor time of one node with 0, 1,000 and 10,000 of
// them, beside a program that does nothing but hold them. docs: bench/README.md.
import { parseArgs } from "node:util";
import { describeMachine, machineLines } from "../lib/machine.mjs";
import { endTelling, print, tell } from "../lib/output.mjs";
import { openLink } from "../lib/peer.mjs";
import { cpuSeconds, rssMiB, sleep } from "../lib/process.mjs";
import { table } from "../lib/ratios.mjs";
import { startBare, startDaemon } from "../relay/contestants.mjs";

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

const contestants = { daemon: () => startDaemon(settings), bare: () => startBare("forward") };

/** One row for each number of links, in one process. */
async function measure(name, start) {
  const { pid, p2p, stop } = await start();
  const links = [];
  const rows = [];
  for (const count of counts) {
    while (links.length < count) {
      tell(`${name}: ${links.length} of ${count} links`);
      const more = Math.min(together, count - links.length);
      const open = () => openLink(`127.0.0.1:${p2p}`);
      links.push(...(await Promise.all(Array.from({ length: more }, open))));
    }
    tell(`${name}: ${count} links, idle`);
    await sleep(settleMs);
    const before = cpuSeconds(pid);
    await sleep(watchedMs);
    const open = links.filter(({ destroyed }) => !destroyed).length;
    if (open !== count) throw new Error(`${count - open} links were closed`);
    const cpuShare = (cpuSeconds(pid) - before) / (watchedMs / 1000);
    const row = { name, links: count, rssMiB: rssMiB(pid), cpuShare };
    const noneMiB = (rows[0] ?? row).rssMiB;
    const kibPerLink = count === 0 ? 0 : ((row.rssMiB - noneMiB) * 1024) / count;
    rows.push({ ...row, kibPerLink });
  }
  for (const link of links) link.destroy();
  await stop();
  return rows;
}

const machine = describeMachine();
const rows = [];
for (const [name, start] of Object.entries(contestants)) rows.push(...(await measure(name, start)));
endTelling();

const text = rows.map((row) => [
  row.name,
  String(row.links),
  row.rssMiB.toFixed(1),
  row.links === 0 ? "" : row.kibPerLink.toFixed(1),
  row.name === "daemon" ? (60 + (5 * row.links) / 1024).toFixed(1) : "",
  `${(row.cpuShare * 100).toFixed(1)} %`,
]);
print(
  {
    machine,
    settings,
    watchedMs,
    rows,
  },
  [
    ...machineLines(machine),
    "",
    ...table([["", "links", "MiB", "KiB per link", "target: at most MiB", "of one core"], ...text]),
  ],
  options.json,
);
