import assert from "node:assert/strict";
import { once } from "node:events";
import { Duplex } from "node:stream";
import { describe, it } from "node:test";
import {
  ClientClosedError,
  ConnectError,
  ConnectionLostError,
  InvalidArgumentError,
} from "../../src/client/errors.ts";
import { GossipClient } from "../../src/client/gossip-client.ts";
import { announceHex, notificationHex, notifyHex, validationHex } from "./frames.ts";
import { HandTimers } from "./hand-timers.ts";
import { connected, nextOf, overPair, rejectionOf, smallPair } from "./harness.ts";
import { within } from "./scripted-server.ts";

const DONE = { done: true, value: undefined };
const reconnect = { random: () => 0 };

describe("close", () => {
  it("finishes the iterators, says goodbye and resolves when the connection is down", async (context) => {
    const { client, side, timers } = await connected(context);
    const buffering = client.subscribe(1);
    const waiting = client.subscribe(2).next();
    const fence = client.subscribe(3);
    await side.receive(24);
    await side.send(notificationHex(1, 1) + notificationHex(2, 3));
    await nextOf(fence);
    assert.equal(buffering.bufferedCount, 1);
    const closed = client.close();
    assert.equal(client.state, "closed");
    assert.deepEqual(await waiting, DONE);
    assert.deepEqual(await buffering.next(), DONE);
    assert.equal(await side.receiveToEnd(), "");
    await closed;
    assert.deepEqual(timers.delaysMs, []);
    assert.equal(client.close(), client.close());
  });

  it("still sends the verdicts given and the announcements made before it", async (context) => {
    const { client, side } = await connected(context);
    const subscription = client.subscribe(1);
    await side.receive(8);
    await side.send(notificationHex(7, 1));
    const notification = await nextOf(subscription);
    const announced = client.announce(2, "a");
    notification.accept();
    const closed = client.close();
    assert.equal(await side.receiveToEnd(), announceHex(0, 2, "61") + validationHex(7, 1));
    await Promise.all([announced, closed]);
    assert.equal(notification.state, "accepted");
  });

  it("leaves notifications that were not answered unanswerable", async (context) => {
    const { client, side } = await connected(context);
    const subscription = client.subscribe(1);
    await side.receive(8);
    await side.send(notificationHex(7, 1));
    const notification = await nextOf(subscription);
    const closed = client.close();
    assert.equal(notification.accept(), false);
    assert.equal(notification.state, "gone");
    await closed;
  });

  it("refuses every later call by a typed error", async (context) => {
    const { client } = await connected(context);
    const closed = client.close();
    const error = await rejectionOf(client.announce(1, ""));
    assert.ok(error instanceof ClientClosedError);
    assert.deepEqual([error.code, error.message], ["clientClosed", "the client was closed"]);
    assert.throws(() => client.subscribe(1), ClientClosedError);
    assert.ok((await rejectionOf(client.renew())) instanceof ClientClosedError);
    await closed;
  });

  it("ends the wait for a reconnect and rejects what waited for it", async (context) => {
    const { client, side, timers } = await connected(context, { reconnect });
    const waiting = client.subscribe(1).next();
    side.stream.destroy();
    await timers.running(500);
    const announced = client.announce(1, "a");
    await client.close();
    assert.ok((await rejectionOf(announced)) instanceof ClientClosedError);
    assert.deepEqual(await waiting, DONE);
    assert.deepEqual(timers.delaysMs, []);
  });

  it("ends an attempt to connect that is under way", async (context) => {
    const { client, side, timers } = await connected(context, { reconnect });
    side.stream.destroy();
    await timers.running(500);
    client.once("connected", () => assert.fail("it went on"));
    const renewed = client.renew();
    await client.close();
    assert.ok((await rejectionOf(renewed)) instanceof ClientClosedError);
    assert.deepEqual(timers.delaysMs, []);
  });

  it("does not wait for ever for a server that neither reads nor hangs up", async () => {
    const timers = new HandTimers();
    const [mine, theirs] = smallPair();
    const client = GossipClient.over(mine, { timers });
    const stuck = client.announce(1, new Uint8Array(65_000));
    const closed = client.close();
    assert.deepEqual(timers.delaysMs, [2_000]);
    timers.fire(2_000);
    await within("closed", closed);
    assert.ok((await rejectionOf(stuck)) instanceof ConnectionLostError);
    assert.equal(mine.destroyed, true);
    theirs.destroy();
  });

  it("can be called by whoever handles a notification, in the middle of a chunk", async () => {
    const { client, side } = overPair({ bufferedCountMax: 1 });
    const subscription = client.subscribe(1);
    client.on("lagged", () => void client.close());
    await side.send([1, 2, 3, 4].map((id) => notificationHex(id, 1)).join(""));
    assert.equal(await side.receiveToEnd(), notifyHex(1));
    await client.close();
    assert.equal(subscription.droppedCount, 1);
    assert.equal(client.unclaimedCount, 0);
  });
});

describe("a client over a given stream", () => {
  it("speaks the same protocol", async () => {
    const { client, side } = overPair();
    assert.equal(client.state, "connected");
    const subscription = client.subscribe(1);
    await client.announce(2, "a", { ttl: 3 });
    assert.equal(await side.receive(17), notifyHex(1) + announceHex(3, 2, "61"));
    await side.send(notificationHex(9, 1));
    assert.equal((await nextOf(subscription)).accept(), true);
    assert.equal(await side.receive(8), validationHex(9, 1));
    await client.close();
  });

  it("ends with the stream", async () => {
    const { client, side } = overPair();
    const waiting = client.subscribe(1).next();
    const lost = once(client, "disconnected");
    side.stream.end();
    const [reason] = (await within("disconnected", lost)) as [Error];
    assert.equal(await rejectionOf(waiting), reason);
    assert.equal(client.state, "closed");
    const error = await rejectionOf(client.announce(1, ""));
    assert.ok(error instanceof ClientClosedError);
    assert.equal(error.cause, reason);
  });

  it("cannot be renewed, since it has no address", async () => {
    const { client } = overPair();
    assert.ok((await rejectionOf(client.renew())) instanceof ConnectError);
    assert.equal(client.state, "connected");
    await client.close();
  });

  it("refuses a stream that has ended", () => {
    const [mine] = smallPair();
    mine.destroy();
    assert.throws(() => GossipClient.over(mine), InvalidArgumentError);
  });

  it("fails what the stream held when it breaks, naming the cause", async () => {
    const broken = new Duplex({ read: () => undefined, write: () => undefined });
    const client = GossipClient.over(broken);
    const inFlight = client.announce(1, "a");
    const lost = once(client, "disconnected");
    broken.destroy(new Error("cable cut"));
    const [reason] = (await within("disconnected", lost)) as [Error];
    assert.equal(reason.message, "the connection broke: cable cut");
    assert.equal(await rejectionOf(inFlight), reason);
  });

  it("gives up a server that sends notifications but never takes a verdict", async () => {
    const deaf = new Duplex({ read: () => undefined, write: () => undefined });
    const client = GossipClient.over(deaf);
    const subscription = client.subscribe(1);
    const lost = once(client, "disconnected");
    let answeredCount = 0;
    const isConnected = (): boolean => client.state === "connected";
    while (isConnected()) {
      const ids = Array.from({ length: 1_000 }, (_, index) => index);
      deaf.push(Buffer.from(ids.map((id) => notificationHex(id, 1)).join(""), "hex"));
      for (let unread = ids.length; unread > 0 && isConnected(); unread -= 1) {
        if ((await nextOf(subscription)).accept()) answeredCount += 1;
      }
    }
    const [reason] = (await lost) as [Error];
    assert.equal(reason.message, "the gossip module does not read its socket");
    // 1 MiB of verdicts, plus what the stream itself takes before it is full.
    assert.ok(answeredCount > 131_072 && answeredCount < 140_000, String(answeredCount));
  });
});

describe("a cautious client", () => {
  it("sends one frame, waits until it is flushed and a pause is over, then the next", async (context) => {
    const { client, side, timers } = await connected(context, { cautious: true });
    const announced = Promise.all([client.announce(1, "a"), client.announce(1, "b")]);
    client.subscribe(1);
    for (const wanted of [announceHex(0, 1, "61"), notifyHex(1), announceHex(0, 1, "62")]) {
      await timers.running(50);
      assert.equal(await side.receive(wanted.length / 2), wanted);
      assert.equal(side.unread, "");
      timers.fire(50);
    }
    await announced;
    assert.ok(!timers.delaysMs.includes(50));
  });

  it("sends every verdict given before it closes, with the same pauses", async (context) => {
    const { client, side, timers } = await connected(context, { cautious: true });
    const subscription = client.subscribe(1);
    await side.receive(8);
    await timers.running(50);
    timers.fire(50);
    await side.send(notificationHex(1, 1) + notificationHex(2, 1));
    (await nextOf(subscription)).accept();
    (await nextOf(subscription)).reject();
    const closed = client.close();
    assert.equal(await side.receive(8), validationHex(1, 1));
    await timers.running(50);
    assert.equal(side.unread, "");
    timers.fire(50);
    assert.equal(await side.receiveToEnd(), validationHex(2, 0));
    await closed;
  });
});
