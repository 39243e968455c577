// Ten million items through one daemon: nothing lost, all counters agree, the heap does not grow.
// docs: bench/README.md.
import { spawn } from "node:child_process";
import { once } from "node:events";
import { parseArgs } from "node:util";
import { Daemon } from "../lib/daemon.mjs";
import { describeMachine, machineLines } from "../lib/machine.mjs";
import { endTelling, print, tell } from "../lib/output.mjs";
import { table } from "../lib/ratios.mjs";
import { isAbove, trend } from "../lib/trend.mjs";
import { buildLoad, unbudgeted } from "./contestants.mjs";

const { values: options } = parseArgs({
  options: {
    millions: { type: "string", default: "10" },
    json: { type: "boolean", default: false },
  },
});
const wanted = Number(options.millions) * 1e6;
const links = 4;
const runMs = 5_000;
/** Two generations of seen keys have to be full before anything can be said about the heap. */
const settledItems = Math.min(3e6, wanted / 3);
const slopeMax = 1;

const machine = describeMachine();
const load = buildLoad();
/** Nothing is kept for links that come up later: each run is on fresh ones, and counts what it sent itself. */
const daemon = await Daemon.start({ ...unbudgeted, cache_size: 0 });
const port = (address) => address.split(":")[1];

/** All load on fresh links, one after the other. Returns how many items were sent. */
async function run(first) {
  const places = ["127.0.0.1", port(daemon.p2p), port(daemon.api), daemon.child.pid];
  const child = spawn(load, [...places, links, 64, 0, runMs, 1, first].map(String), {
    stdio: ["ignore", "pipe", "inherit"],
  });
  let text = "";
  child.stdout.setEncoding("utf8").on("data", (piece) => (text += piece));
  await once(child, "close");
  const { sent, isComplete } = JSON.parse(text);
  if (!isComplete) throw new Error(`not everything arrived: ${text}`);
  return sent;
}

let sent = 0;
const samples = [];
const sample = async () => {
  const { memory } = await daemon.status();
  const millions = sent / 1e6;
  samples.push([millions, memory.heapUsedBytes / 2 ** 20, memory.rssBytes / 2 ** 20]);
};
try {
  while (sent < wanted) {
    tell(`${(sent / 1e6).toFixed(1)} of ${wanted / 1e6} million items`);
    sent += await run(sent);
    // Several, because the heap goes up and down by what the collector has not looked at yet.
    for (let n = 0; n < 4; n++) await sample();
  }
} catch (error) {
  await daemon.stop();
  throw error;
}
endTelling();
const { counters, stores } = await daemon.status();
await daemon.stop();

const { totals } = counters;
const agreements = [
  ["itemsReceived", totals.itemsReceived, sent],
  ["itemNew", totals.itemNew, sent],
  ["itemAccepted", totals.itemAccepted, sent],
  ["notificationsWritten", totals.notificationsWritten, sent],
  ["verdictsAccept", totals.verdictsAccept, sent],
  ["notificationsDropped", totals.notificationsDropped, 0],
  ["itemNotHeld", totals.itemNotHeld, 0],
  ["itemExpired", totals.itemExpired, 0],
  ["framesDropped", totals.framesDropped, 0],
];
const pending = stores.find(({ name }) => name === "pendingItems");
agreements.push(["pendingItems left", pending.entries, 0]);
const settled = samples.filter(([millions]) => millions * 1e6 >= settledItems);
const heap = trend(settled.map(([millions, heapMiB]) => [millions, heapMiB]));
const rss = trend(settled.map(([millions, , rssMiB]) => [millions, rssMiB]));
const isFlat = !isAbove(heap, slopeMax);
const disagreements = agreements.filter(([, is, should]) => is !== should);

const per = ({ slope, error }) => `${slope.toFixed(3)} ± ${error.toFixed(3)} MiB per million items`;
print(
  { machine, sent, links, heap, rss, samples, agreements, isFlat },
  [
    ...machineLines(machine),
    "",
    `${sent} items to ${links} links, all of them once each, seen keys in two generations`,
    `heap: ${per(heap)}, at most ${slopeMax} beyond doubt: ${isFlat ? "kept" : "BROKEN"}`,
    `resident memory: ${per(rss)}, last ${samples.at(-1)[2].toFixed(0)} MiB`,
    ...table([["", "is", "should be"], ...agreements.map((row) => row.map(String))]),
  ],
  options.json,
);
process.exitCode = isFlat && disagreements.length === 0 ? 0 : 1;
