import { describe, it } from "node:test";
import type { TestContext } from "node:test";

import { Audience, DaemonNetwork } from "../support/daemon-network.ts";

const topic = 1337;
const nodes = 30;
/** The default of `min_connections` [protocol §5.2]. */
const outboundLinks = 8;

const formingMs = 30_000;
/** Two keepalive periods [protocol §6.4]. */
const repairMs = 50_000;
const comingBackMs = 10_000;

/** Says how long something took that has a deadline. */
async function timed(t: TestContext, what: string, task: Promise<void>): Promise<void> {
  const start = performance.now();
  await task;
  t.diagnostic(`${what} after ${((performance.now() - start) / 1_000).toFixed(1)} s`);
}

describe("[protocol §7] an overlay of 30 processes and one bootstrapper", () => {
  it("forms in 30 s, heals in 50 s when 11 are killed, comes back in 10 s without its bootstrapper", async (t) => {
    const network = await DaemonNetwork.start(t, nodes);
    await timed(t, "all links", network.haveLinks(outboundLinks, formingMs));
    const audience = await Audience.gather(t, network.members, topic);
    for (const member of network.members) {
      await audience.hears(member);
    }

    const [, ...others] = network.members;
    const victims = network.members.filter((_, at) => at === 0 || at % 3 === 1);
    await Promise.all(victims.map(async (victim) => victim.kill()));
    const repair = timed(t, "all links again", network.haveLinks(outboundLinks, repairMs));
    for (const member of network.living) {
      await audience.hears(member);
    }
    await repair;
    for (const member of network.living) {
      await audience.hears(member);
    }

    await Promise.all(network.living.map(async (member) => member.stop()));
    await network.comeBack(others);
    await Promise.all([
      timed(t, "in one piece again", network.isOnePiece(comingBackMs)),
      timed(t, "all links from the books", network.haveLinks(outboundLinks, repairMs)),
    ]);
    const again = await Audience.gather(t, others, topic);
    for (const member of others) {
      await again.hears(member);
    }
  });
});
