import assert from "node:assert/strict";
import { Duplex } from "node:stream";
import { describe, it } from "node:test";
import { setImmediate } from "node:timers/promises";
import fc from "fast-check";
import { InvalidArgumentError } from "../../src/client/errors.ts";
import { GossipClient } from "../../src/client/gossip-client.ts";
import type { Notification } from "../../src/client/notification.ts";
import { announceHex, notificationHex, notifyHex, validationHex } from "./frames.ts";
import { connected, nextOf, overPair, textOf } from "./harness.ts";

const DONE = { done: true, value: undefined };

describe("subscribe", () => {
  it("tells the server at once, before anybody iterates, and once per type", async (context) => {
    const { client, side } = await connected(context);
    client.subscribe(1337);
    assert.equal(await side.receive(8), notifyHex(1337));
    client.subscribe(1337);
    client.subscribe(65_535);
    client.subscribe(1337);
    client.subscribe(0);
    assert.equal(await side.receive(16), notifyHex(65_535) + notifyHex(0));
    await client.announce(9, "");
    assert.equal(await side.receive(8), announceHex(0, 9, ""));
  });

  it("refuses types that do not fit 16 bits", async (context) => {
    const { client } = await connected(context);
    for (const bad of [-1, 65_536, 0.5, NaN]) {
      assert.throws(() => client.subscribe(bad), InvalidArgumentError);
    }
  });

  it("yields notifications with type, id and data, and sends the verdicts given", async (context) => {
    const { client, side } = await connected(context);
    const subscription = client.subscribe(1337);
    await side.receive(8);
    await side.send(
      notificationHex(0x1234, 1337, "deadbeef") +
        notificationHex(0xffff, 1337) +
        notificationHex(0, 1337, "00".repeat(65_527)),
    );
    const first = await nextOf(subscription);
    assert.deepEqual([first.dataType, first.messageId, textOf(first)], [1337, 0x1234, "deadbeef"]);
    const second = await nextOf(subscription);
    assert.deepEqual([second.messageId, second.data.length], [0xffff, 0]);
    const third = await nextOf(subscription);
    assert.equal(third.data.length, 65_527);
    assert.equal(second.reject(), true);
    assert.equal(first.accept(), true);
    assert.equal(await side.receive(16), validationHex(0xffff, 0) + validationHex(0x1234, 1));
    assert.deepEqual([first.state, second.state, third.state], ["accepted", "rejected", "open"]);
  });

  it("counts the first verdict on a notification; a second one changes and sends nothing", async (context) => {
    const { client, side } = await connected(context);
    const subscription = client.subscribe(1);
    await side.receive(8);
    await side.send(notificationHex(5, 1));
    const notification = await nextOf(subscription);
    assert.equal(notification.reject(), true);
    assert.equal(notification.accept(), false);
    assert.equal(notification.reject(), false);
    assert.equal(notification.state, "rejected");
    await client.announce(9, "");
    assert.equal(await side.receive(16), validationHex(5, 0) + announceHex(0, 9, ""));
  });

  it("gives every iterator of a type each notification, the same one, for one verdict", async (context) => {
    const { client, side } = await connected(context);
    const one = client.subscribe(1);
    const other = client.subscribe(1);
    const foreign = client.subscribe(2);
    await side.receive(16);
    await side.send(notificationHex(5, 1, "aa") + notificationHex(6, 2, "bb"));
    const seenByOne = await nextOf(one);
    assert.equal(await nextOf(other), seenByOne);
    assert.equal(textOf(await nextOf(foreign)), "bb");
    assert.equal(foreign.bufferedCount, 0);
    assert.equal(seenByOne.accept(), true);
    assert.equal(await side.receive(8), validationHex(5, 1));
  });

  it("works as a for await loop, several at once", async (context) => {
    const { client, side } = await connected(context);
    const seen: string[] = [];
    const loop = async (dataType: number, count: number): Promise<void> => {
      let rest = count;
      for await (const notification of client.subscribe(dataType)) {
        seen.push(`${dataType}:${textOf(notification)}`);
        notification.accept();
        rest -= 1;
        if (rest === 0) break;
      }
    };
    const loops = [loop(1, 2), loop(2, 1)];
    await side.receive(16);
    await side.send(notificationHex(1, 1, "aa") + notificationHex(2, 2, "bb"));
    await side.send(notificationHex(3, 1, "cc"));
    await Promise.all(loops);
    assert.deepEqual(
      seen.sort((a, b) => a.localeCompare(b)),
      ["1:aa", "1:cc", "2:bb"],
    );
  });

  it("serves several next() calls that wait at once in their order", async (context) => {
    const { client, side } = await connected(context);
    const subscription = client.subscribe(1);
    const waiting = [nextOf(subscription), nextOf(subscription), subscription.next()];
    await side.receive(8);
    await side.send(notificationHex(1, 1, "aa") + notificationHex(2, 1, "bb"));
    assert.equal(textOf((await waiting[0]) as Notification), "aa");
    assert.equal(textOf((await waiting[1]) as Notification), "bb");
    subscription.finish();
    assert.deepEqual(await waiting[2], DONE);
  });

  it("gives verdicts of one tick to the stream in one piece, with those before an announcement in front", async () => {
    const writes: string[] = [];
    const stream = new Duplex({
      read: () => undefined,
      write: (chunk: Buffer, _encoding, done) => {
        writes.push(chunk.toString("hex"));
        done();
      },
    });
    const client = GossipClient.over(stream);
    const subscription = client.subscribe(1);
    stream.push(Buffer.from([1, 2, 3].map((id) => notificationHex(id, 1)).join(""), "hex"));
    for (let left = 3; left > 0; left -= 1) (await nextOf(subscription)).accept();
    await setImmediate();
    const together = [1, 2, 3].map((id) => validationHex(id, 1)).join("");
    assert.deepEqual(writes, [notifyHex(1), together]);
    stream.push(Buffer.from(notificationHex(4, 1), "hex"));
    (await nextOf(subscription)).accept();
    await client.announce(9, "");
    assert.deepEqual(writes.slice(2), [validationHex(4, 1), announceHex(0, 9, "")]);
    stream.destroy();
  });

  it("keeps no chunk alive: data is a copy of its own size", async (context) => {
    const { client, side } = await connected(context);
    const subscription = client.subscribe(1);
    await side.receive(8);
    await side.send(notificationHex(1, 1, "aabb") + notificationHex(2, 7, "00".repeat(1_000)));
    const { data } = await nextOf(subscription);
    assert.equal(data.buffer.byteLength, 2);
    assert.equal(data.constructor, Uint8Array);
  });

  it("reads every split of the stream alike", async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.uint8Array({ maxLength: 20 }), { minLength: 1, maxLength: 20 }),
        fc.array(fc.integer({ min: 1, max: 30 }), { maxLength: 60 }),
        async (items, lengths) => {
          const { client, side } = overPair();
          const subscription = client.subscribe(7);
          const hexes = items.map((item) => Buffer.from(item).toString("hex"));
          let rest = hexes.map((hex, index) => notificationHex(index, 7, hex)).join("");
          for (const length of [...lengths, rest.length]) {
            side.stream.write(Buffer.from(rest.slice(0, length * 2), "hex"));
            rest = rest.slice(length * 2);
          }
          for (const [index, hex] of hexes.entries()) {
            const notification = await nextOf(subscription);
            assert.deepEqual([notification.messageId, textOf(notification)], [index, hex]);
          }
          await client.close();
        },
      ),
      { numRuns: 100 },
    );
  });
});

describe("a subscription that ends", () => {
  it("ends with its loop; what still comes is counted as unclaimed and stays unanswered", async (context) => {
    const { client, side } = await connected(context);
    const left = client.subscribe(1);
    const other = client.subscribe(2);
    await side.receive(16);
    assert.deepEqual(await left.return(), DONE);
    assert.deepEqual(await left.next(), DONE);
    await side.send(notificationHex(1, 1) + notificationHex(2, 1) + notificationHex(3, 2));
    (await nextOf(other)).accept();
    assert.equal(client.unclaimedCount, 2);
    assert.equal(await side.receive(8), validationHex(3, 1));
  });

  it("is not sent again when it is taken up again on the same connection", async (context) => {
    const { client, side } = await connected(context);
    client.subscribe(1).finish();
    const again = client.subscribe(1);
    client.subscribe(2);
    assert.equal(await side.receive(16), notifyHex(1) + notifyHex(2));
    await side.send(notificationHex(1, 1, "aa"));
    assert.equal(textOf(await nextOf(again)), "aa");
    assert.equal(client.unclaimedCount, 0);
  });

  it("leaves its siblings alone", async (context) => {
    const { client, side } = await connected(context);
    const staying = client.subscribe(1);
    const leaving = client.subscribe(1);
    await side.receive(8);
    leaving.finish();
    await side.send(notificationHex(1, 1));
    assert.equal((await nextOf(staying)).accept(), true);
    assert.equal(leaving.bufferedCount, 0);
  });

  it("ends quietly when its signal fires, also one that fired before", async (context) => {
    const { client, side } = await connected(context);
    const never = client.subscribe(5, { signal: AbortSignal.abort() });
    assert.deepEqual(await never.next(), DONE);
    const controller = new AbortController();
    const subscription = client.subscribe(1, { signal: controller.signal });
    const waiting = subscription.next();
    assert.equal(await side.receive(8), notifyHex(1));
    controller.abort();
    assert.deepEqual(await waiting, DONE);
    assert.deepEqual(await subscription.next(), DONE);
  });

  it("ends at the server too by renew(), which keeps the other ones", async (context) => {
    const { client, side, server } = await connected(context);
    const left = client.subscribe(1);
    const staying = client.subscribe(2);
    await side.receive(16);
    await side.send(notificationHex(7, 2));
    const old = await nextOf(staying);
    left.finish();
    const reasons: string[] = [];
    client.on("disconnected", (reason) => reasons.push(reason.code));
    const renewed = client.renew();
    assert.equal(client.state, "disconnected");
    assert.equal(await side.receiveToEnd(), "");
    const next = await server.accept();
    await renewed;
    assert.equal(client.state, "connected");
    assert.equal(await next.receive(8), notifyHex(2));
    assert.equal(old.accept(), false);
    assert.equal(old.state, "gone");
    await client.announce(9, "");
    assert.equal(await next.receive(8), announceHex(0, 9, ""));
    assert.deepEqual(reasons, ["connectionLost"]);
  });
});

describe("a message id that is given out again", () => {
  it("belongs to the newer notification; the older one can no longer be answered", async (context) => {
    const { client, side } = await connected(context);
    const subscription = client.subscribe(1);
    await side.receive(8);
    await side.send(notificationHex(5, 1, "aa") + notificationHex(5, 1, "bb"));
    const older = await nextOf(subscription);
    const newer = await nextOf(subscription);
    assert.equal(older.state, "gone");
    assert.equal(older.reject(), false);
    assert.equal(newer.accept(), true);
    await side.send(notificationHex(5, 1, "cc"));
    const newest = await nextOf(subscription);
    assert.equal(newer.reject(), false);
    assert.equal(newest.reject(), true);
    assert.equal(await side.receive(16), validationHex(5, 1) + validationHex(5, 0));
  });
});

describe("a reader that is too slow", () => {
  const numbered = (first: number, count: number, bytes = 1): string =>
    Array.from({ length: count }, (_, index) =>
      notificationHex(first + index, 1, (first + index).toString(16).padStart(bytes * 2, "0")),
    ).join("");

  it("loses the oldest notifications over the count, told once per episode", async (context) => {
    const { client, side } = await connected(context, { bufferedCountMax: 3 });
    const lagged: number[] = [];
    const slow = client.subscribe(1);
    const fence = client.subscribe(2);
    client.on("lagged", (subscription) => {
      assert.equal(subscription, slow);
      lagged.push(subscription.droppedCount);
    });
    await side.receive(16);
    await side.send(numbered(1, 10) + notificationHex(99, 2));
    await nextOf(fence);
    assert.deepEqual([slow.droppedCount, slow.bufferedCount, lagged], [7, 3, [1]]);
    const oldest = await nextOf(slow);
    assert.equal(oldest.messageId, 8);
    assert.equal(oldest.accept(), true);
    await side.send(numbered(11, 2) + notificationHex(99, 2));
    await nextOf(fence);
    assert.deepEqual([slow.droppedCount, lagged], [8, [1]]);
    const rest = [await nextOf(slow), await nextOf(slow), await nextOf(slow)];
    assert.deepEqual(
      rest.map(({ messageId }) => messageId),
      [10, 11, 12],
    );
    await side.send(numbered(20, 4) + notificationHex(99, 2));
    await nextOf(fence);
    assert.deepEqual([slow.droppedCount, lagged], [9, [1, 9]]);
  });

  it("loses the oldest over the bytes, while another iterator of the type loses nothing", async (context) => {
    const { client, side } = await connected(context, { bufferedBytesMax: 65_527 });
    const slow = client.subscribe(1);
    const quick = client.subscribe(1);
    const reading = Array.from({ length: 5 }, () => nextOf(quick));
    await side.receive(8);
    await side.send(numbered(1, 5, 30_000));
    await Promise.all(reading);
    assert.deepEqual([slow.droppedCount, slow.bufferedCount], [3, 2]);
    assert.equal(quick.droppedCount, 0);
    assert.deepEqual([(await nextOf(slow)).messageId, (await nextOf(slow)).messageId], [4, 5]);
    await side.send(notificationHex(9, 1, "00".repeat(65_527)));
    await nextOf(quick);
    assert.equal(slow.bufferedCount, 1);
  });
});
