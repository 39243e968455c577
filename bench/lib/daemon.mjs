import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { request } from "node:http";
import { connect } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";

const program = fileURLToPath(new URL("../../dist/src/cli/main.js", import.meta.url));

/** The built daemon as a process of its own, on free ports of this machine. */
export class Daemon {
  /**
   * @param settings keys of `[gossip]` beside addresses and files.
   * @param options.dataFiles texts that lie in `data_dir` already, by name.
   */
  static async start(settings, { dataFiles = {} } = {}) {
    const folder = mkdtempSync(join(tmpdir(), "vg-bench-"));
    mkdirSync(join(folder, "data"), { mode: 0o700 });
    for (const [name, text] of Object.entries(dataFiles)) {
      writeFileSync(join(folder, "data", name), text);
    }
    const file = join(folder, "voidgossip.ini");
    const keys = {
      p2p_address: "127.0.0.1:0",
      api_address: "127.0.0.1:0",
      data_dir: join(folder, "data"),
      log_format: "json",
      log_level: "warn",
      ...settings,
    };
    const lines = Object.entries(keys).map(([key, value]) => `${key} = ${value}`);
    // `listening` is an info line, and the only one this needs.
    writeFileSync(file, ["[gossip]", ...lines].join("\n").replace("= warn", "= info"));
    const child = spawn(process.execPath, [program, "run", "-c", file], {
      stdio: ["ignore", "pipe", "inherit"],
    });
    const log = createInterface({ input: child.stdout });
    for await (const line of log) {
      const { event, api, p2p } = JSON.parse(line);
      if (event === "listening") return new Daemon(child, folder, api, p2p);
    }
    throw new Error("the daemon ended before it listened");
  }

  constructor(child, folder, api, p2p) {
    this.child = child;
    this.folder = folder;
    this.api = api;
    this.p2p = p2p;
    child.stdout.resume();
  }

  async status() {
    const socketPath = join(this.folder, "data", "control.sock");
    const [answer] = await once(request({ socketPath, path: "/status" }).end(), "response");
    let text = "";
    for await (const chunk of answer.setEncoding("utf8")) text += chunk;
    return JSON.parse(text);
  }

  async stop() {
    const ended = once(this.child, "exit");
    this.child.kill("SIGTERM");
    await ended;
    rmSync(this.folder, { recursive: true, force: true });
  }
}

export async function connectTo(address) {
  const [host, port] = address.split(":");
  const socket = connect(Number(port), host);
  socket.setNoDelay(true);
  await once(socket, "connect");
  return socket;
}
