// How smoothly the page of the monitor draws in Chromium: the gaps between animation frames with an idle
// node, and with one that has 64 links and gets 500 items a second from its peers.
//   node bench/page/frames.mjs [--quick] [--json]      CHROMIUM: the browser, unless /usr/bin/chromium
import { createRequire } from "node:module";
import { Daemon, connectTo } from "../lib/daemon.mjs";
import { notifyFrame, readFrames, type, validationFrame } from "../lib/frames.mjs";
import { describeMachine, machineLines } from "../lib/machine.mjs";
import { endTelling, print, tell } from "../lib/output.mjs";

const { chromium } = createRequire(import.meta.url)("playwright-core");

const LINKS = 64;
const ITEMS_PER_SECOND = 500;
const DATA_TYPE = 1337;
const VERIFY = 505;
const PEER_ANNOUNCE = 507;
const ITEM_HEADER_BYTES = 12;
/** Items of one turn leave together. */
const TURN_MS = 20;

const isQuick = process.argv.includes("--quick");
const secondsWatched = isQuick ? 5 : 20;

/** A nonce of any kind will do: the difficulty is 0. */
function verifyFrame() {
  const frame = Buffer.alloc(12);
  frame.writeUInt16BE(frame.length, 0);
  frame.writeUInt16BE(VERIFY, 2);
  return frame;
}

function itemFrame(number) {
  const data = Buffer.from(`item ${number} of the bench`);
  const frame = Buffer.alloc(ITEM_HEADER_BYTES + data.length);
  frame.writeUInt16BE(frame.length, 0);
  frame.writeUInt16BE(PEER_ANNOUNCE, 2);
  frame.writeUInt16BE(number & 0xffff, 4);
  frame.writeUInt16BE(DATA_TYPE, 6);
  data.copy(frame, ITEM_HEADER_BYTES);
  return frame;
}

/** A peer that dials, shows its proof and takes what comes. */
async function peer(address) {
  const socket = await connectTo(address);
  await new Promise((resolve) => {
    readFrames(socket, (frame) => {
      if (frame.readUInt16BE(2) === type.init) socket.write(verifyFrame());
      else resolve();
    });
  });
  return socket;
}

/** A module that accepts everything. */
async function module(address) {
  const socket = await connectTo(address);
  // The daemon resets its modules when it stops.
  socket.on("error", () => undefined);
  socket.write(notifyFrame(DATA_TYPE));
  readFrames(socket, (frame) => {
    if (frame.readUInt16BE(2) === type.notification) {
      socket.write(validationFrame(frame.readUInt16BE(4), true));
    }
  });
}

/** Returns what ends it. */
function load(peers) {
  const begin = performance.now();
  let sent = 0;
  const timer = setInterval(() => {
    const due = ((performance.now() - begin) / 1_000) * ITEMS_PER_SECOND;
    for (; sent < due; sent++) peers[sent % peers.length].write(itemFrame(sent));
  }, TURN_MS);
  return () => clearInterval(timer);
}

/** Runs in the page: gaps between animation frames, and turns of its loop that took over 50 ms. */
const WATCH = `async (seconds) => {
  const gaps = [];
  const longTasks = [];
  const observer = new PerformanceObserver((list) => {
    for (const { duration } of list.getEntries()) longTasks.push(duration);
  });
  observer.observe({ type: "longtask" });
  const begin = performance.now();
  let previous = begin;
  await new Promise((resolve) => {
    requestAnimationFrame(function look(now) {
      gaps.push(now - previous);
      previous = now;
      if (now - begin < seconds * 1000) requestAnimationFrame(look);
      else resolve();
    });
  });
  observer.disconnect();
  return { gaps: gaps.slice(1), longTasks, heapBytes: performance.memory.usedJSHeapSize };
}`;

function summaryOf({ gaps, longTasks, heapBytes }) {
  const sorted = [...gaps].sort((a, b) => a - b);
  const at = (share) => sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))];
  const seconds = gaps.reduce((sum, gap) => sum + gap, 0) / 1_000;
  return {
    framesPerSecond: gaps.length / seconds,
    gapMs: { p50: at(0.5), p95: at(0.95), p99: at(0.99), max: sorted.at(-1) },
    longTasks: longTasks.length,
    longTasksMsPerSecond: longTasks.reduce((sum, one) => sum + one, 0) / seconds,
    heapMiB: heapBytes / 1_048_576,
  };
}

const itemsReceived = async (daemon) => (await daemon.status()).counters.totals.itemsReceived;

async function watch(browser, daemon, url, name) {
  const page = await browser.newPage({ viewport: { width: 1_440, height: 900 } });
  await page.goto(url);
  await page.locator(".contact.live").waitFor();
  await page.waitForTimeout(2_000);
  tell(`${name}: ${secondsWatched} s`);
  const before = await itemsReceived(daemon);
  const seen = summaryOf(await page.evaluate(`(${WATCH})(${secondsWatched})`));
  const itemsPerSecond = ((await itemsReceived(daemon)) - before) / secondsWatched;
  await page.locator(".contact.live").waitFor();
  const links = await page.locator("svg .link").count();
  const waves = await page.locator("table.waves tbody tr").count();
  if (process.env.SHOT) await page.screenshot({ path: process.env.SHOT, fullPage: true });
  await page.close();
  return { name, links, itemsPerSecond, waves, ...seen };
}

const browser = await chromium.launch({
  executablePath: process.env.CHROMIUM ?? "/usr/bin/chromium",
  args: ["--no-sandbox", "--disable-quic", "--enable-precise-memory-info"],
});
const daemon = await Daemon.start({
  monitor_address: "127.0.0.1:0",
  pow_difficulty: 0,
  max_connections: LINKS,
});
const runs = [];
try {
  const { monitor, api, p2p } = await daemon.status();
  await module(api);
  const url = `http://${monitor}/`;
  runs.push(await watch(browser, daemon, url, "idle, no links"));
  const peers = [];
  for (let link = 0; link < LINKS; link++) peers.push(await peer(p2p));
  const end = load(peers);
  runs.push(await watch(browser, daemon, url, `${ITEMS_PER_SECOND} items/s`));
  end();
  for (const socket of peers) socket.destroy();
} finally {
  await browser.close();
  await daemon.stop();
}
endTelling();

const machine = describeMachine();
const rows = runs.map(
  ({ name, links, itemsPerSecond, framesPerSecond, gapMs, longTasks, heapMiB }) =>
    [
      name.padEnd(16),
      String(links).padStart(5),
      itemsPerSecond.toFixed(0).padStart(7),
      framesPerSecond.toFixed(1).padStart(9),
      ...Object.values(gapMs).map((ms) => ms.toFixed(1).padStart(8)),
      String(longTasks).padStart(11),
      heapMiB.toFixed(1).padStart(9),
    ].join(" "),
);
const head =
  "node             links  items/s  frames/s  p50 ms   p95 ms   p99 ms   max ms  over 50 ms  heap MiB";
print(
  { machine, secondsWatched, runs },
  [...machineLines(machine), "", head, ...rows],
  process.argv.includes("--json"),
);
process.exit();
