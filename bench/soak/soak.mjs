// Ten daemons for minutes or days: modules and nodes come and go, links are slowed down, cut and lied to,
// and all the time every store is held against its bound and every item must reach whoever stays. Ends
// with the trend of each heap. docs: docs/operations.md.
import { parseArgs } from "node:util";
import { connectTo, Daemon } from "../lib/daemon.mjs";
import { announceFrame, notifyFrame, readFrames, validationFrame } from "../lib/frames.mjs";
import { describeMachine, machineLines } from "../lib/machine.mjs";
import { endTelling, print, tell } from "../lib/output.mjs";
import { openLink, peerAnnounceFrame } from "../lib/peer.mjs";
import { sleep } from "../lib/process.mjs";
import { table } from "../lib/ratios.mjs";
import { isAbove, trend } from "../lib/trend.mjs";

const { values: options } = parseArgs({
  options: {
    minutes: { type: "string", default: "5" },
    seed: { type: "string", default: String(Date.now() % 2 ** 31) },
    json: { type: "boolean", default: false },
  },
});
const minutes = Number(options.minutes);
if (!(minutes > 0)) {
  process.stderr.write(`--minutes ${options.minutes}: a number above 0\n`);
  process.exit(2);
}
const size = 10;
/** The first ones stay all the time; the others are stopped and started. */
const staying = 4;
const dataType = 1337;
const sampleMs = 1_000;
const faultMs = 700;
/** While nothing but one hears: what an overlay may need to find its way around what is gone. */
const patienceMs = 60_000;
/**
 * A heap that has grown by more than this, beyond doubt, leaks. Less is what the collector has not looked
 * at yet, in MiB; the longer the run, the smaller a leak that shows.
 */
const growthMax = 16;

/** mulberry32: the same faults for the same seed. */
let state = Number(options.seed) | 0;
function draw(bound) {
  state = (state + 0x6d2b79f5) | 0;
  let mixed = Math.imul(state ^ (state >>> 15), state | 1);
  mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
  return ((mixed ^ (mixed >>> 14)) >>> 0) % bound;
}

const findings = [];
const begin = performance.now();
const elapsedMs = () => performance.now() - begin;
const find = (text) => findings.push(`${(elapsedMs() / 1000).toFixed(0)} s: ${text}`);

class Node {
  samples = [];
  heard = new Set();
  daemon;

  constructor(index) {
    this.index = index;
  }

  get isUp() {
    return this.daemon !== undefined;
  }

  async start(bootstrapper) {
    const daemon = await Daemon.start({
      pow_difficulty: 0,
      min_connections: 3,
      ...(bootstrapper === undefined ? {} : { bootstrapper }),
    });
    daemon.child.on("exit", (code) => {
      if (code !== 0) find(`node ${this.index} ended with ${code}`);
    });
    this.module = await connectTo(daemon.api);
    this.module.on("error", () => {});
    readFrames(this.module, (frame) => {
      this.module.write(validationFrame(frame.readUInt16BE(4), true));
      this.heard.add(frame.toString("latin1", 8, 24));
    });
    this.module.write(notifyFrame(dataType));
    this.daemon = daemon;
  }

  async stop() {
    const { daemon } = this;
    this.daemon = undefined;
    this.module.destroy();
    await daemon.stop();
  }

  announce(mark) {
    this.module.write(announceFrame(dataType, 0, Buffer.from(mark.padEnd(200, "."), "latin1")));
  }

  async sample() {
    const { daemon } = this;
    if (daemon === undefined) return;
    const { stores, memory } = await daemon.status();
    for (const { name, entries, entriesMax, bytes, bytesMax } of stores) {
      if (entries > entriesMax || (bytesMax > 0 && bytes > bytesMax)) {
        find(`node ${this.index}: ${name} holds ${entries} of ${entriesMax}, ${bytes} bytes`);
      }
    }
    this.samples.push([elapsedMs() / 3_600_000, memory.heapUsedBytes / 2 ** 20]);
  }
}

const nodes = Array.from({ length: size }, (_, index) => new Node(index));
const anyUp = () => {
  const up = nodes.filter(({ isUp }) => isUp);
  return up[draw(up.length)];
};
const random = (bytes) => Buffer.from(Array.from({ length: bytes }, () => draw(256)));
let lastMark = 0;
const counts = {};

/** What may happen to a network; each is over before the next begins. */
const faults = {
  nodeLeaves: async () => {
    const node = nodes[staying + draw(size - staying)];
    if (node.isUp) await node.stop();
  },
  nodeComes: async () => {
    const node = nodes[staying + draw(size - staying)];
    if (!node.isUp) await node.start(nodes[draw(staying)].daemon.p2p);
  },
  moduleComesAndGoes: async () => {
    const module = await connectTo(anyUp().daemon.api);
    module.on("error", () => {}).resume();
    module.write(notifyFrame(dataType + draw(3)));
    await sleep(draw(300));
    module.resetAndDestroy();
  },
  silentModule: async () => {
    const module = await connectTo(anyUp().daemon.api);
    module.on("error", () => {}).pause();
    module.write(notifyFrame(dataType + 1));
    setTimeout(() => module.destroy(), 10_000).unref();
  },
  burst: async () => {
    const { module } = anyUp();
    for (let n = 0; n < 500; n++) module.write(announceFrame(dataType, 0, random(16 + draw(500))));
  },
  strangerTalks: async () => {
    const link = await openLink(anyUp().daemon.p2p).catch(() => undefined);
    if (link === undefined) return;
    for (let n = 0; n < 200; n++) {
      link.write(peerAnnounceFrame(dataType + draw(2), draw(65_536), draw(4), random(draw(300))));
    }
    await sleep(draw(200));
    link.resetAndDestroy();
  },
  strangerLies: async () => {
    const socket = await connectTo(draw(2) === 0 ? anyUp().daemon.p2p : anyUp().daemon.api);
    socket.on("error", () => {}).resume();
    socket.write(random(1 + draw(2_000)));
    await sleep(draw(100));
    socket.destroy();
  },
  deafPeer: async () => {
    const link = await openLink(anyUp().daemon.p2p).catch(() => undefined);
    link?.pause();
    setTimeout(() => link?.destroy(), 20_000).unref();
  },
};

/** An item from a node that stays has to reach all that stay. */
async function checkDelivery() {
  const mark = String(++lastMark).padStart(16, "0");
  const origin = draw(staying);
  const others = nodes.slice(0, staying).filter(({ index }) => index !== origin);
  const ends = elapsedMs() + patienceMs;
  nodes[origin].announce(mark);
  while (others.some(({ heard }) => !heard.has(mark)) && elapsedMs() < ends) await sleep(50);
  const missing = others.filter(({ heard }) => !heard.has(mark)).map(({ index }) => index);
  if (missing.length > 0)
    find(`item ${mark} of node ${origin} never reached ${missing.join(", ")}`);
  for (const node of nodes) node.heard.clear();
}

async function repeat(everyMs, act) {
  while (elapsedMs() < minutes * 60_000) {
    await act();
    await sleep(everyMs);
  }
}

const machine = describeMachine();
await nodes[0].start();
for (const node of nodes.slice(1)) await node.start(nodes[0].daemon.p2p);
await Promise.all([
  repeat(faultMs, async () => {
    const names = Object.keys(faults);
    const name = names[draw(names.length)];
    counts[name] = (counts[name] ?? 0) + 1;
    await faults[name]();
    const text = `${(elapsedMs() / 60_000).toFixed(1)} of ${minutes} minutes, ${findings.length} findings`;
    tell(text);
  }),
  repeat(1_000, checkDelivery),
  repeat(sampleMs, async () => {
    for (const node of nodes) await node.sample().catch(() => undefined);
  }),
]);
endTelling();

/** The first third is warming up: code is compiled, tables find their size. */
const heaps = nodes.slice(0, staying).map(({ index, samples }) => {
  const settled = samples.slice(Math.floor(samples.length / 3));
  const line = settled.length > 2 ? trend(settled) : { slope: 0, error: 0 };
  const hours = settled.length > 2 ? settled.at(-1)[0] - settled[0][0] : 0;
  if (isAbove(line, growthMax / hours)) find(`the heap of node ${index} grows`);
  return { index, samples: settled.length, ...line };
});
for (const node of nodes.filter(({ isUp }) => isUp)) await node.stop();

print(
  {
    machine,
    minutes,
    seed: Number(options.seed),
    faults: counts,
    deliveries: lastMark,
    heaps,
    findings,
  },
  [
    ...machineLines(machine),
    "",
    `${minutes} minutes, seed ${options.seed}, ${lastMark} items from end to end`,
    ...table([["fault", "times"], ...Object.entries(counts).map((row) => row.map(String))]),
    "",
    ...table([
      ["node that stayed", "samples", "heap, MiB an hour", "standard error"],
      ...heaps.map(({ index, samples, slope, error }) => [
        String(index),
        String(samples),
        slope.toFixed(1),
        error.toFixed(1),
      ]),
    ]),
    "",
    ...(findings.length === 0 ? ["no findings"] : findings),
  ],
  options.json,
);
process.exitCode = findings.length === 0 ? 0 : 1;
