// Ten nodes in processes of their own, each linked to four others: ours beside js-libp2p's gossipsub, as
// it comes and without encryption and signatures, and the least a Node program can do for the same.
// docs: bench/README.md.
import { parseArgs } from "node:util";
import { describeMachine, machineLines } from "../lib/machine.mjs";
import { endTelling, print, tell } from "../lib/output.mjs";
import { median, quantile, table } from "../lib/ratios.mjs";
import { Swarm } from "./swarm.mjs";

const { values: options } = parseArgs({
  options: {
    quick: { type: "boolean", default: false },
    json: { type: "boolean", default: false },
    stacks: { type: "string", default: "voidgossip,bare,gossipsub,gossipsubPlain" },
  },
});
const stacks = {
  voidgossip: { stack: "voidgossip", difficultyBits: 0 },
  bare: { stack: "bare" },
  gossipsub: { stack: "gossipsub", isPlain: false },
  gossipsubPlain: { stack: "gossipsub", isPlain: true },
};
const shape = { size: 10, dialled: 2 };
const seconds = options.quick ? 1 : 2;
const sizes = [64, 1_024];
const shapes = ["one", "all"];
/** Rates tried, each about a half more than the last: a rate is what the last passed step was. */
const steps = [50, 100, 150, 200, 300, 500, 750, 1_000, 1_500, 2_000, 3_000, 5_000, 7_500, 10_000];
steps.push(15_000, 20_000, 30_000, 40_000, 50_000, 75_000, 100_000, 150_000, 200_000);
/** Where to begin: one of ours below this would be a finding, and the search goes down then. */
const firstStep = { voidgossip: 3_000, bare: 10_000, gossipsub: 50, gossipsubPlain: 300 };

/** Tried again when it is not sustained: half a second in which the machine did something else is no limit. */
async function tryRate(swarm, order) {
  const first = await swarm.publish(order);
  if (first.isSustained) return first;
  await settle(swarm);
  const second = await swarm.publish(order);
  if (!second.isSustained) await settle(swarm);
  return second;
}

/** Up to the first rate that is not sustained; down from the start if that is not. */
async function highestRate(swarm, name, order) {
  let at = steps.indexOf(firstStep[name]);
  let best;
  for (;;) {
    tell(`${name}: ${order.dataBytes} bytes, ${order.publishers} publishing, ${steps[at]} items/s`);
    const run = await tryRate(swarm, { ...order, seconds, rate: steps[at] });
    if (run.isSustained) best = run;
    const wentDown = at < steps.indexOf(firstStep[name]);
    if (run.isSustained ? wentDown : best !== undefined) return best;
    at += run.isSustained ? 1 : -1;
    if (steps[at] === undefined) return best;
  }
}

/** Waits until what an overload left behind has arrived. */
async function settle(swarm) {
  let before = -1;
  for (let now = 0; now !== before; await new Promise((go) => setTimeout(go, 300))) {
    before = now;
    now = (await swarm.all("count")).reduce((sum, { received }) => sum + received, 0);
  }
}

async function measure(name) {
  tell(`${name}: starting`);
  const swarm = await Swarm.start(stacks[name], shape);
  const memory = async () => median((await swarm.all("memory")).map(({ rssMiB }) => rssMiB));
  try {
    await new Promise((go) => setTimeout(go, 1_000));
    const idleRssMiB = await memory();
    // An engine compiles what is hot, piece by piece, which is not what is measured: in the first seconds its
    // compiler takes a third of the processor time.
    const rate = Math.max(200, firstStep[name]);
    await swarm.publish({ rate, seconds: 5 * seconds, dataBytes: 64, publishers: "all" });
    await settle(swarm);
    const cells = [];
    for (const dataBytes of sizes) {
      tell(`${name}: delay at 200 items/s, ${dataBytes} bytes`);
      const steady = { rate: 200, seconds: seconds + 1, dataBytes, publishers: "one" };
      const { delays, isSustained } = await swarm.publish(steady);
      await settle(swarm);
      const delay = {
        isSustained,
        p50Ms: quantile(delays, 0.5),
        p99Ms: quantile(delays, 0.99),
      };
      const rates = {};
      for (const publishers of shapes) {
        const best = await highestRate(swarm, name, { dataBytes, publishers });
        rates[publishers] = { rate: best?.rate ?? 0, cpuPerMillion: best?.cpuPerMillion ?? 0 };
      }
      cells.push({ dataBytes, delay, rates });
    }
    const loadedRssMiB = await memory();
    return { name, readyMs: median(swarm.readyMs), idleRssMiB, loadedRssMiB, cells };
  } finally {
    await swarm.stop();
  }
}

/** One node dials one other: from the start of its process to the established link. */
async function readyMs(name, extra) {
  const all = [];
  for (let round = 0; round < (options.quick ? 1 : 5); round++) {
    tell(`${name}: start to ready, round ${round + 1}`);
    const swarm = await Swarm.start({ ...stacks[name], ...extra }, { size: 2, dialled: 1 });
    all.push(Math.max(...swarm.readyMs));
    await swarm.stop();
  }
  return median(all);
}

const names = options.stacks.split(",");
const machine = describeMachine();
const results = [];
for (const name of names) results.push(await measure(name));
const starts = [];
for (const name of names) starts.push({ name, readyMs: await readyMs(name, {}) });
if (names.includes("voidgossip")) {
  const puzzled = await readyMs("voidgossip", { difficultyBits: 24 });
  starts.push({ name: "voidgossip, 24 bits", readyMs: puzzled });
}
endTelling();

const ours = results.find(({ name }) => name === "voidgossip");
function ratiosTo(rival) {
  return rival.cells.map((theirs, at) => {
    const own = ours.cells[at];
    return {
      dataBytes: theirs.dataBytes,
      rateOne: own.rates.one.rate / theirs.rates.one.rate,
      rateAll: own.rates.all.rate / theirs.rates.all.rate,
      p50: own.delay.p50Ms / theirs.delay.p50Ms,
      cpuPerMillion: own.rates.one.cpuPerMillion / theirs.rates.one.cpuPerMillion,
    };
  });
}
const ratios = ours
  ? results
      .filter((each) => each !== ours)
      .map((rival) => ({ to: rival.name, cells: ratiosTo(rival) }))
  : [];

const number = (value, digits = 2) => value.toFixed(digits);
const rateRows = results.flatMap(({ name, cells }) =>
  cells.map(({ dataBytes, delay, rates }) => [
    name,
    `${dataBytes} B`,
    String(rates.one.rate),
    String(rates.all.rate),
    number(rates.one.cpuPerMillion, 1),
    delay.isSustained ? number(delay.p50Ms) : `(${number(delay.p50Ms)})`,
    delay.isSustained ? number(delay.p99Ms) : `(${number(delay.p99Ms)})`,
  ]),
);
print(
  { machine, seconds, shape, steps, results, starts, ratios },
  [
    ...machineLines(machine),
    "",
    "highest rate (items/s) with everything delivered; (delays) of a stack that 200 items/s overload",
    ...table([
      ["", "", "one publishes", "all publish", "cpu s/M deliveries", "p50 ms", "p99 ms"],
      ...rateRows,
    ]),
    "",
    ...table([
      ["", "10 start: ready ms", "idle MiB", "after load MiB"],
      ...results.map(({ name, readyMs: ms, idleRssMiB, loadedRssMiB }) => [
        name,
        number(ms, 0),
        number(idleRssMiB, 0),
        number(loadedRssMiB, 0),
      ]),
    ]),
    "",
    ...table([
      ["", "2 start: ready ms"],
      ...starts.map(({ name, readyMs: ms }) => [name, number(ms, 0)]),
    ]),
    "",
    "voidgossip as a multiple of",
    ...table([
      ["", "", "rate, one", "rate, all", "p50", "cpu"],
      ...ratios.flatMap(({ to, cells }) =>
        cells.map(({ dataBytes, rateOne, rateAll, p50, cpuPerMillion }) => [
          to,
          `${dataBytes} B`,
          number(rateOne, 1),
          number(rateAll, 1),
          number(p50),
          number(cpuPerMillion, 3),
        ]),
      ),
    ]),
  ],
  options.json,
);
