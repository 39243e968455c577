import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { formatIpAddress, parseIpAddress } from "../../src/core/ip-address.ts";
import type { LinkId } from "../../src/core/ports.ts";
import { Peers } from "../../src/wire/p2p/peers.ts";
import type { PeerRecord } from "../../src/wire/p2p/peers.ts";
import { CoreHarness } from "../support/core-harness.ts";
import { linesOf } from "../support/core-outbox.ts";
import {
  bookOf,
  challengeTo,
  extendedLink,
  helloFor,
  markedLink,
  publicAddresses,
} from "../support/extended-links.ts";
import { PlayedWorld } from "../support/played-world.ts";

/** A node that knows these addresses and dials none of them. */
function ours(tried: readonly string[] = []): CoreHarness {
  const node = new CoreHarness({ extensions: "on", outboundLinksTarget: 0 });
  node.tick({ kind: "bookRestored", book: bookOf(tried) });
  return node;
}

function listsTo(node: CoreHarness, link: LinkId): Peers[] {
  const peers = node.messagesTo(link).filter((message) => message.kind === "peers");
  return peers.filter(({ role }) => role === "list");
}

const getsTo = (node: CoreHarness, link: LinkId): number =>
  node.messagesTo(link).filter((message) => message.kind === "peers" && message.role === "get")
    .length;

/** What a node tells over a link from that host. */
function toldTo(node: CoreHarness, host: string): string[] {
  const link = extendedLink(node, host);
  node.receive(link, new Peers("get"));
  return (listsTo(node, link)[0]?.records ?? []).map(
    ({ address, port }) => `${formatIpAddress({ bytes: [...address] })}:${port}`,
  );
}

function record(host: string, port = 6001, ageSeconds = 600): PeerRecord {
  const address = parseIpAddress(host);
  assert.ok(address !== undefined);
  return { address: Uint8Array.from(address.bytes), port, ageSeconds };
}

const savedHosts = (node: CoreHarness): string[] =>
  node.core.savedBook().entries.map(({ host, port }) => `${host}:${port}`);

/** What a node learns from a list that comes over a link from that host. */
function learnt(host: string, records: readonly PeerRecord[]): string[] {
  const node = ours();
  const link = extendedLink(node, host);
  node.receive(link, new Peers("list", records));
  return savedHosts(node);
}

describe("[protocol §6.5] asking for addresses", () => {
  it("happens when the link comes up, after 5 s, after 20 s, then once a minute", () => {
    const node = ours();
    const link = extendedLink(node);
    const askedAt: number[] = [];
    for (let ms = 0; ms < 300_000; ms += 100) {
      if (getsTo(node, link) > askedAt.length) askedAt.push(ms);
      node.advance(100);
      if (ms % 10_000 === 0) node.receive(link, new Peers("get"));
    }
    const [first, second, third, ...later] = askedAt;
    assert.equal(first, 0);
    assert.ok(second !== undefined && second >= 5_000 && second <= 6_100, `${second}`);
    assert.ok(third !== undefined && third >= 20_000 && third <= 24_200, `${third}`);
    assert.ok(later.length >= 3);
    for (const [index, at] of later.entries()) {
      const waited = at - (later[index - 1] ?? third);
      assert.ok(waited >= 60_000 && waited <= 72_100, `${waited}`);
    }
  });

  it("is not done where HELLO asked not to", () => {
    const node = ours();
    const link = markedLink(node);
    node.receive(link, helloFor(challengeTo(node, link), { peerExchange: "refused" }));
    assert.equal(getsTo(node, link), 0);
    node.advance(20_000);
    assert.equal(getsTo(node, link), 0);
  });

  it("is not done of base peers", () => {
    const node = ours();
    const link = node.inboundLink();
    node.advance(600_000);
    assert.equal(getsTo(node, link), 0);
  });
});

describe("[protocol §6.5] a list", () => {
  it("that nobody asked for closes the link", () => {
    const node = ours();
    const link = extendedLink(node);
    node.receive(link, new Peers("list"));
    assert.deepEqual(linesOf(node.receive(link, new Peers("list"))), [
      `close ${link}: unaskedPeers`,
    ]);
  });

  it("may be late, but no more than four can be due, however often we asked", () => {
    const node = ours();
    const link = extendedLink(node);
    for (let minute = 0; minute < 60; minute++) {
      for (let part = 0; part < 6; part++) {
        node.advance(10_000);
        node.receive(link, new Peers("get"));
      }
    }
    assert.ok(getsTo(node, link) > 40);
    for (let n = 0; n < 4; n++)
      assert.deepEqual(linesOf(node.receive(link, new Peers("list"))), []);
    assert.deepEqual(linesOf(node.receive(link, new Peers("list"))), [
      `close ${link}: unaskedPeers`,
    ]);
  });

  it("is given four times at once and then once a minute; other requests are ignored", () => {
    const node = ours();
    const link = extendedLink(node);
    for (let n = 0; n < 10; n++) node.receive(link, new Peers("get"));
    assert.equal(listsTo(node, link).length, 4);
    for (let second = 0; second < 600; second++) {
      node.advance(1_000);
      node.receive(link, new Peers("get"));
    }
    assert.equal(listsTo(node, link).length, 14);
    assert.equal(node.linkSnapshot(link).phase, "established");
  });

  it("has at most 32 records, and others each time", () => {
    const node = ours(publicAddresses(200));
    const link = extendedLink(node, "203.0.113.1");
    for (let n = 0; n < 3; n++) node.receive(link, new Peers("get"));
    const lists = listsTo(node, link).map(({ records }) =>
      records.map(({ address }) => address.join(".")),
    );
    for (const list of lists) assert.equal(new Set(list).size, 32);
    assert.ok(new Set(lists.flat()).size > 60);
  });

  it("holds only addresses that answered a dial of ours, not what others say", () => {
    const node = ours(publicAddresses(1));
    const link = extendedLink(node, "203.0.113.1");
    node.receive(link, new Peers("list", [record("198.51.100.7")]));
    assert.equal(savedHosts(node).length, 2);
    assert.deepEqual(toldTo(node, "203.0.113.2"), publicAddresses(1));
  });

  it("does not tell a peer its own address", () => {
    const node = ours(["203.0.113.1:6001", "203.0.113.1:6002"]);
    const link = extendedLink(node, "203.0.113.1", 6001);
    node.receive(link, new Peers("get"));
    assert.deepEqual(
      listsTo(node, link)[0]?.records.map(({ port }) => port),
      [6002],
    );
  });

  it("rounds ages up to ten minutes", () => {
    const told = (ageSeconds: number): number | undefined => {
      const node = new CoreHarness({ extensions: "on", outboundLinksTarget: 0 });
      node.tick({ kind: "bookRestored", book: bookOf(["20.0.0.1:1"], { ageSeconds }) });
      const link = extendedLink(node, "203.0.113.1");
      node.receive(link, new Peers("get"));
      return listsTo(node, link)[0]?.records[0]?.ageSeconds;
    };
    assert.deepEqual(
      [0, 1, 599, 600, 601, 86_399, Number.MAX_SAFE_INTEGER].map(told),
      [600, 600, 600, 600, 1_200, 86_400, 0xffff_ffff],
    );
  });

  it("shows a neighbour of two hours as two hours old: links do not make addresses young", () => {
    const node = new CoreHarness({ extensions: "on", outboundLinksTarget: 1 });
    node.tick({ kind: "bookRestored", book: bookOf(["20.0.0.1:1"]) });
    const world = new PlayedWorld(node, () => "accepts");
    world.run(1_000);
    assert.deepEqual(world.linked, ["20.0.0.1:1"]);
    world.run(7_200_000, 60_000);
    assert.deepEqual(world.linked, ["20.0.0.1:1"]);
    const link = extendedLink(node, "203.0.113.1");
    node.receive(link, new Peers("get"));
    const [age] = listsTo(node, link)[0]?.records.map(({ ageSeconds }) => ageSeconds) ?? [];
    assert.ok(age !== undefined && age >= 7_200, `${age}`);
  });
});

describe("[protocol §6.5] the scope of addresses", () => {
  const everywhere = [
    "127.0.0.1:1",
    "[::1]:2",
    "10.0.0.1:3",
    "172.16.0.1:4",
    "192.168.0.1:5",
    "169.254.0.1:6",
    "fc00::1:7",
    "fe80::1:8",
    "203.0.113.9:9",
    "2001:db8::9:10",
  ].map((text) => text.replace(/[[\]]/g, ""));
  const portsOf = (told: readonly string[]): number[] =>
    told.map((text) => Number(text.slice(text.lastIndexOf(":") + 1))).sort((a, b) => a - b);

  for (const [host, ports] of [
    ["127.0.0.1", [1, 2, 3, 4, 5, 6, 7, 8, 9, 10]],
    ["10.1.2.3", [3, 4, 5, 6, 7, 8, 9, 10]],
    ["fe80::77", [3, 4, 5, 6, 7, 8, 9, 10]],
    ["203.0.113.1", [9, 10]],
    ["2001:db8::1", [9, 10]],
  ] as const) {
    it(`over a link with ${host}: ports ${ports.join(" ")} are told and taken`, () => {
      assert.deepEqual(portsOf(toldTo(ours(everywhere), host)), ports);
      const records = everywhere.map((text) => {
        const colon = text.lastIndexOf(":");
        return record(text.slice(0, colon), Number(text.slice(colon + 1)));
      });
      assert.deepEqual(portsOf(learnt(host, records)), ports);
    });
  }

  it("leaves out port 0, unspecified, multicast and reserved addresses on every link", () => {
    const bad = [
      record("203.0.113.1", 0),
      ...["0.0.0.0", "0.1.2.3", "224.0.0.1", "255.255.255.255", "::", "ff02::1"].map((host) =>
        record(host),
      ),
    ];
    for (const host of ["127.0.0.1", "203.0.113.1"]) assert.deepEqual(learnt(host, bad), []);
  });

  it("takes IPv4-mapped IPv6 for the IPv4 it is", () => {
    const mapped = (bytes: readonly number[]): PeerRecord => ({
      address: Uint8Array.from([0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 255, 255, ...bytes]),
      port: 7,
      ageSeconds: 0,
    });
    assert.deepEqual(learnt("203.0.113.1", [mapped([198, 51, 100, 1]), mapped([127, 0, 0, 1])]), [
      "198.51.100.1:7",
    ]);
  });
});
