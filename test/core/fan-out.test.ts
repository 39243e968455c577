import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { P2PAnnounce } from "../../src/wire/p2p/p2p-announce.ts";
import type { LinkId } from "../../src/core/ports.ts";
import { bytesOf, CoreHarness } from "../support/core-harness.ts";
import { CoreNetwork } from "../support/core-network.ts";

const TYPE = 7;
const links = (node: CoreHarness, count: number): LinkId[] =>
  Array.from({ length: count }, () => node.inboundLink());

describe("[protocol §4.7] fan-out", () => {
  it("is `degree` of forty links, chosen anew for each item", () => {
    const node = new CoreHarness({ degree: 3, inboundLinksMax: 64 });
    const from = node.inboundLink();
    const others = links(node, 40);
    const module = node.subscriber(TYPE);
    const chosen = new Set<LinkId>();
    for (let id = 0; id < 200; id++) {
      node.item(from, id, TYPE, 0, `${id}`);
      const outputs = node.answerLast(module, "accept");
      const targets = others.filter((link) => node.itemsTo(link, outputs).length > 0);
      assert.equal(targets.length, 3);
      for (const link of targets) chosen.add(link);
    }
    assert.equal(chosen.size, 40);
    assert.deepEqual(node.itemsTo(from), []);
  });

  it("is chosen after the links that sent the item were left out", () => {
    const node = new CoreHarness({ degree: 5 });
    const senders = links(node, 10);
    const others = links(node, 5);
    const module = node.subscriber(TYPE);
    for (const sender of senders) node.item(sender, 1, TYPE, 9, "x");
    node.answerLast(module, "accept");
    assert.deepEqual(
      others.map((link) => node.itemsTo(link).length),
      [1, 1, 1, 1, 1],
    );
    assert.deepEqual(
      senders.flatMap((link) => node.itemsTo(link)),
      [],
    );
  });

  it("is fair: every link gets about its share", () => {
    const node = new CoreHarness({ degree: 5 });
    const others = links(node, 20);
    const announcer = node.subscriber();
    for (let n = 0; n < 2_000; n++) node.announce(announcer, 2, TYPE, bytesOf(`${n}`));
    for (const link of others) {
      const share = node.itemsTo(link).length;
      // 2,000 x 5 / 20 = 500, standard deviation 19.
      assert.ok(share > 400 && share < 600, `${share}`);
    }
  });

  it("gives all links the same frame, encoded once", () => {
    const node = new CoreHarness();
    links(node, 10);
    const frames = new Set(
      node
        .announce(node.subscriber(), 2, TYPE, bytesOf("x"))
        .flatMap((output) => (output.kind === "write" ? output.frames : [])),
    );
    assert.equal(frames.size, 1);
  });

  it("leaves out links that are not established, and such as have closed", () => {
    const node = new CoreHarness();
    const [open, closed] = [node.inboundLink(), node.inboundLink()];
    const halfOpen = node.halfOpenLink("127.0.0.1");
    node.tick({ kind: "linkLost", link: closed });
    node.announce(node.subscriber(), 2, TYPE, bytesOf("x"));
    assert.equal(node.itemsTo(open).length, 1);
    assert.deepEqual([...node.itemsTo(halfOpen), ...node.itemsTo(closed)], []);
  });
});

describe("[protocol §4.5] on a line of six nodes", () => {
  for (const [ttl, last] of [
    [0, 5],
    [1, 1],
    [2, 2],
    [3, 3],
    [4, 4],
    [5, 5],
    [6, 5],
    [128, 5],
    [255, 5],
  ] as const) {
    it(`TTL ${ttl} reaches exactly the nodes up to number ${last}`, () => {
      const network = new CoreNetwork(6).line();
      network.announce(0, ttl, "x");
      assert.deepEqual(network.reached(), [0, 1, 2, 3, 4, 5].slice(0, last + 1));
      for (const at of network.reached()) assert.deepEqual(network.heard(at), ["x"]);
    });
  }

  it("an announcement from the middle goes both ways", () => {
    const network = new CoreNetwork(6).line();
    network.announce(3, 2, "x");
    assert.deepEqual(network.reached(), [1, 2, 3, 4, 5]);
  });
});

describe("[protocol §2.1] an announcement", () => {
  it("of 65,523 bytes travels, one of 65,524 neither spreads nor is notified", () => {
    const node = new CoreHarness();
    const to = node.inboundLink();
    const [announcer, other] = [node.subscriber(TYPE), node.subscriber(TYPE)];
    node.announce(announcer, 1, TYPE, new Uint8Array(65_523));
    assert.equal(node.itemsTo(to)[0]?.frameBytes, 65_535);
    const outputs = node.announce(announcer, 1, TYPE, new Uint8Array(65_524));
    assert.deepEqual(
      outputs.map((output) => (output.kind === "report" ? output.event : output)),
      [
        {
          name: "announcementTooLarge",
          subscriber: announcer,
          dataBytes: 65_524,
          dataBytesMax: 65_523,
        },
      ],
    );
    assert.equal(node.notificationsTo(other).length, 1);
    assert.equal(node.counter("announcementTooLarge"), 1);
  });

  it("does not change when the buffer it came in is used again", () => {
    const node = new CoreHarness();
    const module = node.subscriber(TYPE);
    const buffer = bytesOf("first");
    node.announce(node.subscriber(), 1, TYPE, buffer);
    buffer.set(bytesOf("other"));
    node.item(node.inboundLink(), 1, TYPE, 0, "x");
    assert.deepEqual(node.notificationsTo(module)[0]?.data, bytesOf("first"));
    const late = node.inboundLink();
    assert.deepEqual(node.itemsTo(late)[0]?.data, bytesOf("first"));
  });

  it("and an item from a peer, too, is kept in a buffer of its own", () => {
    const node = new CoreHarness();
    const [from, to] = [node.inboundLink(), node.inboundLink()];
    const module = node.subscriber(TYPE);
    const buffer = new Uint8Array(65_536);
    buffer.set(bytesOf("data"), 1_000);
    node.receive(from, new P2PAnnounce(1, TYPE, 0, buffer.subarray(1_000, 1_004)));
    buffer.fill(0);
    node.answerLast(module, "accept");
    const [item] = node.itemsTo(to);
    assert.ok(item !== undefined);
    assert.deepEqual(item.data, bytesOf("data"));
    assert.equal(item.data.buffer.byteLength, 4);
  });
});
