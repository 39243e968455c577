import assert from "node:assert/strict";
import { describe, it } from "node:test";

import { BasePeer } from "./support/base-peer.ts";
import { Daemon } from "./support/daemon.ts";
import { ExtendedPeer, isAboveBase } from "./support/extended-peer.ts";
import { helloFrame, markerOf } from "./support/extension-frames.ts";
import { initFrame, okFrame, verifyFrame } from "./support/raw-frames.ts";
import { RawModule } from "./support/raw-module.ts";
import { RawAcceptor, RawPeer, anItem, challengeOf } from "./support/raw-peer.ts";
import { RawSocket } from "./support/raw-socket.ts";
import type { Status } from "./support/status.ts";

const topic = 1337;

const peersOf = (status: Status): unknown[] =>
  status.links.filter(({ phase }) => phase === "established").map(({ peer }) => peer);

describe("[protocol §6.1] a network of which half are base peers of somebody else", () => {
  it("delivers everything to everybody, and no base peer is sent a frame above 507, or left", async (t) => {
    const basePeers = await Promise.all(Array.from({ length: 5 }, async () => BasePeer.listen(t)));
    const daemons: Daemon[] = [];
    for (const [at, peer] of basePeers.entries()) {
      // The last one is made a base peer by its configuration.
      daemons.push(
        await Daemon.start(t, {
          bootstrapper: [peer.address, ...daemons.slice(-1).map((one) => one.p2pAuthority)].join(
            ", ",
          ),
          extensions: at === basePeers.length - 1 ? "no" : "yes",
        }),
      );
    }
    // A ring through both kinds, so that items have to pass through both.
    for (const [at, peer] of basePeers.entries()) {
      const next = daemons[(at + 2) % daemons.length];
      assert.ok(next !== undefined);
      await peer.dial(t, next);
    }
    for (const peer of basePeers) {
      await daemons[basePeers.indexOf(peer)]?.statusUntil(
        "a link to the base peer it has as bootstrapper",
        () => peer.links >= 2,
      );
    }
    const modules = await Promise.all(
      daemons.map(async (daemon) => RawModule.subscribed(t, daemon, topic)),
    );
    const heard = modules.map(() => new Set<string>());
    const tallies = modules.map((module, at) =>
      module.acceptAll(({ data }) => heard[at]?.add(data.toString())),
    );
    const everybodyHears = async (text: string, speaker?: RawModule): Promise<void> => {
      await Promise.all([
        ...basePeers.map(async (peer) => peer.hears(text)),
        ...tallies.map(async (tally, at) =>
          modules[at] === speaker
            ? undefined
            : tally.until(() => heard[at]?.has(text) === true, `"${text}" at daemon ${at}`),
        ),
      ]);
    };
    for (let round = 0; round < 5; round += 1) {
      for (const [at, module] of modules.entries()) {
        const text = `round ${round} from daemon ${at}`;
        module.announce(topic, Buffer.from(text));
        await everybodyHears(text, module);
      }
      for (const [at, peer] of basePeers.entries()) {
        const text = `round ${round} from base peer ${at}`;
        peer.say(anItem(topic, text));
        await everybodyHears(text);
      }
    }
    for (const peer of basePeers) {
      assert.deepEqual(
        [...peer.typesReceived].filter((type) => type < 504 || type > 507),
        [],
      );
      assert.equal(peer.linksLost, 0);
    }
  });

  it("a peer that comes back as a base peer, or as an extended one, is spoken to as what it is", async (t) => {
    const daemon = await Daemon.start(t);
    const base = await RawPeer.dial(t, daemon);
    assert.deepEqual(peersOf(await daemon.status()), ["base"]);
    base.socket.reset();
    await daemon.event("linkClosed");
    const extended = await ExtendedPeer.dial(t, daemon);
    assert.deepEqual(peersOf(await daemon.status()), ["extended"]);
    assert.ok(extended.count(isAboveBase) > 0);
    extended.socket.reset();
    await daemon.eventCount("linkClosed", 2);
    const again = await RawPeer.dial(t, daemon);
    assert.deepEqual(peersOf(await daemon.status()), ["base"]);
    const module = await RawModule.connect(t, daemon);
    module.announce(topic, Buffer.from("to a base peer"));
    await again.expectItem(Buffer.from("to a base peer"), "nothing but items");
  });
});

describe("[protocol §6.1] extensions = no", () => {
  it("marks no VERIFY, and says nothing above 507 to whoever it dials", async (t) => {
    const acceptor = await RawAcceptor.listen(t);
    const settings = { bootstrapper: acceptor.bootstrapper, extensions: "no" };
    const daemon = await Daemon.start(t, settings);
    const challenge = Buffer.from("01234567");
    const socket = await acceptor.accept();
    socket.send(initFrame(challenge));
    const { bytes } = await socket.next("VERIFY");
    assert.notDeepEqual(bytes.subarray(4, 8), markerOf(challenge));
    socket.send(okFrame());
    const peer = new RawPeer(socket);
    const module = await RawModule.subscribed(t, daemon, topic);
    module.announce(topic, Buffer.from("the first word"));
    await peer.expectItem(Buffer.from("the first word"), "an item before anything else");
    peer.send(anItem(topic, "heard"));
    await module.expectAndAccept(Buffer.from("heard"), "an item");
    assert.deepEqual(socket.unread, []);
  });

  it("answers a marked VERIFY with OK alone, and takes HELLO for a fault", async (t) => {
    const daemon = await Daemon.start(t, { extensions: "no" });
    const socket = await RawSocket.dial(daemon.p2p);
    const challenge = challengeOf(await socket.next("INIT"));
    socket.send(verifyFrame(Buffer.concat([markerOf(challenge), Buffer.alloc(4)])));
    assert.deepEqual((await socket.next("OK")).bytes, okFrame());
    const module = await RawModule.connect(t, daemon);
    module.announce(topic, Buffer.from("to a base peer"));
    await new RawPeer(socket).expectItem(Buffer.from("to a base peer"), "nothing but items");
    socket.send(helloFrame(challenge));
    await socket.ending("the end of who says HELLO");
    assert.deepEqual(socket.unread, []);
    await daemon.event("linkClosed", { cause: "unexpectedType" });
  });
});

describe("[protocol §6.2] T29 the marker is there and HELLO is stripped", () => {
  it("the link works as a base link, and is shown as one", async (t) => {
    const daemon = await Daemon.start(t);
    const stripped = await ExtendedPeer.dialSilently(t, daemon);
    const module = await RawModule.connect(t, daemon);
    module.announce(topic, Buffer.from("in the clear"));
    await stripped.receives("an item", ({ type }) => type === 507);
    await daemon.statusUntil("the grace of 10 s to end", (status) => peersOf(status)[0] === "base");
    assert.equal(stripped.count(isAboveBase), 0);
    assert.ok(stripped.socket.isOpen);
  });
});
