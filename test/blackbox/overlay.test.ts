import { describe, it } from "node:test";

import { Audience, DaemonNetwork } from "./support/daemon-network.ts";

const topic = 1337;
/**
 * Two keepalive periods [protocol §6.4]. With so few nodes left everybody needs a link to everybody, and one
 * that was closed after its proof, as the second of two between the same nodes, comes back after 30 s [protocol §7.3].
 */
const linksBackMs = 50_000;

describe("[protocol §7] an overlay of processes", () => {
  it("forms around a bootstrapper, heals when it and a third of the others are killed, and comes back without it", async (t) => {
    const outboundLinks = 3;
    const network = await DaemonNetwork.start(t, 9, { min_connections: outboundLinks });
    await network.haveLinks(outboundLinks);
    const audience = await Audience.gather(t, network.members, topic);
    for (const member of network.members) {
      await audience.hears(member);
    }
    const [bootstrapper, ...others] = network.members;
    const victims = [bootstrapper, others[0], others[3], others[6]];
    await Promise.all(victims.map(async (victim) => victim?.kill()));
    for (const member of network.living) {
      await audience.hears(member);
    }
    await network.haveLinks(outboundLinks, linksBackMs);
    await Promise.all(network.living.map(async (member) => member.stop()));
    await network.comeBack(others);
    await network.haveLinks(outboundLinks, linksBackMs);
    const again = await Audience.gather(t, others, topic);
    for (const member of others) {
      await again.hears(member);
    }
  });
});
