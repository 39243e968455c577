import { spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import { Daemon } from "../lib/daemon.mjs";

const bareProgram = fileURLToPath(new URL("bare.mjs", import.meta.url));
const loadSource = fileURLToPath(new URL("load.c", import.meta.url));

/** What any daemon needs here: no puzzle, no dialling, and room for 30 receivers and one sender. */
const needed = { pow_difficulty: 0, extensions: "no", journal_items: 0, degree: 30 };
/** A sender at full speed is no attack in these runs: the budgets of one link are off. */
export const unbudgeted = { ...needed, peer_frames_per_second: 0, peer_bytes_per_second: 0 };

export async function startDaemon(settings) {
  const daemon = await Daemon.start(settings);
  const port = (address) => Number(address.split(":")[1]);
  return {
    pid: daemon.child.pid,
    p2p: port(daemon.p2p),
    api: port(daemon.api),
    status: () => daemon.status(),
    counters: async () => (await daemon.status()).counters,
    stop: () => daemon.stop(),
  };
}

/** The bare relay of this folder, as a process. @param mode what it does, see there. */
export async function startBare(mode) {
  const child = spawn(process.execPath, [bareProgram, mode], {
    stdio: ["ignore", "pipe", "inherit"],
  });
  const [line] = await once(createInterface({ input: child.stdout }), "line");
  const stop = async () => {
    const ended = once(child, "exit");
    child.kill("SIGTERM");
    await ended;
  };
  return { pid: child.pid, ...JSON.parse(line), counters: async () => ({}), stop };
}

/** Name, whether a module takes part, and how it starts. */
export const contestants = {
  daemon: { hasModule: true, start: () => startDaemon(unbudgeted) },
  defaults: { hasModule: true, start: () => startDaemon(needed) },
  bareWhole: { hasModule: true, start: () => startBare("whole") },
  bareForward: { hasModule: false, start: () => startBare("forward") },
  perMessage: { hasModule: false, start: () => startBare("per-message") },
};

/** Compiles the load generator. @returns the path of the program. */
export function buildLoad() {
  const program = join(mkdtempSync(join(tmpdir(), "vg-load-")), "load");
  const { status, stderr } = spawnSync("gcc", ["-O2", "-o", program, loadSource], {
    encoding: "utf8",
  });
  if (status !== 0) throw new Error(`the load generator needs gcc: ${stderr ?? "not found"}`);
  return program;
}

const triesMax = 3;

/**
 * One contestant in a process of its own under full load. Rates are items in per second. A machine so
 * busy that the load generator does not run for a quarter of a second makes the daemon give up waiting
 * for it, as the protocol demands; such a run says nothing and is done again.
 */
export async function runOnce(load, name, work) {
  for (let left = triesMax; ; left--) {
    try {
      return await tryOnce(load, name, work);
    } catch (error) {
      if (left === 1) throw error;
      process.stderr.write(`once more: ${error.message.slice(0, 200)}\n`);
    }
  }
}

async function tryOnce(load, name, { links, dataBytes, warmupMs, measuredMs }) {
  const { hasModule, start } = contestants[name];
  const relay = await start();
  try {
    const places = ["127.0.0.1", relay.p2p, relay.api, relay.pid];
    const work = [links, dataBytes, warmupMs, measuredMs, hasModule ? 1 : 0, 0];
    const child = spawn(load, [...places, ...work].map(String), {
      stdio: ["ignore", "pipe", "inherit"],
    });
    let text = "";
    child.stdout.setEncoding("utf8").on("data", (piece) => (text += piece));
    const [code] = await once(child, "close");
    if (code !== 0) throw new Error(`${name}: the load generator ended with ${code}`);
    const result = JSON.parse(text);
    if (!result.isComplete) {
      const counters = JSON.stringify(await relay.counters());
      throw new Error(`${name}: not everything arrived: ${text.trim()} ${counters}`);
    }
    const { items, seconds, loadCpu, relayCpu } = result;
    return { rate: items / seconds, loadShare: loadCpu / seconds, relayShare: relayCpu / seconds };
  } finally {
    await relay.stop();
  }
}
