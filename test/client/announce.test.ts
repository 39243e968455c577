import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { setImmediate } from "node:timers/promises";
import { AnnounceBacklog } from "../../src/client/announce-backlog.ts";
import type { PendingAnnouncement } from "../../src/client/announce-backlog.ts";
import {
  BacklogFullError,
  DataTooLargeError,
  GossipClientError,
  InvalidArgumentError,
} from "../../src/client/errors.ts";
import { announceHex, notifyHex } from "./frames.ts";
import { connected, overPair, rejectionOf } from "./harness.ts";

describe("announce", () => {
  it("sends type, TTL and data as the protocol says, TTL 0 by default", async (context) => {
    const { client, side } = await connected(context);
    await client.announce(1337, Uint8Array.of(0xde, 0xad, 0xbe, 0xef), { ttl: 4 });
    assert.equal(await side.receive(12), announceHex(4, 1337, "deadbeef"));
    await client.announce(65_535, new Uint8Array(0), { ttl: 255 });
    assert.equal(await side.receive(8), announceHex(255, 65_535, ""));
    await client.announce(0, Uint8Array.of(1));
    assert.equal(await side.receive(9), announceHex(0, 0, "01"));
  });

  it("sends text as UTF-8", async (context) => {
    const { client, side } = await connected(context);
    await client.announce(1, "hé€\u{1f600}");
    assert.equal(await side.receive(18), announceHex(0, 1, "68c3a9e282acf09f9880"));
  });

  it("sends all 256 byte values unchanged", async (context) => {
    const { client, side } = await connected(context);
    const data = Uint8Array.from({ length: 256 }, (_, index) => index);
    await client.announce(1, data);
    assert.equal(await side.receive(264), announceHex(0, 1, Buffer.from(data).toString("hex")));
  });

  it("takes 65,523 bytes; more is refused before sending, naming both limits", async (context) => {
    const { client, side } = await connected(context);
    for (const length of [65_524, 65_527, 65_528, 100_000]) {
      const error = await rejectionOf(client.announce(1, new Uint8Array(length)));
      assert.ok(error instanceof DataTooLargeError && error instanceof GossipClientError);
      assert.equal(error.code, "dataTooLarge");
      assert.equal(error.dataBytes, length);
      assert.equal(error.apiDataBytesMax, 65_527);
      assert.equal(error.peerDataBytesMax, 65_523);
      assert.match(error.message, new RegExp(`${length} .*65527.*65523`));
    }
    await client.announce(1, new Uint8Array(65_523).fill(0x5a));
    assert.equal(await side.receive(65_531), announceHex(0, 1, "5a".repeat(65_523)));
    assert.equal(side.unread, "");
  });

  it("judges text by its bytes, not its characters", async (context) => {
    const { client } = await connected(context);
    const error = await rejectionOf(client.announce(1, "é".repeat(32_762)));
    assert.ok(error instanceof DataTooLargeError);
    assert.equal(error.dataBytes, 65_524);
  });

  it("refuses types and TTLs that do not fit, sending nothing", async (context) => {
    const { client, side } = await connected(context);
    for (const bad of [-1, 65_536, 1.5, NaN]) {
      assert.ok((await rejectionOf(client.announce(bad, ""))) instanceof InvalidArgumentError);
    }
    for (const ttl of [-1, 256, 0.5]) {
      const error = await rejectionOf(client.announce(1, "", { ttl }));
      assert.ok(error instanceof InvalidArgumentError);
      assert.match(error.message, /ttl/);
    }
    client.subscribe(3);
    assert.equal(await side.receive(8), notifyHex(3));
  });

  it("copies the data at once, so that the caller may reuse its buffer", async (context) => {
    const { client, side } = await connected(context);
    const buffer = Uint8Array.of(1, 1);
    const first = client.announce(5, buffer);
    buffer.fill(2);
    const second = client.announce(5, buffer);
    buffer.fill(3);
    await Promise.all([first, second]);
    assert.equal(await side.receive(20), announceHex(0, 5, "0101") + announceHex(0, 5, "0202"));
  });

  it("keeps the order of announcements that were not awaited", async (context) => {
    const { client, side } = await connected(context);
    const numbers = Array.from({ length: 500 }, (_, index) => index.toString(16).padStart(4, "0"));
    await Promise.all(numbers.map((number) => client.announce(1, Buffer.from(number, "hex"))));
    const wanted = numbers.map((number) => announceHex(0, 1, number)).join("");
    assert.equal(await side.receive(wanted.length / 2), wanted);
  });

  it("resolves no sooner than a stream takes the bytes, and loses none of 13 MB", async () => {
    const { client, side } = overPair();
    side.stream.pause();
    let resolvedCount = 0;
    const data = new Uint8Array(65_523);
    const announcements = Array.from({ length: 200 }, async (_, index) => {
      data.fill(index);
      await client.announce(1, data);
      resolvedCount += 1;
    });
    await setImmediate();
    assert.equal(resolvedCount, 0);
    side.stream.resume();
    for (let index = 0; index < announcements.length; index += 1) {
      const byte = index.toString(16).padStart(2, "0");
      assert.equal(await side.receive(65_531), announceHex(0, 1, byte.repeat(65_523)));
    }
    await Promise.all(announcements);
    assert.equal(resolvedCount, 200);
    await client.close();
  });

  it("refuses to pile up more than the backlog may hold, and goes on afterwards", async () => {
    const { client, side } = overPair({ backlogBytesMax: 70_000 });
    side.stream.pause();
    const outcomes = await Promise.allSettled([
      ...Array.from({ length: 2 }, () => client.announce(1, new Uint8Array(40_000))),
      rejectionOf(
        Promise.all(Array.from({ length: 8 }, () => client.announce(2, new Uint8Array(30_000)))),
      ).then((error) => {
        assert.ok(error instanceof BacklogFullError);
        assert.equal(error.code, "backlogFull");
        side.stream.resume();
      }),
    ]);
    assert.deepEqual(
      outcomes.map(({ status }) => status),
      ["fulfilled", "fulfilled", "fulfilled"],
    );
    await client.announce(3, "");
    await client.close();
  });

  it("is taken back by its signal while it waits, and not once it is on its way", async () => {
    const { client, side } = overPair();
    side.stream.pause();
    const reason = new Error("too late");
    const controller = new AbortController();
    const { signal } = controller;
    const onItsWay = client.announce(1, new Uint8Array(65_000), { signal });
    const waiting = client.announce(2, "", { signal });
    const behind = client.announce(3, "");
    controller.abort(reason);
    assert.equal(await rejectionOf(waiting), reason);
    assert.equal(await rejectionOf(client.announce(4, "", { signal })), reason);
    side.stream.resume();
    await Promise.all([onItsWay, behind]);
    await side.receive(65_008);
    assert.equal(await side.receive(8), announceHex(0, 3, ""));
    assert.equal(side.unread, "");
    await client.close();
  });
});

describe("the backlog", () => {
  const pending = (byteCount: number): PendingAnnouncement & { outcome: string } => {
    const announcement = {
      frame: new Uint8Array(byteCount),
      outcome: "waiting",
      onSent: () => (announcement.outcome = "sent"),
      onFailed: (error: Error) => (announcement.outcome = error.message),
    };
    return announcement;
  };

  it("is bounded by bytes and by count, and frees both", () => {
    const backlog = new AnnounceBacklog({ bytesMax: 10, countMax: 3 });
    const first = pending(6);
    backlog.add(first);
    assert.throws(() => backlog.add(pending(5)), /1 announcements of 6 bytes wait/);
    backlog.add(pending(2));
    backlog.add(pending(2));
    assert.throws(() => backlog.add(pending(0)), BacklogFullError);
    assert.equal(backlog.take(), first);
    backlog.add(pending(6));
  });

  it("hands out in order, leaves out what was taken back, and fails the rest", () => {
    const backlog = new AnnounceBacklog({ bytesMax: 10_000, countMax: 1_000 });
    const all = Array.from({ length: 300 }, () => pending(1));
    for (const announcement of all) backlog.add(announcement);
    for (const [index, announcement] of all.entries()) {
      if (index % 3 !== 0) assert.equal(backlog.takeBack(announcement), true);
    }
    assert.equal(backlog.takeBack(all[1] ?? assert.fail()), false);
    for (let index = 0; index < 150; index += 3) assert.equal(backlog.take(), all[index]);
    backlog.failAll(new Error("over"));
    assert.equal(backlog.take(), undefined);
    assert.deepEqual(
      all.map(({ outcome }) => outcome),
      all.map((_, index) => (index >= 150 && index % 3 === 0 ? "over" : "waiting")),
    );
  });
});
