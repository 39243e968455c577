// What ten honest links lose, and what the node pays, while one hostile peer or module of each kind does
// its worst. docs: bench/README.md.
import { spawn } from "node:child_process";
import { once } from "node:events";
import { setPriority } from "node:os";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { connectTo, Daemon } from "../lib/daemon.mjs";
import { notifyFrame, readFrames, type, validationFrame } from "../lib/frames.mjs";
import { describeMachine, machineLines } from "../lib/machine.mjs";
import { endTelling, print, tell } from "../lib/output.mjs";
import { openLink, peerAnnounceFrame } from "../lib/peer.mjs";
import { peakRssMiB, sleep } from "../lib/process.mjs";
import { quantile, table } from "../lib/ratios.mjs";

const { values: options } = parseArgs({
  options: {
    quick: { type: "boolean", default: false },
    json: { type: "boolean", default: false },
    kinds: { type: "string" },
  },
});
const program = fileURLToPath(new URL("hostile.mjs", import.meta.url));
const dataType = 1337;
const receivers = 9;
const rate = 1_000;
const dataBytes = 2_048;
const seconds = options.quick ? 3 : 8;
/** What is on its way at the end may still arrive. */
const afterMs = 1_000;
/** Every bound as it comes; no address is exempt from those that count per host. */
const settings = { pow_difficulty: 0, extensions: "no", local_ranges: "" };

const threats = {
  floodNew: "T5",
  floodSame: "T5",
  silentModule: "T11",
  deafPeer: "T12",
  deafModule: "T12",
  betterCopies: "T13",
  sameContent: "T22",
  malformed: "T23",
  connections: "T25",
  loudModule: "T30",
  lyingModule: "T30",
};

/** One sender at a steady rate, receivers that take the time, a module that accepts. */
class Honest {
  static async join(daemon) {
    const module = await connectTo(daemon.api);
    const link = (n) => openLink(daemon.p2p, `127.0.${n}.1`);
    const links = await Promise.all(Array.from({ length: receivers + 1 }, (_, n) => link(n + 1)));
    return new Honest(module, links);
  }

  constructor(module, [sender, ...others]) {
    this.sender = sender;
    this.sockets = [module, sender, ...others];
    this.delays = [];
    this.sent = 0;
    sender.resume();
    readFrames(module, (frame) => module.write(validationFrame(frame.readUInt16BE(4), true)));
    module.write(notifyFrame(dataType));
    for (const receiver of others) readFrames(receiver, (frame) => this.#onFrame(frame));
  }

  /** A hostile item has another first byte. */
  #onFrame(frame) {
    if (frame.readUInt16BE(2) !== type.peerAnnounce || frame[12] !== 0xaa) return;
    this.delays.push(performance.now() - frame.readDoubleBE(20));
  }

  async send() {
    const begin = performance.now();
    for (let elapsed = 0; elapsed < seconds * 1000; elapsed = performance.now() - begin) {
      for (; this.sent < (elapsed / 1000) * rate; this.sent++) {
        const data = Buffer.alloc(dataBytes, 0xaa);
        data.writeUInt32BE(this.sent, 1);
        data.writeDoubleBE(performance.now(), 8);
        this.sender.write(peerAnnounceFrame(dataType, this.sent & 0xffff, 0, data));
      }
      await sleep(2);
    }
    await sleep(afterMs);
  }

  leave() {
    for (const socket of this.sockets) socket.destroy();
  }
}

async function measure(kind) {
  const daemon = await Daemon.start(settings);
  const honest = await Honest.join(daemon);
  await sleep(300);
  const hostile =
    kind === undefined
      ? undefined
      : spawn(process.execPath, [program, kind, daemon.p2p, daemon.api, String(dataType)], {
          stdio: ["ignore", "ignore", "inherit"],
        });
  // The attacker has a machine of its own in the world; here it must not starve the victim of ours.
  if (hostile !== undefined) setPriority(hostile.pid, 10);
  await honest.send();
  const { eventLoopDelay, stores } = await daemon.status();
  const result = {
    goodput: honest.delays.length / (honest.sent * receivers),
    p50Ms: quantile(honest.delays, 0.5),
    p99Ms: quantile(honest.delays, 0.99),
    loopP99Ms: eventLoopDelay.p99Ms,
    loopMaxMs: eventLoopDelay.maxMs,
    peakMiB: peakRssMiB(daemon.child.pid),
    storesOverBound: stores.filter(
      ({ entries, entriesMax, bytes, bytesMax }) =>
        entries > entriesMax || (bytesMax > 0 && bytes > bytesMax),
    ).length,
  };
  if (hostile !== undefined) {
    const ended = once(hostile, "exit");
    hostile.kill("SIGKILL");
    await ended;
  }
  honest.leave();
  await daemon.stop();
  return result;
}

const kinds = options.kinds?.split(",") ?? Object.keys(threats);
const machine = describeMachine();
tell("nobody hostile");
const baseline = await measure(undefined);
const rows = [];
for (const kind of kinds) {
  tell(`${threats[kind]} ${kind}`);
  rows.push({ kind, threat: threats[kind], ...(await measure(kind)) });
}
endTelling();

const text = [{ kind: "nobody hostile", threat: "", ...baseline }, ...rows].map((row) => [
  row.kind,
  row.threat,
  `${((row.goodput / baseline.goodput - 1) * 100).toFixed(1)} %`,
  row.p50Ms.toFixed(1),
  row.p99Ms.toFixed(1),
  row.loopP99Ms.toFixed(1),
  row.loopMaxMs.toFixed(1),
  row.peakMiB.toFixed(0),
  String(row.storesOverBound),
]);
print(
  { machine, settings, rate, dataBytes, seconds, baseline, rows },
  [
    ...machineLines(machine),
    "",
    `${rate} honest items of ${dataBytes} B a second to ${receivers} links; targets: -5 %, loop 50 ms, 96 MiB`,
    ...table([
      ["", "", "goodput", "p50 ms", "p99 ms", "loop p99", "loop max", "peak MiB", "stores over"],
      ...text,
    ]),
  ],
  options.json,
);
