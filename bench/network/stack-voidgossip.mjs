import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Config, Gossip } from "../../dist/src/index.js";

const dataType = 1337;
const loopback = (port) => ({ host: "127.0.0.1", port });

/** One node with a module in the same process, by the base protocol: it keeps the links it is given. */
export async function start({ port, dials, difficultyBits }, onMessage) {
  const dataDir = mkdtempSync(join(tmpdir(), "vg-bench-"));
  const gossip = new Gossip(
    Config.defaults({
      p2pAddress: loopback(port),
      apiAddress: loopback(0),
      dataDir,
      difficultyBits,
      bootstrappers: dials.map(loopback),
      extensions: "off",
      journalItems: 0,
      linkFramesPerSecond: 0,
      linkBytesPerSecond: 0,
    }),
  );
  await gossip.start();
  const module = await gossip.connect();
  void consume(module.subscribe(dataType), onMessage);
  return {
    linkCount: () => gossip.status().links.filter(({ phase }) => phase === "established").length,
    publish: (bytes) => module.announce(dataType, bytes),
    lost: () => {
      const { totals } = gossip.status().counters;
      const names = ["framesDropped", "itemNotHeld", "itemExpired", "notificationsDropped"];
      return Object.fromEntries(names.map((name) => [name, totals[name]]));
    },
    stop: async () => {
      await module.close();
      await gossip.stop();
      rmSync(dataDir, { recursive: true, force: true });
    },
  };
}

async function consume(subscription, onMessage) {
  for await (const notification of subscription) {
    onMessage(notification.data);
    notification.accept();
  }
}
