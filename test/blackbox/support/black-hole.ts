import { spawn } from "node:child_process";
import { connect } from "node:net";
import type { Socket } from "node:net";
import { within } from "./patience.ts";
import type { Scope } from "./patience.ts";

/** Listens with the shortest backlog there is and says where. */
const listenerSource = `
  require("node:net").createServer().listen({ port: 0, host: "127.0.0.1", backlog: 1 }, function () {
    console.log(this.address().port);
  });
`;

/**
 * An address on loopback at which dials hang, wherever the tests run: its process is stopped and its
 * backlog is full, so that the kernel answers no further SYN.
 */
export async function blackHole(scope: Scope): Promise<string> {
  const child = spawn(process.execPath, ["-e", listenerSource], {
    stdio: ["ignore", "pipe", "ignore"],
  });
  const fillers: Socket[] = [];
  scope.after(() => {
    child.kill("SIGKILL");
    for (const filler of fillers) {
      filler.destroy();
    }
  });
  const port = await within(
    new Promise<number>((resolve) => {
      child.stdout.once("data", (line: Buffer) => {
        resolve(Number(line.toString()));
      });
    }),
    "a listener",
  );
  child.kill("SIGSTOP");
  // Linux takes one more than the backlog; these are more than enough to fill it.
  for (let count = 0; count < 8; count += 1) {
    const filler = connect(port, "127.0.0.1");
    filler.on("error", () => undefined);
    fillers.push(filler);
  }
  await within(
    new Promise<void>((resolve) => {
      fillers[0]?.once("connect", resolve);
    }),
    "the backlog to fill",
  );
  return `127.0.0.1:${port}`;
}
