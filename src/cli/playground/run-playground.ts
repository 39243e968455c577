import { randomBytes } from "node:crypto";
import { once } from "node:events";
import { countOf } from "../../monitor/quantities.ts";
import { screenOn } from "../demo/screen.ts";
import { styleFor } from "../style.ts";
import { temporaryFolder } from "../temporary-folder.ts";
import type { NetworkState } from "./playground-event.ts";
import { Playground } from "./playground.ts";
import type { PlaygroundPlan } from "./playground.ts";
import { PlaygroundServer } from "./playground-server.ts";

const TOKEN_BYTES = 16;

/** Serves a network and its page until interrupted. Leaves nothing behind. */
export async function runPlayground(
  plan: PlaygroundPlan,
  output: NodeJS.WriteStream,
  interrupted: AbortSignal,
): Promise<void> {
  const screen = screenOn(output, process.env);
  const style = styleFor(output, process.env);
  const folder = temporaryFolder();
  const playground = new Playground(plan, folder.path);
  const server = new PlaygroundServer(playground, randomBytes(TOKEN_BYTES).toString("hex"));
  const closed = interrupted.aborted ? Promise.resolve() : once(interrupted, "abort");
  playground.watch(({ name, data }) => {
    if (name === "network") screen.live([progressOf(data)]);
  });
  try {
    const url = await server.listen();
    screen.print(
      style.strong(`${plan.nodes} gossip nodes on this machine. Open their page in a browser:`),
      "",
      `  ${url}`,
      "",
      "Whoever has this address can announce and stop nodes. Ctrl-C ends everything.",
    );
    await Promise.race([playground.start(), closed]);
    await closed;
  } finally {
    await server.close();
    await playground.stop();
    screen.live([]);
    folder.remove();
  }
}

function progressOf({ nodes, links }: NetworkState): string {
  const running = nodes.filter(({ life }) => life === "running").length;
  return `${running} of ${countOf(nodes.length, "node")} running, ${countOf(links.length, "link")}`;
}
