// The proof of work beside everything else that hashes, in one run and in turns.
//   npm ci --prefix bench && npm run bench:pow -- [--rounds N] [--ms N] [--solves N] [--json]
import { availableParallelism } from "node:os";
import { parseArgs } from "node:util";
import { defaultWorkers, measureRate } from "../../dist/src/pow/index.js";
import { describeMachine, machineLines } from "../lib/machine.mjs";
import { endTelling, print, tell } from "../lib/output.mjs";
import { formatSummary, median, roundRatios, summary, table } from "../lib/ratios.mjs";
import {
  cryptoContestants,
  libraryContestants,
  nativeContestants,
  ownContestants,
  poolContestant,
} from "./contestants.mjs";
import { runSolves } from "./solves.mjs";

const warmUpMs = 400;

const { values: options } = parseArgs({
  options: {
    rounds: { type: "string", default: "7" },
    ms: { type: "string", default: "300" },
    solves: { type: "string", default: "0" },
    json: { type: "boolean", default: false },
  },
});
const rounds = Number(options.rounds);
const ms = Number(options.ms);

/** Rates per round of each contestant, all contestants in turn in every round. */
async function measure(contestants) {
  const rates = new Map(Object.keys(contestants).map((name) => [name, []]));
  for (const [name, run] of Object.entries(contestants)) {
    if (!name.startsWith("pool")) await run(name.startsWith("C:") ? 1 : warmUpMs);
  }
  for (let round = 1; round <= rounds; round += 1) {
    for (const [name, run] of Object.entries(contestants)) {
      tell(`round ${round} of ${rounds}: ${name}`);
      rates.get(name).push(await run(ms));
    }
  }
  endTelling();
  return rates;
}

/** The best of several in each round. */
function fastest(rates, names) {
  return Array.from({ length: rounds }, (_, round) =>
    Math.max(...names.map((name) => rates.get(name)[round])),
  );
}

const machine = describeMachine();
const workers = defaultWorkers();
const crypto = cryptoContestants();
const native = nativeContestants();
const pools = Object.fromEntries(
  [...new Set([1, 2, workers])]
    .filter((count) => count <= availableParallelism())
    .map((count) => [`pool, ${count} worker${count === 1 ? "" : "s"}`, poolContestant(count)]),
);
const { kernel } = await measureRate({ workers: 1, measuredMs: 100 });
const rates = await measure({
  ...crypto,
  ...(await libraryContestants()),
  ...(await ownContestants()),
  ...pools,
  ...native,
});

const own = rates.get(`kernel ${kernel}`);
const fallback = rates.get("kernel javascript");
const fastestCrypto = fastest(rates, Object.keys(crypto));
const ratios = [
  ["kernel / fastest node:crypto call", own, fastestCrypto],
  ["kernel / @noble/hashes", own, rates.get("@noble/hashes")],
  ["kernel / hash-wasm", own, rates.get("hash-wasm")],
  ["JavaScript fallback / fastest node:crypto call", fallback, fastestCrypto],
];
if ("pool, 2 workers" in pools) {
  ratios.push(["pool: 2 workers / 1", rates.get("pool, 2 workers"), rates.get("pool, 1 worker")]);
}
if (rates.has("C: 4 lanes, gcc -O3 -mavx")) {
  const sha = Object.keys(native).filter((name) => name.startsWith("C: SHA"));
  ratios.push(["kernel / C with 4 lanes", own, rates.get("C: 4 lanes, gcc -O3 -mavx")]);
  if (sha.length > 0) ratios.push(["kernel / C with SHA instructions", own, fastest(rates, sha)]);
}

const solveCount = Number(options.solves);
const poolRate =
  median(rates.get(`pool, ${workers} worker${workers === 1 ? "" : "s"}`) ?? [Number.NaN]) * 1e6;
const solves = solveCount > 0 ? await runSolves(solveCount, workers, poolRate) : undefined;
endTelling();

const report = {
  machine,
  rounds,
  millisecondsPerRound: ms,
  kernel,
  millionHashesPerSecond: Object.fromEntries(
    [...rates].map(([name, perRound]) => [name, summary(perRound)]),
  ),
  ratios: Object.fromEntries(ratios.map(([name, left, right]) => [name, roundRatios(left, right)])),
  ...(solves === undefined ? {} : { solves }),
};

function rateRows() {
  return Object.entries(report.millionHashesPerSecond).map(([name, rate]) => [
    name,
    formatSummary(rate),
    `${(2 ** 24 / 1e6 / rate.median).toFixed(2)} s`,
  ]);
}

function solveLines() {
  if (solves === undefined) return [];
  const deviation = (solves.meanSeconds / solves.meanExpectedSeconds - 1) * 100;
  const seconds = [solves.meanSeconds, solves.p50Seconds, solves.p90Seconds, solves.maxSeconds];
  return [
    "",
    `${solves.count} solves of ${solves.difficultyBits} bits, ${solves.workers} workers (${solves.kernel})`,
    ...table([
      ["mean", "p50", "p90", "max", "2^24 / rate meanwhile", "2^24 / rate before"],
      [...seconds, solves.meanExpectedSeconds, solves.meanAtMeasuredRateSeconds].map(
        (value) => `${value.toFixed(2)} s`,
      ),
    ]),
    `mean ${deviation.toFixed(1)} % from the expectation; three sigma are ${(solves.threeSigma * 100).toFixed(0)} %`,
  ];
}

const lines = [
  ...machineLines(machine),
  "",
  `million nonces/s, ${rounds} rounds of ${ms} ms in turns; chosen kernel: ${kernel}`,
  ...table([["", "[min median max]", "2^24 takes"], ...rateRows()]),
  "",
  "ratios within each round",
  ...table([
    ["", "[min median max]"],
    ...Object.entries(report.ratios).map(([name, ratio]) => [name, formatSummary(ratio)]),
  ]),
  ...solveLines(),
];
print(report, lines, options.json);
