import assert from "node:assert/strict";
import { connect, createServer } from "node:net";
import type { AddressInfo } from "node:net";
import { describe, it } from "node:test";

import { Daemon } from "./support/daemon.ts";
import { Tally } from "./support/patience.ts";
import type { Scope } from "./support/patience.ts";
import { initFrame, okFrame, peerAnnounceFrame, verifyFrame } from "./support/raw-frames.ts";
import { RawModule } from "./support/raw-module.ts";
import { RawAcceptor, RawPeer, anItem, expectProof } from "./support/raw-peer.ts";
import { RawSocket } from "./support/raw-socket.ts";

const topic = 1337;
const challenge = Buffer.from("8899aabbccddeeff", "hex");

/** Passes bytes both ways, so that a daemon can dial itself without knowing its port beforehand. */
async function mirror(
  scope: Scope,
): Promise<{ port: number; aim(port: number): void; dials: number }> {
  let target = 0;
  const seen = { port: 0, dials: 0, aim: (port: number) => void (target = port) };
  const server = createServer((near) => {
    seen.dials += 1;
    const far = connect(target, "127.0.0.1");
    near.pipe(far).pipe(near);
    for (const [one, other] of [
      [near, far],
      [far, near],
    ] as const) {
      one.on("error", () => other.destroy());
      one.on("close", () => other.destroy());
    }
  });
  await new Promise<void>((resolve) => {
    server.listen(0, "127.0.0.1", resolve);
  });
  scope.after(() => {
    server.close();
  });
  seen.port = (server.address() as AddressInfo).port;
  return seen;
}

describe("handshake where the daemon dials", () => {
  it("[protocol §3.2] it solves the puzzle and is a peer from OK on", async (t) => {
    const acceptor = await RawAcceptor.listen(t);
    const daemon = await Daemon.start(t, {
      bootstrapper: acceptor.bootstrapper,
      pow_difficulty: 16,
    });
    const peer = await acceptor.handshake(challenge, { difficultyBits: 16 });
    const linked = await daemon.event("linkEstablished");
    assert.equal(linked["direction"], "outbound");
    const listener = await RawModule.subscribed(t, daemon, topic);
    const item = anItem(topic, "from the bootstrapper");
    peer.send(item);
    await listener.expectAndAccept(item.data, "the bootstrapper's item");
    (await RawModule.connect(t, daemon)).announce(topic, Buffer.from("to the bootstrapper"), 3);
    const answer = await peer.expectItem(Buffer.from("to the bootstrapper"), "an announcement");
    assert.equal(answer.ttl, 3);
  });

  it("[protocol §3.4] OK may share a segment with items", async (t) => {
    const acceptor = await RawAcceptor.listen(t);
    const daemon = await Daemon.start(t, { bootstrapper: acceptor.bootstrapper });
    const listener = await RawModule.subscribed(t, daemon, topic);
    const items = [anItem(topic, "right behind OK"), anItem(topic, "and one more")];
    await acceptor.handshake(challenge, {
      lastly: Buffer.concat(items.map(peerAnnounceFrame)),
    });
    for (const item of items) {
      await listener.expectAndAccept(item.data, "an item in the segment of OK");
    }
  });

  it("challenge encoding: challenges of zeros, of ones and with either half empty are solved", async (t) => {
    const extremes = [
      "0000000000000000",
      "ffffffffffffffff",
      "00000000ffffffff",
      "8000000000000001",
    ];
    const acceptor = await RawAcceptor.listen(t, { count: extremes.length });
    await Daemon.start(t, { bootstrapper: acceptor.bootstrapper, pow_difficulty: 12 });
    for (const hex of extremes) {
      const peer = await acceptor.handshake(Buffer.from(hex, "hex"), { difficultyBits: 12 });
      peer.socket.destroy();
    }
  });

  it("[protocol §3.4] VERIFY before INIT, OK before VERIFY, INIT twice and an item before OK close the link", async (t) => {
    const item = peerAnnounceFrame(anItem(topic, "too early"));
    const openings: readonly (readonly [string, readonly Buffer[]])[] = [
      ["VERIFY first", [verifyFrame(Buffer.alloc(8)), initFrame(challenge)]],
      ["OK first", [okFrame(), initFrame(challenge)]],
      ["an item first", [item, initFrame(challenge)]],
      ["INIT first and OK with it", [initFrame(challenge), okFrame()]],
      ["INIT twice", [initFrame(challenge), initFrame(challenge)]],
      ["an item behind INIT", [initFrame(challenge), item]],
    ];
    const acceptor = await RawAcceptor.listen(t, { count: openings.length + 1 });
    // No proof of 28 bits is found before the second frame is read.
    const daemon = await Daemon.start(t, {
      bootstrapper: acceptor.bootstrapper,
      pow_difficulty: 28,
    });
    const listener = await RawModule.subscribed(t, daemon, topic);
    for (const [name, frames] of openings) {
      const socket = await acceptor.accept();
      socket.send(Buffer.concat(frames));
      await socket.expectClosed(name);
    }
    const speaker = await RawModule.connect(t, daemon);
    speaker.announce(topic, Buffer.from("the first thing heard"));
    await listener.expectAndAccept(Buffer.from("the first thing heard"), "no early item");
  });

  it("[protocol §3.5] solving on the main loop / async thread: the API answers while we solve", async (t) => {
    const acceptor = await RawAcceptor.listen(t);
    const daemon = await Daemon.start(t, {
      bootstrapper: acceptor.bootstrapper,
      pow_difficulty: 28,
    });
    const listener = await RawModule.subscribed(t, daemon, topic);
    const socket = await acceptor.accept();
    socket.send(initFrame(challenge));
    const speaker = await RawModule.connect(t, daemon);
    for (let count = 0; count < 200; count += 1) {
      speaker.announce(topic, Buffer.from(`round trip ${count}`));
      await listener.expectAndAccept(Buffer.from(`round trip ${count}`), "a round trip");
    }
    assert.deepEqual(socket.unread, [], "the puzzle is still being solved");
    await RawSocket.dial(daemon.p2p).then(async (peer) => {
      await peer.next("INIT while solving");
      peer.destroy();
    });
  });

  it("[protocol §3.5] solving stops when the link closes", async (t) => {
    const acceptor = await RawAcceptor.listen(t);
    const daemon = await Daemon.start(t, {
      bootstrapper: acceptor.bootstrapper,
      pow_difficulty: 28,
      pow_timeout: 2,
    });
    const socket = await acceptor.accept();
    socket.send(initFrame(challenge));
    await daemon.turn();
    socket.destroy();
    await acceptor.close();
    await daemon.event("linkClosed");
    // The deadline of a silent dialler, 2 s, is the clock of this measurement.
    const silent = await RawSocket.dial(daemon.p2p);
    await silent.next("INIT");
    const ticksBefore = daemon.processorTicks();
    await silent.expectClosed("no VERIFY within pow_timeout");
    const ticks = daemon.processorTicks() - ticksBefore;
    assert.ok(ticks < 100, `${ticks} ticks of processor time with nothing to solve`);
  });

  it("[protocol §3.5] acceptors that send INIT at the same moment all become links", async (t) => {
    const acceptor = await RawAcceptor.listen(t, { count: 5 });
    const established = new Tally();
    const serve = async (socket: RawSocket): Promise<void> => {
      socket.send(initFrame(challenge));
      try {
        await expectProof(socket, challenge, 16);
      } catch {
        // Closed because others wait for the solver already: it dials again.
        return;
      }
      socket.send(okFrame());
      established.add();
    };
    acceptor.consume((socket) => void serve(socket));
    await Daemon.start(t, { bootstrapper: acceptor.bootstrapper, pow_difficulty: 16 });
    await established.reaches(5, "five links");
  });
});

describe("self-dial", () => {
  it("[protocol §3.6] our own challenge coming back closes both ends, and the address is left alone", async (t) => {
    const own = await mirror(t);
    const witness = await RawAcceptor.listen(t);
    const daemon = await Daemon.start(t, {
      bootstrapper: `127.0.0.1:${own.port}, ${witness.bootstrapper}`,
    });
    own.aim(daemon.p2p.port);
    // It may have dialled before the mirror was aimed; then that dial failed and is repeated.
    await daemon.event("selfDialed");
    await daemon.event("linkClosed", { cause: "selfDial" });
    const dials = own.dials;
    // The witness closes each time; its redials show that time for redials has passed.
    for (let count = 0; count < 3; count += 1) {
      (await witness.accept()).destroy();
    }
    assert.equal(own.dials, dials, "no further dial of ourselves");
    assert.deepEqual(daemon.events("linkEstablished"), []);
  });

  it("[protocol §3.7] our own address as bootstrapper means: we are the bootstrapper", async (t) => {
    // An address of its own among the loopback ones; whoever had the port has left it.
    const host = "127.83.41.7";
    const reserved = await RawAcceptor.listen(t, { host });
    const self = reserved.bootstrapper;
    await reserved.close();
    const daemon = await Daemon.start(t, { p2p_address: self, bootstrapper: self });
    assert.equal(daemon.p2pAuthority, self);
    await RawPeer.dial(t, daemon);
    await daemon.event("linkEstablished", { direction: "inbound" });
    assert.equal(daemon.events("linkEstablished").length, 1);
  });
});
