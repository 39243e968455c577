import type { RawSocket } from "./support/raw-socket.ts";
import { describe, it } from "node:test";

import { Daemon } from "./support/daemon.ts";
import {
  MessageNumber,
  header,
  initFrame,
  okFrame,
  peerAnnounceFrame,
} from "./support/raw-frames.ts";
import { RawModule } from "./support/raw-module.ts";
import { RawAcceptor, anItem, expectProof } from "./support/raw-peer.ts";

const topic = 1337;

/** Every message of the base protocol, and neighbours of the block. */
const types = [0, 499, 500, 503, 504, 505, 506, 507, 508, 510, 519];
const cases = types.flatMap((type) =>
  Array.from({ length: 13 }, (_, size) => ({ type, size, name: `type ${type}, size ${size}` })),
);

/**
 * The daemon dials every bootstrapper and waits 10 s for INIT [protocol §3.5], so a case lets it
 * wait until the one before is done, and each connection serves one case.
 */
describe("framing where the daemon dials", () => {
  it("[protocol §3.4] before INIT all sizes 0..12 for all types but INIT close the link", async (t) => {
    const wrong = cases.filter(({ type, size }) => type !== MessageNumber.init || size !== 12);
    const acceptor = await RawAcceptor.listen(t, { count: wrong.length });
    await Daemon.start(t, { bootstrapper: acceptor.bootstrapper });
    for (const { type, size, name } of wrong) {
      const socket = await acceptor.accept();
      socket.send(header(size, type));
      await socket.expectClosed(`${name} before INIT`);
    }
  });

  it("[protocol §3.4] between VERIFY and OK all sizes 0..12 for all types but OK close the link", async (t) => {
    const wrong = cases.filter(({ type, size }) => type !== MessageNumber.ok || size !== 4);
    const acceptor = await RawAcceptor.listen(t, { count: wrong.length });
    await Daemon.start(t, { bootstrapper: acceptor.bootstrapper });
    for (const [index, { type, size, name }] of wrong.entries()) {
      const socket = await proved(acceptor, Buffer.alloc(8, index + 1));
      socket.send(header(size, type));
      await socket.expectClosed(`${name} before OK`);
    }
  });

  it("[protocol §1.2, §3.4] one read() = one message: INIT, and OK with two items, split at every byte", async (t) => {
    const tail = (mark: string): Buffer =>
      Buffer.concat([
        okFrame(),
        peerAnnounceFrame(anItem(topic, `${mark} a`)),
        peerAnnounceFrame(anItem(topic, `${mark} b`)),
      ]);
    const cuts = tail("000").length - 1;
    const acceptor = await RawAcceptor.listen(t, { count: cuts });
    // With a book of addresses it would come back to some of these as a feeler [protocol §7.2].
    const settings = { bootstrapper: acceptor.bootstrapper, extensions: "no" };
    const daemon = await Daemon.start(t, settings);
    const listener = await RawModule.subscribed(t, daemon, topic);
    for (let cut = 1; cut <= cuts; cut += 1) {
      const mark = String(cut).padStart(3, "0");
      const challenge = Buffer.alloc(8, cut);
      const init = initFrame(challenge);
      const initCut = 1 + (cut % (init.length - 1));
      const socket = await acceptor.accept();
      socket.send(init.subarray(0, initCut));
      await daemon.turn();
      socket.send(init.subarray(initCut));
      await expectProof(socket, challenge, 0);
      socket.send(tail(mark).subarray(0, cut));
      await daemon.turn();
      socket.send(tail(mark).subarray(cut));
      await listener.expectAndAccept(Buffer.from(`${mark} a`), `the first item of ${mark}`);
      await listener.expectAndAccept(Buffer.from(`${mark} b`), `the second item of ${mark}`);
      socket.destroy();
    }
  });
});

/**
 * The next link whose puzzle the daemon solves. While three puzzles wait it hangs up on whoever speaks
 * [protocol §3.5], and dials again later.
 */
async function proved(acceptor: RawAcceptor, challenge: Buffer): Promise<RawSocket> {
  for (;;) {
    const socket = await acceptor.accept();
    socket.send(initFrame(challenge));
    try {
      await expectProof(socket, challenge, 0);
      return socket;
    } catch (error) {
      if (!(error instanceof Error) || !error.message.startsWith("the connection ended"))
        throw error;
    }
  }
}
