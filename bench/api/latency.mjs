// How long a local announcement takes to another module of the same node, at rest and while every
// solver thread works on a puzzle. One daemon each, in turn, several rounds.
import { once } from "node:events";
import { createServer } from "node:net";
import { parseArgs } from "node:util";
import { connectTo, Daemon } from "../lib/daemon.mjs";
import { announceFrame, notifyFrame, readFrames, type, validationFrame } from "../lib/frames.mjs";
import { describeMachine, machineLines } from "../lib/machine.mjs";
import { endTelling, print, tell } from "../lib/output.mjs";
import { median, quantile, table } from "../lib/ratios.mjs";

const { values: options } = parseArgs({
  options: {
    rounds: { type: "string", default: "3" },
    seconds: { type: "string", default: "8" },
    json: { type: "boolean", default: false },
  },
});
const dataType = 1337;

/** A peer that accepts, shows a challenge and waits. Three of 2^28 hashes keep the solver busy. */
async function startPuzzler(seed) {
  const server = createServer((socket) => {
    socket.on("error", () => {});
    const init = Buffer.alloc(12, seed);
    init.writeUInt16BE(12, 0);
    init.writeUInt16BE(type.init, 2);
    socket.write(init);
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  return server;
}

async function measure(mode) {
  const puzzlers = mode === "solving" ? await Promise.all([1, 2, 3].map(startPuzzler)) : [];
  const daemon = await Daemon.start({
    pow_difficulty: 28,
    bootstrapper: puzzlers.map((puzzler) => `127.0.0.1:${puzzler.address().port}`).join(", "),
  });
  if (mode === "solving") {
    while ((await daemon.status()).proof === null) await new Promise((go) => setTimeout(go, 50));
  }
  const delays = await roundTrips(daemon, Number(options.seconds));
  const { eventLoopDelay, proof } = await daemon.status();
  await daemon.stop();
  for (const puzzler of puzzlers) puzzler.close();
  // Luck may solve all three early; then the round shows nothing and is done again.
  if (mode === "solving" && proof === null) return measure(mode);
  return { delays, eventLoopDelay };
}

/** One announcement at a time; the next follows the notification of the last. In ms. */
async function roundTrips(daemon, seconds) {
  const [announcer, subscriber] = [await connectTo(daemon.api), await connectTo(daemon.api)];
  subscriber.write(notifyFrame(dataType));
  // An announcement before the subscription is in effect would reach nobody.
  const isSubscribed = ({ dataTypes }) => dataTypes.includes(dataType);
  while (!(await daemon.status()).subscribers.some(isSubscribed));
  const delays = [];
  const end = performance.now() + seconds * 1000;
  let sequence = 0;
  await new Promise((resolve) => {
    let sentAt = 0;
    const announce = () => {
      const data = Buffer.alloc(64);
      data.writeUInt32BE(sequence++, 0);
      sentAt = performance.now();
      announcer.write(announceFrame(dataType, 1, data));
    };
    readFrames(subscriber, (frame) => {
      delays.push(performance.now() - sentAt);
      subscriber.write(validationFrame(frame.readUInt16BE(4), true));
      if (performance.now() < end) setImmediate(announce);
      else resolve();
    });
    announce();
  });
  announcer.destroy();
  subscriber.destroy();
  return delays;
}

const rounds = [];
for (let round = 0; round < Number(options.rounds); round++) {
  tell(`round ${round + 1} of ${options.rounds}`);
  rounds.push({ rest: await measure("rest"), solving: await measure("solving") });
}
endTelling();

function row(mode) {
  const p = (at) => median(rounds.map((round) => quantile(round[mode].delays, at)));
  return {
    mode,
    roundTrips: rounds.reduce((sum, round) => sum + round[mode].delays.length, 0),
    p50Ms: p(0.5),
    p99Ms: p(0.99),
    p999Ms: p(0.999),
    eventLoopP99Ms: median(rounds.map((round) => round[mode].eventLoopDelay.p99Ms)),
  };
}

const machine = describeMachine();
const rows = [row("rest"), row("solving")];
const text = [
  ["", "round trips", "p50 ms", "p99 ms", "p99.9 ms", "event-loop delay p99 ms"],
  ...rows.map(({ mode, roundTrips: count, ...figures }) => [
    mode,
    String(count),
    ...Object.values(figures).map((figure) => figure.toFixed(2)),
  ]),
];
print(
  { machine, seconds: Number(options.seconds), rounds: rounds.length, rows },
  [...machineLines(machine), "", ...table(text)],
  options.json,
);
