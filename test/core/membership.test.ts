import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { groupKey, parseIpAddress } from "../../src/core/ip-address.ts";
import type { LinkId } from "../../src/core/ports.ts";
import { P2POk } from "../../src/wire/p2p/p2p-ok.ts";
import { Peers } from "../../src/wire/p2p/peers.ts";
import { CoreHarness } from "../support/core-harness.ts";
import type { HarnessOptions } from "../support/core-harness.ts";
import { linesOf } from "../support/core-outbox.ts";
import {
  addressOf,
  bookOf,
  challengeTo,
  extendedDial,
  extendedLink,
  publicAddresses,
} from "../support/extended-links.ts";
import { PlayedWorld } from "../support/played-world.ts";

const BOOTSTRAPPER = "198.51.100.1:6001";

interface Knowing extends HarnessOptions {
  readonly book?: ReturnType<typeof bookOf>;
}

function ours({ book, ...options }: Knowing = {}): CoreHarness {
  const node = new CoreHarness({ extensions: "on", ...options });
  if (book !== undefined) node.tick({ kind: "bookRestored", book });
  return node;
}

const groupOf = (text: string): string => {
  const ip = parseIpAddress(addressOf(text).host);
  assert.ok(ip !== undefined);
  return groupKey(ip);
};

/** Waits between the dials of one address, in ms. */
function waits(world: PlayedWorld, host: string): number[] {
  const times = world.dials.filter(({ address }) => address.host === host).map(({ at }) => at);
  return times.slice(1).map((at, index) => at - (times[index] ?? 0));
}

const table = (node: CoreHarness, text: string): string | undefined =>
  node.core.savedBook().entries.find(({ host }) => host === addressOf(text).host)?.table;

describe("[protocol §7.1] neighbours of our own choice", () => {
  it("are as many as min_connections, in pairwise distinct groups", () => {
    // Three addresses in each of twelve groups.
    const addresses = Array.from({ length: 36 }, (_, n) => `20.${n % 12}.${n}.1:6001`);
    const node = ours({ book: bookOf(addresses) });
    const world = new PlayedWorld(node, () => "accepts");
    world.run(60_000);
    assert.equal(world.linked.length, 8);
    assert.equal(new Set(world.linked.map(groupOf)).size, 8);
    assert.equal(world.proofs, 8);
  });

  it("share groups when the addresses we know do", () => {
    const addresses = Array.from({ length: 12 }, (_, n) => `20.${n % 2}.${n}.1:6001`);
    const node = ours({ book: bookOf(addresses) });
    const world = new PlayedWorld(node, () => "accepts");
    world.run(60_000);
    assert.equal(world.linked.length, 8);
  });

  it("are not dialled because somebody dials us and asks", () => {
    const node = ours({ outboundLinksTarget: 0 });
    for (let n = 0; n < 10; n++) extendedLink(node, `20.${n}.0.1`);
    assert.equal(node.counter("dialsStarted"), 0);
  });
});

describe("[protocol §7.3] a link that goes down", () => {
  it("is replaced at once", () => {
    const node = ours({ book: bookOf(publicAddresses(40)) });
    const world = new PlayedWorld(node, () => "accepts");
    world.run(60_000);
    for (let round = 0; round < 5; round++) {
      const [lost] = world.linked;
      assert.ok(lost !== undefined);
      const link = world.linkByAddress.get(lost);
      assert.ok(link !== undefined);
      const before = node.counter("dialsStarted");
      world.take(node.tick({ kind: "linkLost", link }));
      assert.equal(node.counter("dialsStarted"), before + 1);
      assert.equal(world.linked.length, 8);
      assert.ok(!world.linked.includes(lost), "30 s have not passed");
    }
  });
});

describe("[protocol §7.3] connects", () => {
  it("are no more at once than the solver can take, while they come through", () => {
    const node = ours({ book: bookOf(publicAddresses(40)) });
    assert.equal(node.start().length, 3);
  });

  it("become more as they come to nothing: 32 at most, and 8 with half of the links", () => {
    const node = ours({ book: bookOf(publicAddresses(400)) });
    let wanted = 0;
    const world: PlayedWorld = new PlayedWorld(node, () =>
      world.linked.length < wanted ? "accepts" : "vanishes",
    );
    const atOnce = (ms: number): number => {
      let most = 0;
      for (let waited = 0; waited < ms; waited += 500) {
        world.run(500);
        const under3s = world.dials.filter(({ at }) => node.now - at < 3_000).length;
        most = Math.max(most, under3s);
      }
      return most;
    };
    assert.equal(atOnce(30_000), 32);
    wanted = 5;
    atOnce(6_000);
    assert.ok(world.linked.length >= 5 && world.linked.length < 8);
    atOnce(4_000);
    assert.ok(atOnce(20_000) <= 8);
  });

  it("find half of the links in one keepalive period, all in four, where 95 % have vanished", () => {
    for (const seed of [1, 2, 3]) {
      const node = ours({ seed, book: bookOf(publicAddresses(500)) });
      const isAlive = ({ host }: { readonly host: string }): boolean =>
        Number(host.split(".")[1]) % 20 === 0;
      const world = new PlayedWorld(node, (address) => (isAlive(address) ? "accepts" : "vanishes"));
      world.run(25_000);
      assert.ok(world.linked.length >= 4, `seed ${seed}: ${world.linked.length}`);
      world.run(75_000);
      assert.equal(world.linked.length, 8, `seed ${seed}`);
    }
  });

  it("that come through when there are links enough cost no proof", () => {
    const node = ours({ outboundLinksTarget: 1, book: bookOf(publicAddresses(40)) });
    let isUp = false;
    const world = new PlayedWorld(node, () => (isUp ? "accepts" : "vanishes"));
    world.run(20_000);
    isUp = true;
    world.run(10_000);
    assert.deepEqual([world.linked.length, world.proofs], [1, 1]);
  });
});

describe("[protocol §7.3] backoff", () => {
  it("of an address that refuses doubles from 1 s", () => {
    const node = ours({ book: bookOf(["20.0.0.1:1", "20.1.0.1:1"]), outboundLinksTarget: 2 });
    const world = new PlayedWorld(node, ({ host }) =>
      host === "20.1.0.1" ? "accepts" : "refuses",
    );
    world.run(400_000, 100);
    const bases = waits(world, "20.0.0.1").map((waited) => Math.round(waited / 1_000));
    assert.deepEqual(bases.slice(0, 8), [1, 2, 4, 8, 16, 32, 64, 128]);
  });

  it("of an address that takes proofs and closes doubles from 30 s", () => {
    const node = ours({ book: bookOf(["20.0.0.1:1", "20.1.0.1:1"]), outboundLinksTarget: 2 });
    const world = new PlayedWorld(node, ({ host }) =>
      host === "20.1.0.1" ? "accepts" : "closesAfterVerify",
    );
    world.run(1_000_000, 500);
    const bases = waits(world, "20.0.0.1").map((waited) => Math.round(waited / 1_000));
    assert.deepEqual(bases.slice(0, 4), [30, 60, 120, 240]);
  });

  it("ends when the address answers a feeler, unless proofs were wasted on it", () => {
    for (const behavior of ["refuses", "closesAfterVerify"] as const) {
      const book = bookOf(["20.0.0.1:1", "20.1.0.1:1"], { table: "new" });
      const node = ours({ book, outboundLinksTarget: 2 });
      let isUp = false;
      const world = new PlayedWorld(node, ({ host }) =>
        isUp || host === "20.1.0.1" ? "accepts" : behavior,
      );
      world.run(100_000);
      isUp = true;
      const from = node.outputs.length;
      const link = extendedLink(node, "20.0.0.1", 1);
      world.take(node.outputs.slice(from));
      world.take(node.tick({ kind: "linkLost", link }));
      world.run(6_000);
      assert.equal(world.linked.length, behavior === "refuses" ? 2 : 1);
    }
  });

  it("while we are cut off never makes us forget, nor wait much longer than a minute", () => {
    const addresses = publicAddresses(30);
    const node = ours({ book: bookOf(addresses) });
    let isUp = false;
    const world = new PlayedWorld(node, () => (isUp ? "accepts" : "refuses"));
    world.run(86_400_000, 5_000);
    assert.equal(node.store("triedAddresses").entries, bookedCount(addresses));
    isUp = true;
    world.run(70_000);
    assert.equal(world.linked.length, 8);
  });
});

/** How many of these addresses a book has room for. */
function bookedCount(addresses: readonly string[]): number {
  return ours({ book: bookOf(addresses) }).store("triedAddresses").entries;
}

describe("[protocol §3.7, §7.3] the bootstrapper", () => {
  it("is dialled when we know nobody, and is one address among many from then on", () => {
    const node = ours({ bootstrappers: [addressOf(BOOTSTRAPPER)] });
    assert.deepEqual(linesOf(node.start()), [`dial ${BOOTSTRAPPER}`]);
    const other = ours({ bootstrappers: [addressOf(BOOTSTRAPPER)] });
    const world = new PlayedWorld(other, () => "accepts");
    world.take(other.start());
    assert.equal(table(other, BOOTSTRAPPER), "tried");
  });

  it("is not dialled while the book has somebody", () => {
    const bootstrappers = [addressOf(BOOTSTRAPPER)];
    const node = ours({ bootstrappers, book: bookOf(publicAddresses(40)) });
    const world = new PlayedWorld(node, () => "accepts");
    world.run(60_000);
    assert.ok(world.dials.every(({ address }) => address.host !== "198.51.100.1"));
  });

  it("comes first when the book has led nowhere for 10 s, however many addresses it has", () => {
    const bootstrappers = [addressOf(BOOTSTRAPPER)];
    const node = ours({ bootstrappers, book: bookOf(publicAddresses(800)) });
    const world = new PlayedWorld(node, ({ host }) =>
      host === "198.51.100.1" ? "accepts" : "vanishes",
    );
    world.run(9_500);
    assert.deepEqual(world.linked, []);
    world.run(4_500);
    assert.deepEqual(world.linked, [BOOTSTRAPPER]);
  });

  it("that is a name is not dialled while there is a link to where it led", () => {
    const node = ours({ bootstrappers: [addressOf("boot.example:6001")] });
    const [dial] = node.start();
    assert.ok(dial !== undefined);
    const link = node.freshLinkId();
    const remote = addressOf(BOOTSTRAPPER);
    node.tick({ kind: "linkDialed", link, dial: dial.dial, remote });
    node.init(link);
    node.tick({ kind: "proofFound", link, nonce: new Uint8Array(8) });
    assert.equal(node.snapshot().bootstrap[0]?.state, "dialing");
    node.receive(link, new P2POk());
    assert.equal(node.snapshot().bootstrap[0]?.state, "linked");
    assert.equal(node.advance(30_000).filter(({ kind }) => kind === "dial").length, 0);
  });

  it("that is another name of a peer we are linked to has not failed, and counts as linked", () => {
    const bootstrappers = [addressOf("one.example:6001"), addressOf("two.example:6001")];
    const node = ours({ bootstrappers });
    const dials = node.start();
    const remote = addressOf(BOOTSTRAPPER);
    for (const { dial } of dials) {
      const link = node.freshLinkId();
      node.tick({ kind: "linkDialed", link, dial, remote });
      if (dial !== dials[0]?.dial) continue;
      node.init(link);
      node.tick({ kind: "proofFound", link, nonce: new Uint8Array(8) });
      node.receive(link, new P2POk());
    }
    assert.deepEqual(
      node.snapshot().bootstrap.map(({ state, failures }) => [state, failures]),
      [
        ["linked", 0],
        ["linked", 0],
      ],
    );
    assert.equal(node.advance(30_000).filter(({ kind }) => kind === "dial").length, 0);
  });

  it("counts as linked whoever of us dialled, and wherever its address came from", () => {
    const dialer = ours({ bootstrappers: [addressOf(BOOTSTRAPPER)] });
    dialer.tick({
      kind: "dialFailed",
      dial: dialer.start()[0]?.dial ?? assert.fail(),
      reason: "refused",
    });
    extendedLink(dialer, addressOf(BOOTSTRAPPER).host, 6001);
    assert.equal(dialer.snapshot().bootstrap[0]?.state, "linked");
    assert.equal(dialer.snapshot().overlay.outboundLinks, 0);
  });
});

describe("[protocol §7.2] a feeler", () => {
  it("tests one new address every two minutes: it reads INIT and closes, without a proof", () => {
    const book = bookOf(publicAddresses(20), { table: "new" });
    const node = ours({ outboundLinksTarget: 0, book });
    assert.deepEqual(linesOf(node.advance(119_999)), []);
    const [dial] = node.advance(1).filter((output) => output.kind === "dial");
    assert.ok(dial !== undefined);
    const link = node.dialledLink(dial);
    assert.deepEqual(linesOf(node.init(link)), [`close ${link}: feeler`]);
    assert.equal(table(node, `${dial.address.host}:1`), "tried");
    const world = new PlayedWorld(node, () => "accepts");
    world.run(1_200_000, 1_000);
    assert.deepEqual([world.dials.length, world.proofs], [10, 0]);
    assert.equal(node.store("triedAddresses").entries, 11);
  });

  it("leaves an address that does not answer in new", () => {
    const node = ours({ outboundLinksTarget: 0, book: bookOf(["20.0.0.1:1"], { table: "new" }) });
    const world = new PlayedWorld(node, () => "vanishes");
    world.run(240_000, 1_000);
    assert.equal(table(node, "20.0.0.1:1"), "new");
  });

  it("tests who dialled us and says where it listens, before anybody hears of it", () => {
    const node = ours({ outboundLinksTarget: 0 });
    const outputs = node.outputs.length;
    extendedLink(node, "20.0.0.1", 6001);
    const dials = node.outputs.slice(outputs).filter((output) => output.kind === "dial");
    assert.deepEqual(linesOf(dials), ["dial 20.0.0.1:6001"]);
    assert.equal(table(node, "20.0.0.1:6001"), "new");
    new PlayedWorld(node, () => "accepts").take(dials);
    assert.equal(table(node, "20.0.0.1:6001"), "tried");
  });

  it("is sent for others at most 16 times at once and once a second", () => {
    const node = ours({ outboundLinksTarget: 0, inboundLinksMax: 200 });
    const world = new PlayedWorld(node, () => "refuses");
    for (let n = 0; n < 100; n++) {
      const before = node.outputs.length;
      extendedLink(node, `20.${n}.0.1`, 6001);
      world.take(node.outputs.slice(before));
    }
    assert.equal(world.dials.length, 16);
    world.run(10_000);
    assert.equal(world.dials.length, 26);
  });

  it("decides who keeps a place in tried: an occupant that answers stays, a silent one goes", () => {
    for (const answer of ["accepts", "refuses"] as const) {
      const occupants = Array.from({ length: 200 }, (_, n) => `20.0.0.${n}:6001`);
      const node = ours({ outboundLinksTarget: 0, book: bookOf(occupants) });
      const before = new Set(node.core.savedBook().entries.map(({ host }) => host));
      assert.equal(before.size, 16, "one group has one bucket");
      const world = new PlayedWorld(node, ({ host }) => (before.has(host) ? answer : "accepts"));
      const from = node.outputs.length;
      extendedLink(node, "20.0.1.1", 6001);
      world.take(node.outputs.slice(from));
      const tried = node.core.savedBook().entries.filter((entry) => entry.table === "tried");
      assert.equal(tried.length, 16);
      const isIn = tried.some(({ host }) => host === "20.0.1.1");
      assert.equal(isIn, answer === "refuses");
    }
  });
});

describe("[protocol §7.2] a restart", () => {
  it("begins with the two anchors", () => {
    const addresses = publicAddresses(100);
    const anchors = addresses.slice(60, 62);
    const node = ours({ book: bookOf(addresses, {}, anchors) });
    const dials = node.start().map(({ address }) => `${address.host}:${address.port}`);
    assert.deepEqual(dials.slice(0, 2), anchors);
  });

  it("finds the oldest two links of the last run as anchors", () => {
    const node = ours({ book: bookOf(publicAddresses(40)) });
    const world = new PlayedWorld(node, () => "accepts");
    world.run(60_000);
    const anchors = node.core.savedBook().anchors.map(({ host, port }) => `${host}:${port}`);
    assert.deepEqual(anchors, world.linked.slice(0, 2));
  });

  it("does not lose its anchors to a run without any link", () => {
    const addresses = publicAddresses(40);
    const node = ours({ book: bookOf(addresses, {}, addresses.slice(0, 2)) });
    new PlayedWorld(node, () => "refuses").run(60_000);
    assert.deepEqual(node.core.savedBook().anchors, addresses.slice(0, 2).map(addressOf));
  });

  it("is prepared for 2 s after the first change: a node may be killed young", () => {
    const node = ours({ outboundLinksTarget: 0 });
    extendedLink(node, "20.0.0.1", 6001);
    const saves = node.advance(2_000).filter(({ kind }) => kind === "saveBook");
    assert.equal(saves.length, 1);
  });

  it("is prepared for 15 s after a later change, with one save for many", () => {
    const node = ours({ outboundLinksTarget: 0 });
    extendedLink(node, "20.0.0.1", 6001);
    node.advance(10_000);
    extendedLink(node, "20.1.0.1", 6001);
    const saves = node.advance(40_000).filter(({ kind }) => kind === "saveBook");
    assert.ok(saves.length >= 1 && saves.length <= 3, `${saves.length}`);
  });
});

describe("[protocol §3.6] one link per peer", () => {
  it("an address whose peer linked to us meanwhile is not dialled, nor paid for", () => {
    const node = ours({ book: bookOf(["20.0.0.1:6001"]), outboundLinksTarget: 1 });
    const [dial] = node.start();
    assert.ok(dial !== undefined);
    const before = node.outputs.length;
    extendedLink(node, "20.0.0.1", 6001);
    const lines = linesOf(node.outputs.slice(before));
    assert.ok(lines.includes(`cancel dial ${dial.dial}`), lines.join("\n"));
    assert.equal(node.advance(20_000).filter(({ kind }) => kind === "dial").length, 0);
  });

  it("a proof that is under way for a peer that was quicker is given up, and given back", () => {
    const node = ours({ book: bookOf(["20.0.0.1:6001"]), outboundLinksTarget: 1 });
    const [dial] = node.start();
    assert.ok(dial !== undefined);
    const link = node.dialledLink(dial);
    node.init(link);
    const before = node.outputs.length;
    extendedLink(node, "20.0.0.1", 6001);
    const lines = linesOf(node.outputs.slice(before));
    assert.ok(lines.includes(`cancel proof for ${link}`), lines.join("\n"));
    assert.ok(lines.includes(`close ${link}: duplicateLink`));
  });

  it("an address of our own is left out for one hour", () => {
    const node = ours({ book: bookOf(["20.0.0.1:6001"]), outboundLinksTarget: 1 });
    const [dial] = node.start();
    assert.ok(dial !== undefined);
    const link = node.dialledLink(dial);
    const own = node.halfOpenLink("20.0.0.1");
    node.init(link, challengeTo(node, own));
    assert.equal(node.counter("selfDialed"), 1);
    assert.equal(node.advance(3_599_999).filter(({ kind }) => kind === "dial").length, 0);
    assert.equal(node.advance(1).filter(({ kind }) => kind === "dial").length, 1);
  });
});

describe("[protocol §3.6] two links to one peer", () => {
  /** A link that we dialled, with that challenge, and one whose peer says that it listens there. */
  function twoLinks(ourChallenge: number): {
    node: CoreHarness;
    outbound: LinkId;
    inbound: LinkId;
  } {
    const node = ours({ bootstrappers: [addressOf(BOOTSTRAPPER)], outboundLinksTarget: 1 });
    const [dial] = node.start();
    assert.ok(dial !== undefined);
    const challenge = new Uint8Array(8).fill(ourChallenge);
    const outbound = extendedDial(node, dial, { challenge, inbound: "accepted", listenPort: 6001 });
    const inbound = extendedLink(node, "198.51.100.1", 6001);
    return { node, outbound, inbound };
  }
  const openLinks = (node: CoreHarness): LinkId[] => node.snapshot().links.map(({ link }) => link);

  it("leave the one with the smaller challenge: who accepted the other closes it", () => {
    const ofOurs = twoLinks(0);
    assert.deepEqual(openLinks(ofOurs.node), [ofOurs.outbound]);
    const ofTheirs = twoLinks(255);
    assert.deepEqual(openLinks(ofTheirs.node), [ofTheirs.outbound, ofTheirs.inbound]);
  });

  it("cost the address nothing when the peer closes the one it accepted", () => {
    const { node, outbound, inbound } = twoLinks(255);
    node.tick({ kind: "linkLost", link: outbound });
    assert.deepEqual(openLinks(node), [inbound]);
    const from = node.outputs.length;
    node.tick({ kind: "linkLost", link: inbound });
    node.advance(5_000);
    const dials = node.outputs.slice(from).filter(({ kind }) => kind === "dial");
    assert.equal(dials.length, 1, "without the 30 s of a proof that was wasted");
  });

  it("are both kept when both are inbound: one may be the dead half of a restart", () => {
    const node = ours({ outboundLinksTarget: 0 });
    const first = extendedLink(node, "20.0.0.1", 6001);
    const second = extendedLink(node, "20.0.0.1", 6001);
    assert.equal(node.linkSnapshot(first).peer, "extended");
    assert.equal(node.linkSnapshot(second).peer, "extended");
    node.advance(12_500);
    node.receive(second, new Peers("get"));
    node.advance(12_500);
    assert.throws(() => node.linkSnapshot(first), /not open/);
    assert.equal(node.linkSnapshot(second).phase, "established");
  });

  it("are both kept when one is a base link, or the ports differ, or the hosts", () => {
    const node = ours({ bootstrappers: [addressOf(BOOTSTRAPPER)], outboundLinksTarget: 1 });
    const [dial] = node.start();
    assert.ok(dial !== undefined);
    const outbound = extendedDial(node, dial, { inbound: "accepted", listenPort: 6001 });
    extendedLink(node, "198.51.100.1", 6002);
    extendedLink(node, "198.51.100.2", 6001);
    node.inboundLink("198.51.100.1");
    assert.equal(node.snapshot().links.filter(({ phase }) => phase === "established").length, 4);
    assert.equal(node.linkSnapshot(outbound).peer, "extended");
  });
});
