import assert from "node:assert/strict";
import { describe, it } from "node:test";
import type { TestContext } from "node:test";

import { Daemon, everyAddressCounts } from "./support/daemon.ts";
import type { Settings } from "./support/daemon.ts";
import { peersList } from "./support/extension-frames.ts";
import type { PeerRecord } from "./support/extension-frames.ts";
import { ExtendedPeer } from "./support/extended-peer.ts";
import { peerAnnounceFrame } from "./support/raw-frames.ts";
import { RawModule } from "./support/raw-module.ts";
import { RawAcceptor, anItem } from "./support/raw-peer.ts";
import { store, total } from "./support/status.ts";

const topic = 1337;

interface Stage {
  readonly daemon: Daemon;
  readonly acceptor: RawAcceptor;
  readonly bootstrapper: ExtendedPeer;
}

/** A daemon that knows nobody but this bootstrapper, and has just asked it for addresses. */
async function aStage(t: TestContext, settings: Settings = {}): Promise<Stage> {
  const acceptor = await RawAcceptor.listen(t, { host: "127.88.0.1" });
  const daemon = await Daemon.start(t, { ...settings, bootstrapper: acceptor.bootstrapper });
  const bootstrapper = await ExtendedPeer.accept(acceptor, Buffer.from("01234567"));
  return { daemon, acceptor, bootstrapper };
}

/** Everything that the bootstrapper has sent is handled when its item arrives. */
async function isServed({ daemon, bootstrapper }: Stage, text: string): Promise<void> {
  const scope = { after: () => undefined };
  const module = await RawModule.subscribed(scope, daemon, topic);
  bootstrapper.socket.send(peerAnnounceFrame(anItem(topic, text)));
  await module.expectAndAccept(Buffer.from(text), text);
}

const repeated = (count: number, record: PeerRecord): PeerRecord[] =>
  Array.from({ length: count }, () => record);

describe("T4 the bootstrapper is hostile", () => {
  it("5,000 addresses of one group cost it the link, and leave 32 places taken at most", async (t) => {
    const honest = await RawAcceptor.listen(t, { host: "127.89.0.1" });
    const hostile = await RawAcceptor.listen(t, { host: "127.88.0.1" });
    const daemon = await Daemon.start(t, {
      ...everyAddressCounts,
      bootstrapper: `${hostile.bootstrapper}, ${honest.bootstrapper}`,
    });
    const [flooder, other] = await Promise.all([
      ExtendedPeer.accept(hostile, Buffer.from("01234567")),
      ExtendedPeer.accept(honest, Buffer.from("76543210")),
    ]);
    const lists = Array.from({ length: 157 }, (_, list) =>
      peersList(
        Array.from({ length: 32 }, (__, at) => ({ host: `127.66.${list}.${at}`, port: 9 })),
      ),
    );
    flooder.socket.send(Buffer.concat(lists));
    await flooder.socket.ending("the end of the flooder");
    await daemon.event("linkClosed", { cause: "unaskedPeers" });
    assert.ok(store(await daemon.status(), "newAddresses").entries <= 32);
    await isServed({ daemon, acceptor: honest, bootstrapper: other }, "served meanwhile");
  });

  it("addresses that nobody can be at are neither kept nor dialled", async (t) => {
    const stage = await aStage(t);
    const impossible = ["0.0.0.0", "0.1.2.3", "224.0.0.1", "255.255.255.255"];
    const records = impossible.map((host) => ({ host, port: 6_001 }));
    stage.bootstrapper.socket.send(peersList([...records, { host: "127.66.0.1", port: 0 }]));
    await isServed(stage, "after the list");
    const status = await stage.daemon.status();
    assert.equal(store(status, "newAddresses").entries, 0);
    assert.equal(total(status, "dialsStarted"), 1);
  });

  it("lists of itself win it no second link", async (t) => {
    const stage = await aStage(t);
    const { daemon, acceptor, bootstrapper } = stage;
    const [authority = ""] = acceptor.authorities;
    const [host = "", port] = authority.split(":");
    bootstrapper.socket.send(peersList(repeated(32, { host, port: Number(port) })));
    await isServed(stage, "after the list");
    assert.equal(total(await daemon.status(), "dialsStarted"), 1);
    assert.equal(acceptor.waiting, 0);
  });

  it("lists of the daemon itself make it dial itself once, and no more", async (t) => {
    const stage = await aStage(t);
    const { daemon, bootstrapper } = stage;
    bootstrapper.socket.send(peersList(repeated(32, daemon.p2p)));
    await daemon.event("selfDialed");
    await isServed(stage, "after the list");
    const status = await daemon.status();
    assert.equal(total(status, "selfDialed"), 1);
    assert.equal(total(status, "dialsStarted"), 2);
    assert.equal(total(status, "proofsRequested"), 1);
  });
});
