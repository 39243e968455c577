// What it costs to watch a node that relays at full speed; docs: bench/README.md.
import { request } from "node:http";
import { parseArgs } from "node:util";
import { describeMachine, machineLines } from "../lib/machine.mjs";
import { endTelling, print, tell } from "../lib/output.mjs";
import { formatSummary, roundRatios, summary, table } from "../lib/ratios.mjs";
import { buildLoad, contestants, runOnce, startDaemon, unbudgeted } from "../relay/contestants.mjs";

const { values: options } = parseArgs({
  options: {
    rounds: { type: "string", default: "5" },
    json: { type: "boolean", default: false },
  },
});
const rounds = Number(options.rounds);
const work = { links: 8, dataBytes: 64, warmupMs: 500, measuredMs: 3_000 };
const journal = { ...unbudgeted, journal_items: 4_096 };
/** Pages and collectors ask this often, in ms. */
const askEveryMs = 1_000;

const ask = (address, path) => {
  const sent = request(`http://${address}${path}`, (response) => response.resume());
  return sent.on("error", () => undefined).end();
};

/** A node with a monitor, whose metrics are collected, and pages that stay open. */
async function startWatched(pages) {
  const relay = await startDaemon({ ...journal, monitor_address: "127.0.0.1:0" });
  const { monitor } = await relay.status();
  const streams = Array.from({ length: pages }, () => ask(monitor, "/events"));
  const askForAll = () => {
    ask(monitor, "/metrics");
    for (const _ of streams) ask(monitor, "/status");
  };
  askForAll();
  const asking = setInterval(askForAll, askEveryMs);
  const stop = () => {
    clearInterval(asking);
    for (const stream of streams) stream.destroy();
    return relay.stop();
  };
  return { ...relay, stop };
}

const names = ["daemon", "journal", "monitor", "threePages"];
Object.assign(contestants, {
  journal: { hasModule: true, start: () => startDaemon(journal) },
  monitor: { hasModule: true, start: () => startWatched(0) },
  threePages: { hasModule: true, start: () => startWatched(3) },
});

const load = buildLoad();
const runs = Object.fromEntries(names.map((name) => [name, []]));
for (let round = 1; round <= rounds; round++) {
  for (const name of names) {
    tell(`round ${round} of ${rounds}: ${name}`);
    runs[name].push(await runOnce(load, name, work));
  }
}
endTelling();

const perCpuSecond = ({ rate, relayShare }) => rate / relayShare;
const of = (name, base) => ({
  rate: summary(runs[name].map(({ rate }) => rate)),
  byTime: roundRatios(
    runs[name].map(({ rate }) => rate),
    runs[base].map(({ rate }) => rate),
  ),
  byCpu: roundRatios(runs[name].map(perCpuSecond), runs[base].map(perCpuSecond)),
});
const results = Object.fromEntries(
  names.map((name) => [name, { off: of(name, "daemon"), journal: of(name, "journal") }]),
);
const machine = describeMachine();
print(
  { machine, rounds, ...work, results },
  [
    ...machineLines(machine),
    "",
    `items/s, and as a multiple of a node without journal and of one with it: [min median max] of ${rounds} rounds`,
    ...table([
      ["", "items/s", "of off", "cpu", "of journal", "cpu"],
      ...names.map((name) => [
        name,
        results[name].off.rate.median.toFixed(0),
        formatSummary(results[name].off.byTime),
        formatSummary(results[name].off.byCpu),
        formatSummary(results[name].journal.byTime),
        formatSummary(results[name].journal.byCpu),
      ]),
    ]),
  ],
  options.json,
);
