import assert from "node:assert/strict";
import { describe, it } from "node:test";
import type { TestContext } from "node:test";

import { Audience, DaemonNetwork } from "../support/daemon-network.ts";
import { Daemon } from "../support/daemon.ts";
import { ExtensionNumber } from "../support/extension-frames.ts";
import { ExtendedPeer } from "../support/extended-peer.ts";
import { RawPeer } from "../support/raw-peer.ts";

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

describe("[protocol §6.4] liveness on the wire", () => {
  it("an extended peer that falls silent is asked and closed after 25 s; a base peer stays and hears nothing", async (t) => {
    const daemon = await Daemon.start(t);
    const base = await RawPeer.dial(t, daemon);
    const silent = await ExtendedPeer.dial(t, daemon);
    await silent.socket.ending("the end of a silent peer", 60_000);
    await daemon.event("linkClosed", { cause: "silent" });
    const asks = silent.count(({ type }) => type === ExtensionNumber.ping);
    assert.ok(asks >= 2, `${asks} asks: at once, and when nothing had been sent for 15 s`);
    assert.ok(base.socket.isOpen);
    assert.deepEqual(base.socket.unread, []);
  });
});
