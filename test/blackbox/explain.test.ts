import assert from "node:assert/strict";
import { describe, it } from "node:test";

import { Daemon } from "./support/daemon.ts";
import type { Exit, Settings } from "./support/daemon.ts";
import type { Scope } from "./support/patience.ts";
import { RawModule } from "./support/raw-module.ts";
import { RawPeer, anItem } from "./support/raw-peer.ts";
import { total } from "./support/status.ts";

const topic = 1337;

async function explain(t: Scope, daemon: Daemon, id: string): Promise<Exit> {
  const commandLine = ["explain", id, "--socket", daemon.controlSocket];
  return Daemon.runToExit(t, {}, { commandLine });
}

/** A node with a module and two peers; `one` has link 1, `other` link 2. */
async function aNode(
  t: Scope,
  settings: Settings = {},
): Promise<{ daemon: Daemon; module: RawModule; one: RawPeer; other: RawPeer }> {
  const daemon = await Daemon.start(t, settings);
  const module = await RawModule.subscribed(t, daemon, topic);
  const one = await RawPeer.dial(t, daemon);
  const other = await RawPeer.dial(t, daemon);
  return { daemon, module, one, other };
}

describe("voidgossip explain", () => {
  it("tells of a relayed item and of its duplicate: from whom, whom it asked, to whom and to whom not", async (t) => {
    const { daemon, module, one, other } = await aNode(t);
    const data = Buffer.from("relay me");
    one.send(anItem(topic, data, { ttl: 3, messageId: 4711 }));
    await module.expectAndAccept(data, "the item");
    await other.expectItem(data, "the item at the other peer");
    other.send(anItem(topic, data, { ttl: 2, messageId: 4711 }));
    await daemon.statusUntil("the duplicate", (status) => total(status, "itemDuplicate") === 1);
    const { code, stdout } = await explain(t, daemon, "latest");
    assert.equal(code, 0);
    const lines = stdout.split("\n").map((line) => line.trim().replace(/^\+[\d.]+ m?s +/, ""));
    assert.match(
      lines[0] ?? "",
      /^Relayed: accepted, sent to 1 link\. 1 duplicate came after it\.$/,
    );
    assert.match(lines[1] ?? "", /^Item of type 1337, message id 4711, came at \d{4}-/);
    assert.match(lines[2] ?? "", /^key 05391267[0-9a-f]{32}$/);
    const from = /\(127\.0\.0\.1:\d+\)/.source;
    for (const [at, pattern] of [
      `^arrived over link 1 ${from}, 8 bytes with TTL 3$`,
      "^module 1 was asked$",
      "^module 1 accepted, .* after it was asked$",
      "^accepted: it may spread$",
      `^sent to link 2 ${from} with TTL 2$`,
      `^not to link 1 ${from}: it came from there$`,
      `^a copy with TTL 2 came over link 2 ${from}: duplicate, dropped$`,
    ].entries()) {
      assert.match(lines[at + 4] ?? "", new RegExp(pattern));
    }
    for (const id of ["4711", "1337", "05391267", "0x0539"]) {
      assert.equal((await explain(t, daemon, id)).stdout, stdout, id);
    }
  });

  it("tells of a rejected item who rejected it", async (t) => {
    const { daemon, module, one } = await aNode(t);
    one.send(anItem(topic, "bad"));
    module.reject(await module.nextNotification("the item"));
    await daemon.statusUntil("the verdict", (status) => total(status, "itemRejected") === 1);
    const { stdout } = await explain(t, daemon, "latest");
    assert.match(stdout, /^Stopped here: a module rejected it\.\n/);
    assert.match(
      stdout,
      /module 1 rejected, .* after it was asked\n.*rejected: it does not spread/,
    );
  });

  it("tells of an expired item that nobody gave a verdict", async (t) => {
    const { daemon, one } = await aNode(t, { validation_timeout: 0.2 });
    one.send(anItem(topic, "nobody cares"));
    await daemon.statusUntil("the deadline", (status) => total(status, "itemExpired") === 1);
    const { stdout } = await explain(t, daemon, "latest");
    assert.match(stdout, /^Stopped here: no module gave a verdict in time\.\n/);
    assert.match(stdout, /module 1 was asked\n.*expired: no verdict came in time/);
  });

  it("tells of an item with TTL 1 that this was its last hop", async (t) => {
    const { daemon, module, one } = await aNode(t);
    one.send(anItem(topic, "near", { ttl: 1 }));
    module.accept(await module.nextNotification("the item"));
    await daemon.statusUntil("the verdict", (status) => total(status, "itemAccepted") === 1);
    const { stdout } = await explain(t, daemon, "latest");
    assert.match(stdout, /^Delivered here, and no further: it came with TTL 1\.\n/);
    assert.match(stdout, /sent to nobody: it came with TTL 1, so this is its last hop/);
  });

  it("tells of an item that no module has subscribed to", async (t) => {
    const { daemon, one } = await aNode(t);
    one.send(anItem(9, "what?"));
    await daemon.statusUntil("the item", (status) => total(status, "itemUnsubscribed") === 1);
    const { stdout } = await explain(t, daemon, "9");
    assert.match(stdout, /^Stopped here: no module has subscribed to its type\.\n/);
    assert.match(stdout, /dropped: no module here has subscribed to type 9 \(over link 1 /);
  });

  it("tells of an item of a module of this host", async (t) => {
    const { daemon, module, one, other } = await aNode(t);
    module.announce(topic, Buffer.from("mine"), 5);
    for (const peer of [one, other]) await peer.expectItem(Buffer.from("mine"), "the item");
    const { stdout } = await explain(t, daemon, "latest");
    assert.match(stdout, /^Announced here, sent to 2 links\.\n/);
    assert.match(stdout, /announced by module 1, 4 bytes with TTL 5\n.*sent to link 1 .*, link 2 /);
  });

  it("tells some items whole when too many come, and says how many it did not record", async (t) => {
    const { daemon, module, one } = await aNode(t, { journal_items_per_second: 1 });
    for (const text of ["told", "not told"]) {
      one.send(anItem(topic, text));
      module.accept(await module.nextNotification(text));
    }
    await daemon.statusUntil("the verdicts", (status) => total(status, "itemAccepted") === 2);
    const { stdout } = await explain(t, daemon, "latest");
    assert.match(stdout, /^Relayed: accepted, sent to 1 link\.\n/);
    assert.match(stdout, / 4 bytes with TTL /);
    const { stderr } = await explain(t, daemon, "9");
    assert.equal(
      stderr,
      "no item fits 9: the last 1 are remembered; 1 came faster than journal_items_per_second and were not recorded\n",
    );
  });

  it("says in one line when there is nothing to tell", async (t) => {
    const daemon = await Daemon.start(t);
    const nothing = await explain(t, daemon, "latest");
    assert.deepEqual([nothing.code, nothing.stdout], [1, ""]);
    assert.equal(nothing.stderr, "no item fits latest: none came so far\n");
    const off = await Daemon.start(t, { journal_items: 0 });
    const { code, stderr } = await explain(t, off, "latest");
    assert.deepEqual([code, stderr], [1, "this node remembers no items: its journal_items is 0\n"]);
  });
});
