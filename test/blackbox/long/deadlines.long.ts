import assert from "node:assert/strict";
import { describe, it } from "node:test";

import { Daemon } from "../support/daemon.ts";
import { loadData } from "../support/load.ts";
import {
  announceFrame,
  frame,
  initFrame,
  okFrame,
  peerAnnounceFrame,
} from "../support/raw-frames.ts";
import { RawModule } from "../support/raw-module.ts";
import { RawAcceptor, RawPeer, anItem, expectProof } from "../support/raw-peer.ts";
import { RawSocket } from "../support/raw-socket.ts";
import { store, total } from "../support/status.ts";

const topic = 1337;
const challenge = Buffer.from("0123456789abcdef", "hex");
/** The longest deadline here is 60 s. */
const limitMs = 120_000;

describe("deadlines that cannot be configured", { concurrency: true }, () => {
  it("[protocol §1.3] a started frame must be complete within 10 s, on both sockets; a byte now and then does not help", async (t) => {
    const daemon = await Daemon.start(t, { pow_timeout: 100 });
    const module = await RawModule.connect(t, daemon);
    module.socket.send(announceFrame(topic, Buffer.alloc(100)).subarray(0, 50));
    const headerOnly = await RawModule.connect(t, daemon);
    headerOnly.socket.send(Buffer.of(0));
    const peer = await RawPeer.dial(t, daemon);
    peer.socket.send(peerAnnounceFrame(anItem(topic, "never whole")).subarray(0, 15));
    const early = await RawSocket.dial(daemon.p2p);
    await early.next("INIT");
    early.send(frame(505, Buffer.alloc(8)).subarray(0, 6));
    const drip = setInterval(() => {
      module.socket.send(Buffer.of(0));
    }, 1_000);
    t.after(() => {
      clearInterval(drip);
    });
    const whole = await RawModule.subscribed(t, daemon, topic);
    await Promise.all(
      [module.socket, headerOnly.socket, peer.socket, early].map(async (socket) =>
        socket.expectClosed("a frame that does not end", limitMs),
      ),
    );
    const { linksClosed, subscribersClosed } = await daemon.status();
    assert.equal(linksClosed["frameTimeout"], 2);
    assert.equal(subscribersClosed["frameTimeout"], 2);
    assert.ok(whole.socket.isOpen, "who has begun nothing stays");
  });

  it("[protocol §3.5] an acceptor that sends no INIT is left after 10 s, one that sends no OK 30 s after VERIFY", async (t) => {
    const acceptor = await RawAcceptor.listen(t, { count: 2 });
    const daemon = await Daemon.start(t, { bootstrapper: acceptor.bootstrapper });
    const noInit = await acceptor.accept();
    const noOk = await acceptor.accept();
    noOk.send(initFrame(challenge));
    await expectProof(noOk, challenge, 0);
    await noInit.expectClosed("no INIT", limitMs);
    await daemon.event("linkClosed", { cause: "initTimeout" });
    assert.ok(noOk.isOpen);
    await noOk.expectClosed("no OK", limitMs);
    await daemon.event("linkClosed", { cause: "okTimeout" });
    let again = await acceptor.accept("it dials again", limitMs);
    while (!again.isOpen) {
      // Came while the other one was waited for, and was left after 10 s, too.
      again = await acceptor.accept("it dials again", limitMs);
    }
    again.send(initFrame(challenge));
    await expectProof(again, challenge, 0);
    again.send(okFrame());
    await daemon.event("linkEstablished", {}, { limitMs });
  });

  it("[protocol §2.6, §4.11] a module and a peer that take nothing for 30 s are closed, others notice nothing", async (t) => {
    const daemon = await Daemon.start(t);
    const frozenModule = await RawModule.subscribed(t, daemon, topic);
    const frozenPeer = await RawPeer.dial(t, daemon);
    frozenModule.socket.stopReading();
    frozenPeer.socket.stopReading();
    const module = await RawModule.subscribed(t, daemon, topic);
    const peer = await RawPeer.dial(t, daemon);
    const heard = module.acceptAll();
    const reached = peer.countItems();
    const speaker = await RawModule.connect(t, daemon);
    for (let index = 0; index < 500; index += 1) {
      speaker.announce(topic, loadData(index));
      await heard.reaches(index + 1, "an item");
    }
    await reached.reaches(500, "all items");
    await daemon.event("linkClosed", { cause: "stalled" }, { limitMs });
    await daemon.event("subscriberClosed", { cause: "stalled" }, { limitMs });
    speaker.announce(topic, Buffer.from("afterwards"));
    await heard.reaches(501, "the item afterwards");
    await reached.reaches(501, "the item afterwards");
    const { links, subscribers } = await daemon.status();
    assert.deepEqual([links.length, subscribers.length], [1, 2]);
  });

  it("[protocol §4.3] the default deadline of a verdict is 30 s: a person may be asked", async (t) => {
    const daemon = await Daemon.start(t);
    const module = await RawModule.subscribed(t, daemon, topic);
    const from = await RawPeer.dial(t, daemon);
    const to = await RawPeer.dial(t, daemon);
    from.send(anItem(topic, "answered late"), anItem(topic, "not answered"));
    const first = await module.nextNotification("the first");
    await module.nextNotification("the second");
    // The deadline of a silent dialler elsewhere is the clock of this test.
    const clock = await Daemon.start(t, { pow_timeout: 20 });
    const tick = await RawSocket.dial(clock.p2p);
    await tick.next("INIT");
    await tick.expectClosed("20 s", limitMs);
    module.accept(first);
    await to.expectItem(Buffer.from("answered late"), "an item accepted after 20 s");
    await daemon.statusUntil(
      "the second item to expire",
      (status) => store(status, "pendingItems").entries === 0,
      limitMs,
    );
    assert.equal(total(await daemon.status(), "itemExpired"), 1);
    const speaker = await RawModule.connect(t, daemon);
    speaker.announce(topic + 1, Buffer.from("marker"));
    await to.expectItem(Buffer.from("marker"), "nothing unanswered");
  });

  it("[protocol §4.9] offers end 60 s after an item was accepted, for our own 30 s after its first sending", async (t) => {
    const daemon = await Daemon.start(t);
    const module = await RawModule.subscribed(t, daemon, topic);
    const from = await RawPeer.dial(t, daemon);
    const speaker = await RawModule.connect(t, daemon);
    speaker.announce(topic + 1, Buffer.from("own"), 9);
    from.send(anItem(topic, "foreign"));
    await module.expectAndAccept(Buffer.from("foreign"), "the item");
    const clock = await Daemon.start(t, { pow_timeout: 32 });
    const waitForClock = async (): Promise<void> => {
      const tick = await RawSocket.dial(clock.p2p);
      await tick.next("INIT");
      await tick.expectClosed("32 s", limitMs);
    };
    await waitForClock();
    const second = await RawPeer.dial(t, daemon);
    const offer = await second.expectItem(Buffer.from("foreign"), "only the foreign item");
    assert.equal(offer.ttl, 1);
    await waitForClock();
    const third = await RawPeer.dial(t, daemon);
    speaker.announce(topic + 2, Buffer.from("marker"), 2);
    await third.expectItem(Buffer.from("marker"), "nothing is offered any more");
  });

  it("one API client at a time, idle ones dropped: a client that says nothing for two minutes is served", async (t) => {
    const daemon = await Daemon.start(t);
    const idle = await RawModule.subscribed(t, daemon, topic);
    const clock = await RawSocket.dial(daemon.p2p);
    await clock.next("INIT");
    // The default pow_timeout, 120 s, is the clock.
    await clock.expectClosed("no VERIFY for two minutes", 200_000);
    (await RawModule.connect(t, daemon)).announce(topic, Buffer.from("wake up"));
    await idle.expectAndAccept(Buffer.from("wake up"), "the idle client");
  });
});
