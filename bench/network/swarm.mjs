import { fork } from "node:child_process";
import { once } from "node:events";
import { createServer } from "node:net";
import { fileURLToPath } from "node:url";

const program = fileURLToPath(new URL("node.mjs", import.meta.url));
const node24 = fileURLToPath(new URL("../node_modules/.bin/node", import.meta.url));
const READY_MS = 120_000;

/** Below those that the system gives to connections of its own, which would take them meanwhile. */
const FIRST_PORT = 20_000;
let nextPort = FIRST_PORT + Math.floor(Math.random() * 8_000);

async function freePorts(count) {
  const ports = [];
  for (; ports.length < count; nextPort++) {
    const server = createServer();
    const isFree = await new Promise((resolve) => {
      server.on("error", () => resolve(false)).listen(nextPort, "127.0.0.1", () => resolve(true));
    });
    if (!isFree) continue;
    await new Promise((closed) => server.close(closed));
    ports.push(nextPort);
  }
  return ports;
}

class Node {
  #child;
  #waiting = new Map();
  #lastId = 0;

  constructor(options) {
    const began = performance.now();
    this.#child = fork(program, [JSON.stringify(options)], {
      execPath: node24,
      serialization: "advanced",
    });
    this.ready = new Promise((resolve, reject) => {
      const timer = setTimeout(
        () => reject(new Error(`${options.stack}: a node has not all of its links`)),
        READY_MS,
      );
      this.#child.on("exit", (code) => reject(new Error(`a node ended with ${code}`)));
      this.#child.on("message", ({ kind, id, ...answer }) => {
        if (kind === "ready") {
          clearTimeout(timer);
          resolve(performance.now() - began);
        } else {
          this.#waiting.get(id)(answer);
          this.#waiting.delete(id);
        }
      });
    });
  }

  ask(kind, order = {}) {
    const id = ++this.#lastId;
    this.#child.send({ id, kind, ...order });
    return new Promise((resolve) => this.#waiting.set(id, resolve));
  }

  async stop() {
    const ended = once(this.#child, "exit");
    await this.ask("stop");
    await ended;
  }

  kill() {
    this.#child.kill("SIGKILL");
  }
}

/** Nodes in processes of their own; each dials the next `dialled` in a ring: degree 2 x `dialled`. Of two, one dials. */
export class Swarm {
  static async start(stack, { size, dialled, ...options }) {
    const ports = await freePorts(size);
    const nodes = ports.map((port, index) => {
      const dials = Array.from({ length: dialled }, (_, n) => index + n + 1)
        .filter((other) => other < size || size > 2)
        .map((other) => ports[other % size]);
      const linksWanted = Math.min(2 * dialled, size - 1);
      return new Node({ ...stack, ...options, index, port, dials, linksWanted });
    });
    try {
      return new Swarm(nodes, await Promise.all(nodes.map(({ ready }) => ready)));
    } catch (error) {
      for (const node of nodes) node.kill();
      throw error;
    }
  }

  constructor(nodes, readyMs) {
    this.nodes = nodes;
    this.readyMs = readyMs;
  }

  all(kind) {
    return Promise.all(this.nodes.map((node) => node.ask(kind)));
  }

  /**
   * Publishes at `rate` in all, by one node or by all. Everything is there when every other node has
   * every item within half a second after the end.
   */
  async publish({ rate, seconds, dataBytes, publishers }) {
    const before = await this.all("begin");
    const senders = publishers === "one" ? this.nodes.slice(0, 1) : this.nodes;
    const order = { rate: rate / senders.length, seconds, dataBytes };
    const sent = await Promise.all(senders.map((node) => node.ask("publish", order)));
    const published = sent.reduce((sum, each) => sum + each.published, 0);
    const expected = published * (this.nodes.length - 1);
    const arrived = async () => {
      const counts = await this.all("count");
      return counts.reduce((sum, { received }) => sum + received, 0);
    };
    const patienceEnds = performance.now() + 500;
    while ((await arrived()) < expected && performance.now() < patienceEnds) {
      await new Promise((go) => setTimeout(go, 20));
    }
    const figures = await this.all("figures");
    const delivered = figures.reduce((sum, { received }) => sum + received, 0);
    const cpuSeconds = figures.reduce(
      (sum, each, at) => sum + each.cpuSeconds - before[at].cpuSeconds,
      0,
    );
    return {
      rate,
      published,
      delivered,
      expected,
      isSustained: published >= 0.95 * rate * seconds && delivered === expected,
      cpuPerMillion: (cpuSeconds / delivered) * 1e6,
      delays: figures.flatMap(({ delays }) => delays),
      lost: figures.map(({ lost }) => lost),
    };
  }

  async stop() {
    await Promise.all(this.nodes.map((node) => node.stop()));
  }
}
