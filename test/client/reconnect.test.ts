import assert from "node:assert/strict";
import { once } from "node:events";
import { describe, it } from "node:test";
import { setImmediate } from "node:timers/promises";
import { Backoff } from "../../src/client/backoff.ts";
import {
  ClientClosedError,
  ConnectionLostError,
  ProtocolViolationError,
} from "../../src/client/errors.ts";
import type { GossipClientError } from "../../src/client/errors.ts";
import type { GossipClient } from "../../src/client/gossip-client.ts";
import { announceHex, notificationHex, notifyHex, validationHex } from "./frames.ts";
import { connected, nextOf, rejectionOf, textOf } from "./harness.ts";
import { within } from "./scripted-server.ts";

/** The smallest delays, so that each is half of its nominal value. */
const reconnect = { random: () => 0 };
const firstDelayMs = 500;

async function disconnection(client: GossipClient): Promise<GossipClientError> {
  const [reason] = (await within("disconnected", once(client, "disconnected"))) as [
    GossipClientError,
  ];
  return reason;
}

describe("the backoff", () => {
  it("doubles from the first delay to the largest, and begins anew after a reset", () => {
    const backoff = new Backoff(1_000, 30_000, () => 1 - Number.EPSILON);
    const delays = Array.from({ length: 7 }, () => backoff.nextDelayMs());
    assert.deepEqual(delays, [1_000, 2_000, 4_000, 8_000, 16_000, 30_000, 30_000]);
    backoff.reset();
    assert.equal(backoff.nextDelayMs(), 1_000);
  });

  it("is random in its second half", () => {
    assert.equal(new Backoff(1_000, 30_000, () => 0).nextDelayMs(), 500);
    assert.equal(new Backoff(1_000, 30_000, () => 0.5).nextDelayMs(), 750);
  });
});

describe("a lost connection", () => {
  it("is replaced after the delay, and the subscriptions still iterated are sent again", async (context) => {
    const { client, side, server, timers } = await connected(context, { reconnect });
    const events: string[] = [];
    client.on("disconnected", (reason) => events.push(`disconnected ${reason.code}`));
    client.on("retrying", (reason, delayMs) => events.push(`retrying ${reason.code} ${delayMs}`));
    client.on("connected", () => events.push(`connected ${client.state}`));
    const one = client.subscribe(1);
    client.subscribe(2).finish();
    client.subscribe(3);
    await side.receive(24);
    const lost = disconnection(client);
    side.stream.end();
    const reason = await lost;
    assert.ok(reason instanceof ConnectionLostError);
    assert.equal(reason.message, "the gossip module closed the connection");
    assert.equal(client.state, "disconnected");
    timers.fire(firstDelayMs);
    const next = await server.accept();
    assert.equal(await next.receive(16), notifyHex(1) + notifyHex(3));
    await next.send(notificationHex(1, 1, "aa"));
    assert.equal(textOf(await nextOf(one)), "aa");
    assert.deepEqual(events, [
      "disconnected connectionLost",
      "retrying connectionLost 500",
      "connected connected",
    ]);
  });

  it("is tried again for ever, ever more slowly, and only a lasting connection resets that", async (context) => {
    const { client, side, server, timers } = await connected(context, { reconnect });
    await server.stop();
    await once(client, "retrying");
    for (const delayMs of [500, 1_000, 2_000, 4_000, 8_000, 15_000, 15_000]) {
      const retrying = once(client, "retrying");
      timers.fire(delayMs);
      const [reason] = (await within("retrying", retrying)) as [GossipClientError, number];
      assert.equal(reason.code, "connectFailed");
    }
    assert.deepEqual(timers.delaysMs, [15_000]);
    assert.equal(side.unread, "");
  });

  it("counts as lasting once it has lived for the largest delay", async (context) => {
    const { client, side, server, timers } = await connected(context, {
      reconnect: { ...reconnect, delayMinMs: 100, delayMaxMs: 10_000 },
    });
    let last = side;
    for (const delayMs of [50, 100, 200]) {
      const retrying = once(client, "retrying");
      last.stream.destroy();
      await within("retrying", retrying);
      const back = once(client, "connected");
      timers.fire(delayMs);
      last = await server.accept();
      await within("connected", back);
    }
    timers.fire(10_000);
    const retrying = once(client, "retrying");
    last.stream.destroy();
    assert.equal((await within("retrying", retrying))[1], 50);
  });

  it("takes open notifications with it: they can be read, but not answered", async (context) => {
    const { client, side, server, timers } = await connected(context, { reconnect });
    const subscription = client.subscribe(1);
    await side.receive(8);
    const lost = disconnection(client);
    side.stream.end(Buffer.from(notificationHex(5, 1, "aa") + notificationHex(6, 1, "bb"), "hex"));
    const taken = await nextOf(subscription);
    await lost;
    assert.equal(taken.accept(), false);
    assert.equal(taken.state, "gone");
    timers.fire(firstDelayMs);
    const next = await server.accept();
    await next.receive(8);
    const buffered = await nextOf(subscription);
    assert.deepEqual([textOf(buffered), buffered.state, buffered.reject()], ["bb", "gone", false]);
    await next.send(notificationHex(5, 1, "cc"));
    const fresh = await nextOf(subscription);
    assert.equal(taken.accept(), false);
    assert.equal(fresh.accept(), true);
    assert.equal(await next.receive(8), validationHex(5, 1));
    assert.equal(next.unread, "");
  });

  it("lets announcements wait, which then follow the subscriptions in their order", async (context) => {
    const { client, side, server, timers } = await connected(context, { reconnect });
    client.subscribe(1);
    await side.receive(8);
    const lost = disconnection(client);
    side.stream.destroy();
    await lost;
    const announced = Promise.all([client.announce(2, "a"), client.announce(2, "b")]);
    client.subscribe(3);
    timers.fire(firstDelayMs);
    const next = await server.accept();
    await announced;
    assert.equal(
      await next.receive(34),
      notifyHex(1) + notifyHex(3) + announceHex(0, 2, "61") + announceHex(0, 2, "62"),
    );
  });

  it("rejects announcements that the socket held, and sends only the others again", async (context) => {
    const backlogBytesMax = 64 * 1024 * 1024;
    const { client, side, server, timers } = await connected(context, {
      reconnect,
      backlogBytesMax,
    });
    side.stream.pause();
    const outcomes: string[] = [];
    const announcements = Array.from({ length: 400 }, (_, index) =>
      client.announce(index, new Uint8Array(65_523)).then(
        () => outcomes.push("sent"),
        (error: unknown) => {
          assert.ok(error instanceof ConnectionLostError);
          outcomes.push("lost");
        },
      ),
    );
    await Promise.race(announcements);
    const lost = disconnection(client);
    side.stream.destroy();
    await lost;
    await setImmediate();
    const settledCount = outcomes.length;
    // How many are lost depends on the system's buffers; that they are the last ones does not.
    assert.ok(settledCount < announcements.length);
    assert.ok(
      !outcomes.slice(outcomes.indexOf("lost")).includes("sent") || !outcomes.includes("lost"),
    );
    timers.fire(firstDelayMs);
    const next = await server.accept();
    for (let index = settledCount; index < announcements.length; index += 1) {
      assert.equal(await next.receive(65_531), announceHex(0, index, "00".repeat(65_523)));
    }
    await Promise.all(announcements);
    assert.ok(outcomes.slice(settledCount).every((outcome) => outcome === "sent"));
  });

  it("lets an announcement that waits be taken back by its signal", async (context) => {
    const { client, side } = await connected(context, { reconnect });
    const lost = disconnection(client);
    side.stream.destroy();
    await lost;
    const controller = new AbortController();
    const announced = client.announce(2, "a", { signal: controller.signal });
    controller.abort(new Error("not that long"));
    assert.equal((await rejectionOf(announced)).message, "not that long");
  });

  it("says when it broke in the middle of a message", async (context) => {
    const { client, side } = await connected(context, { reconnect });
    const lost = disconnection(client);
    side.stream.end(Buffer.from("000c01f6", "hex"));
    assert.match((await lost).message, /in the middle of a message/);
  });

  it("can be given up by a listener, which closes the client", async (context) => {
    const { client, side, timers } = await connected(context, { reconnect });
    client.on("disconnected", () => void client.close());
    const lost = disconnection(client);
    side.stream.destroy();
    await lost;
    assert.equal(client.state, "closed");
    assert.deepEqual(timers.delaysMs, []);
  });

  it("can be replaced at once by a listener that calls renew", async (context) => {
    const { client, side, server, timers } = await connected(context, { reconnect });
    client.subscribe(4);
    await side.receive(8);
    const renewed = new Promise<void>((resolve, reject) => {
      client.once("disconnected", () => void client.renew().then(resolve, reject));
    });
    side.stream.destroy();
    assert.equal(await (await server.accept()).receive(8), notifyHex(4));
    await renewed;
    assert.ok(!timers.delaysMs.includes(firstDelayMs));
  });

  it("is replaced at once, without the rest of the delay, by renew", async (context) => {
    const { client, side, server, timers } = await connected(context, { reconnect });
    side.stream.destroy();
    await timers.running(firstDelayMs);
    const renewed = client.renew();
    assert.ok(!timers.delaysMs.includes(firstDelayMs));
    await server.accept();
    await renewed;
  });
});

describe("a server that sends what no gossip module may send", () => {
  const malformed: readonly (readonly [name: string, hex: string, kind: string])[] = [
    ["a size below the header", "000301f6", "sizeBelowHeader"],
    ["an unknown type", "00080208deadbeef", "unknownType"],
    ["a message of the other direction", announceHex(0, 1, ""), "unexpectedType"],
    ["a message of the other socket", "000401fa", "unexpectedType"],
    ["a notification without room for its fields", "000701f6", "wrongSize"],
    ["text", Buffer.from("HTTP/1.1 400 Bad Request").toString("hex"), "unknownType"],
  ];

  for (const [name, hex, kind] of malformed) {
    it(`loses the connection by a typed error: ${name}`, async (context) => {
      const { client, side, server, timers } = await connected(context, { reconnect });
      const subscription = client.subscribe(1);
      await side.receive(8);
      const lost = disconnection(client);
      await side.send(notificationHex(1, 1, "aa") + hex + notificationHex(2, 1, "bb"));
      const reason = await lost;
      assert.ok(reason instanceof ProtocolViolationError);
      assert.equal(reason.code, "protocolViolation");
      assert.equal(reason.fault.kind, kind);
      assert.equal(await side.receiveToEnd(), "");
      assert.equal(textOf(await nextOf(subscription)), "aa");
      assert.equal(subscription.bufferedCount, 0);
      timers.fire(firstDelayMs);
      await (await server.accept()).receive(8);
    });
  }
});

describe("a client that does not reconnect", () => {
  it("ends with its connection: iterators throw after what they hold, calls are refused", async (context) => {
    const { client, side, timers } = await connected(context, { reconnect: false });
    const waiting = client.subscribe(2).next();
    const subscription = client.subscribe(1);
    await side.receive(16);
    const lost = disconnection(client);
    side.stream.end(Buffer.from(notificationHex(5, 1, "aa"), "hex"));
    const reason = await lost;
    assert.equal(await rejectionOf(waiting), reason);
    assert.equal(client.state, "closed");
    assert.equal(textOf(await nextOf(subscription)), "aa");
    assert.equal(await rejectionOf(subscription.next()), reason);
    assert.deepEqual(await subscription.next(), { done: true, value: undefined });
    for (const refused of [client.announce(1, ""), client.renew()]) {
      const error = await rejectionOf(refused);
      assert.ok(error instanceof ClientClosedError);
      assert.equal(error.cause, reason);
      assert.match(error.message, /gave up: the gossip module closed the connection/);
    }
    assert.throws(() => client.subscribe(1), ClientClosedError);
    assert.deepEqual(timers.delaysMs, []);
    await client.close();
  });
});
