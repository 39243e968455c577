import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { AddressBook } from "../../src/core/address-book.ts";
import type { BookEntry } from "../../src/core/address-book.ts";
import { instant } from "../../src/core/ports.ts";
import type { LinkId, PeerAddress } from "../../src/core/ports.ts";
import { MessageType } from "../../src/wire/message-type.ts";
import { Peers } from "../../src/wire/p2p/peers.ts";
import type { PeerRecord } from "../../src/wire/p2p/peers.ts";
import { P2POk } from "../../src/wire/p2p/p2p-ok.ts";
import { P2PVerify } from "../../src/wire/p2p/p2p-verify.ts";
import { CoreHarness, SeededRandom, sha256 } from "../support/core-harness.ts";
import type { HarnessOptions } from "../support/core-harness.ts";
import { linesOf } from "../support/core-outbox.ts";
import {
  addressOf,
  bookOf,
  challengeTo,
  extendedDial,
  extendedLink,
  helloFor,
  markedLink,
  markedNonce,
  publicAddresses,
} from "../support/extended-links.ts";
import { PlayedWorld } from "../support/played-world.ts";

const NOW = instant(1_000_000);
const HONEST_GROUPS = 300;

const ours = (options: HarnessOptions = {}): CoreHarness =>
  new CoreHarness({ extensions: "on", ...options });

/** A book that has been honestly filled, and then flooded from so many groups. */
function floodedBook(attackerGroups: number, seed: number): AddressBook {
  const random = new SeededRandom(seed);
  const book = new AddressBook(random, sha256);
  const alive = (address: PeerAddress, group: string, source: string): void => {
    book.hear(address, group, source, NOW);
    const entry = book.get(address);
    if (entry !== undefined) book.onAlive(entry, NOW);
  };
  for (let n = 0; n < 2 * HONEST_GROUPS; n++) {
    const group = `honest ${n % HONEST_GROUPS}`;
    const address = { host: `h${n}`, port: 1 };
    // Half of the honest addresses have answered once, the others are hearsay.
    if (n < HONEST_GROUPS) alive(address, group, group);
    else book.hear(address, group, `honest ${random.below(HONEST_GROUPS)}`, NOW);
  }
  for (let n = 0; n < 200 * attackerGroups; n++) {
    const group = `attacker ${n % attackerGroups}`;
    const address = { host: `a${n}`, port: 1 };
    // Every attacker's address answers, and is told by attackers in all their groups.
    alive(address, group, `attacker ${random.below(attackerGroups)}`);
  }
  return book;
}

/** Whether all eight links of a restarted node, in distinct groups, lead to the attacker. */
function isEclipsed(book: AddressBook): boolean {
  const chosen: BookEntry[] = [];
  while (chosen.length < 8) {
    const groups = new Set(chosen.map(({ group }) => group));
    const entry = book.choose(({ group }) => !groups.has(group));
    if (entry === undefined) break;
    chosen.push(entry);
  }
  return chosen.every(({ group }) => group.startsWith("attacker"));
}

describe("T2 eclipse of one node after a restart", () => {
  for (const [groups, eclipsedMax] of [
    [1, 0],
    [16, 0.01],
    [64, 0.05],
  ] as const) {
    it(`by an attacker in ${groups} groups with addresses without end: at most ${100 * eclipsedMax} %`, () => {
      let eclipsed = 0;
      const seeds = 6;
      const restarts = 50;
      for (let seed = 1; seed <= seeds; seed++) {
        const book = floodedBook(groups, seed);
        for (let restart = 0; restart < restarts; restart++) if (isEclipsed(book)) eclipsed++;
      }
      const share = eclipsed / (seeds * restarts);
      assert.ok(share <= eclipsedMax, `${share}`);
    });
  }

  it("cannot take a place in tried from anybody who answers", () => {
    const book = floodedBook(64, 1);
    const honest = [...book.entries()].filter(
      ({ group, table }) => table === "tried" && group.startsWith("honest"),
    );
    const before = [...floodedBook(0, 1).entries()].filter(({ table }) => table === "tried");
    assert.equal(honest.length, before.length);
  });
});

const record = (n: number): PeerRecord => ({
  address: Uint8Array.of(66, n >> 8, n & 0xff, 1),
  port: 6001,
  ageSeconds: 0,
});

const listFrom = (first: number): Peers =>
  new Peers(
    "list",
    Array.from({ length: 32 }, (_, n) => record(first + n)),
  );

/** Addresses that this node passes on. */
function passedOn(node: CoreHarness): string[] {
  const link = extendedLink(node, "203.0.113.99");
  node.receive(link, new Peers("get"));
  const list = node.messagesTo(link).find(({ kind }) => kind === "peers");
  const lists = node.messagesTo(link).filter((sent) => sent.kind === "peers");
  assert.ok(list !== undefined);
  return lists.flatMap(({ records }) => records.map(({ address }) => address.join(".")));
}

describe("T3 poisoned lists of addresses", () => {
  it("a liar who answers everything we ask fills at most 64 places, and none in tried", () => {
    const node = ours({ outboundLinksTarget: 0 });
    const link = extendedLink(node, "66.6.6.6");
    for (let minute = 0; minute < 600; minute++) {
      node.receive(link, listFrom(32 * minute));
      for (let part = 0; part < 8; part++) {
        node.advance(10_000);
        node.receive(link, new Peers("get"));
      }
    }
    assert.ok(node.store("newAddresses").entries > 40);
    assert.ok(node.store("newAddresses").entries <= 64);
    assert.deepEqual(passedOn(node), [], "what did not answer us is not passed on");
  });

  it("lists beyond what we asked for cost the liar its link", () => {
    const node = ours({ outboundLinksTarget: 0 });
    const link = extendedLink(node, "66.6.6.6");
    node.receive(link, listFrom(0));
    assert.deepEqual(linesOf(node.receive(link, listFrom(32))), [`close ${link}: unaskedPeers`]);
  });

  it("an address that nobody listens at is never passed on, even if its peer is linked", () => {
    const node = ours({ outboundLinksTarget: 0 });
    const from = node.outputs.length;
    extendedLink(node, "66.6.6.6", 6001);
    new PlayedWorld(node, () => "refuses").take(node.outputs.slice(from));
    assert.deepEqual(passedOn(node), []);
  });
});

describe("T3 a neighbour behind the same address that says it listens where another does", () => {
  const VICTIM = "20.0.0.1:6001";
  const entryOf = (node: CoreHarness, port: number) =>
    node.core.savedBook().entries.find((entry) => entry.port === port);

  it("changes nothing about that address when it is in tried", () => {
    const node = ours({ outboundLinksTarget: 0 });
    node.tick({ kind: "bookRestored", book: bookOf([VICTIM]) });
    const before = entryOf(node, 6001);
    extendedLink(node, "20.0.0.1", 6001);
    assert.equal(before?.table, "tried");
    assert.deepEqual(entryOf(node, 6001), before);
  });

  it("puts another port into new, and gets it into tried and to others only by an answer there", () => {
    for (const behavior of ["refuses", "accepts"] as const) {
      const node = ours({ outboundLinksTarget: 0 });
      node.tick({ kind: "bookRestored", book: bookOf([VICTIM]) });
      const from = node.outputs.length;
      extendedLink(node, "20.0.0.1", 6002);
      assert.equal(entryOf(node, 6002)?.table, "new");
      assert.deepEqual(passedOn(node), ["20.0.0.1"]);
      new PlayedWorld(node, () => behavior).take(node.outputs.slice(from));
      assert.equal(entryOf(node, 6002)?.table, behavior === "accepts" ? "tried" : "new");
      assert.equal(entryOf(node, 6001)?.table, "tried");
    }
  });

  it("fills 64 places at most, with a thousand ports one after the other", () => {
    const node = ours({ outboundLinksTarget: 0 });
    for (let port = 1; port <= 1_000; port++) {
      const link = extendedLink(node, "20.0.0.1", port);
      node.tick({ kind: "linkLost", link });
      node.advance(1_000);
    }
    assert.ok(node.store("newAddresses").entries <= 64);
    assert.equal(node.store("triedAddresses").entries, 0);
  });
});

describe("T4 the bootstrapper is hostile or down", () => {
  it("one source fills no more than half of the links in the first five seconds", () => {
    const node = ours({ bootstrappers: [addressOf("66.6.6.6:6001")] });
    const [dial] = node.start();
    assert.ok(dial !== undefined);
    const link = extendedDial(node, dial);
    const world = new PlayedWorld(node, () => "accepts");
    world.take(node.receive(link, listFrom(0)));
    world.run(4_900, 100);
    assert.equal(world.linked.length, 4);
    world.run(3_000, 100);
    assert.equal(world.linked.length, 8);
  });

  it("three sources are enough to go on at once", () => {
    const node = ours({ bootstrappers: [addressOf("66.6.6.6:6001")] });
    const [dial] = node.start();
    assert.ok(dial !== undefined);
    const links = [extendedDial(node, dial)];
    links.push(extendedLink(node, "20.0.0.1"), extendedLink(node, "21.0.0.1"));
    const world = new PlayedWorld(node, () => "accepts");
    for (const [n, link] of links.entries()) world.take(node.receive(link, listFrom(32 * n)));
    world.run(1_000, 100);
    assert.equal(world.linked.length, 8);
  });

  it("links from one place are one source, however many there are", () => {
    const node = ours({ bootstrappers: [addressOf("66.6.6.6:6001")] });
    const [dial] = node.start();
    assert.ok(dial !== undefined);
    const links = [extendedDial(node, dial)];
    links.push(extendedLink(node, "66.6.0.1"), extendedLink(node, "66.6.0.2"));
    const world = new PlayedWorld(node, () => "accepts");
    for (const [n, link] of links.entries()) world.take(node.receive(link, listFrom(32 * n)));
    world.run(1_000, 100);
    assert.equal(world.linked.length, 4);
  });

  it("a node with a book does not wait for it, nor for anybody", () => {
    const node = ours({ bootstrappers: [addressOf("66.6.6.6:6001")] });
    node.tick({ kind: "bookRestored", book: bookOf(publicAddresses(40)) });
    const world = new PlayedWorld(node, ({ host }) =>
      host === "66.6.6.6" ? "vanishes" : "accepts",
    );
    // Nor does it wait when somebody who came by is the only one who has told it anything yet.
    const from = node.outputs.length;
    const guest = extendedLink(node, "66.7.0.1");
    world.take(node.outputs.slice(from));
    world.take(node.receive(guest, listFrom(0)));
    world.run(1_000, 100);
    assert.equal(world.linked.length, 8);
  });
});

describe("T6 slow handshakes", () => {
  it("5,000 of them from 40 groups do not keep an honest dialler from its OK", () => {
    const node = ours({ outboundLinksTarget: 0 });
    const dribble = (count: number, salt: number): void => {
      for (let n = 0; n < count; n++) {
        const link = node.freshLinkId();
        const host = `66.${n % 40}.${salt}.${(n >> 5) % 250}`;
        node.tick({ kind: "linkAccepted", link, remote: { host, port: 1 + (n % 60_000) } });
        node.tick({ kind: "frameStarted", from: { kind: "link", link } });
      }
    };
    dribble(2_500, 0);
    const honest = node.halfOpenLink("20.0.0.1");
    dribble(2_500, 1);
    assert.ok(node.store("halfOpenLinks").entries <= 1_024);
    const outputs = node.receive(honest, new P2PVerify(markedNonce(challengeTo(node, honest))));
    assert.deepEqual(linesOf(outputs), [`write ${honest}: OK, HELLO`]);
    // A frame that was begun has ten seconds, whatever is dribbled.
    node.advance(10_000);
    assert.equal(node.store("halfOpenLinks").entries, 0);
  });
});

describe("T8 a relay that shows us the challenges of others", () => {
  it("costs us at most 12 proofs and one a minute, however many addresses it has", () => {
    const node = ours({ difficultyBits: 24 });
    node.tick({ kind: "bookRestored", book: bookOf(publicAddresses(1_000)) });
    const world = new PlayedWorld(node, () => "closesAfterVerify");
    world.run(600_000, 1_000);
    assert.ok(world.proofs <= 22, `${world.proofs}`);
    assert.ok(world.proofs >= 12);
  });

  for (const [heldFor, everySeconds, allowed] of [
    ["less than ten seconds each gets no more", 5, 12 + 10],
    ["ten seconds each gets eight more, and one in 7.5 minutes", 11, 12 + 10 + 8 + 2],
  ] as const) {
    it(`that hangs on to links for ${heldFor}`, () => {
      const node = ours({ difficultyBits: 24 });
      node.tick({ kind: "bookRestored", book: bookOf(publicAddresses(1_000)) });
      const world = new PlayedWorld(node, () => "accepts");
      for (let second = 0; second < 600; second++) {
        world.run(1_000, 1_000);
        if (second % everySeconds !== 0) continue;
        for (const address of world.linked) {
          const link = world.linkByAddress.get(address);
          if (link !== undefined) world.take(node.tick({ kind: "linkLost", link }));
        }
      }
      assert.ok(world.proofs <= allowed, `${world.proofs}`);
    });
  }
});

describe("T10 being lured into many dials", () => {
  it("addresses without end that refuse cost no proof, and fill no more than the book", () => {
    const node = ours({ bootstrappers: [addressOf("66.6.6.6:6001")] });
    const [dial] = node.start();
    assert.ok(dial !== undefined);
    const links: LinkId[] = [extendedDial(node, dial)];
    for (let n = 0; n < 40; n++) links.push(extendedLink(node, `66.${n}.0.1`));
    const world = new PlayedWorld(node, () => "refuses");
    let first = 0;
    for (let round = 0; round < 8; round++) {
      for (const link of links) {
        if (!node.snapshot().links.some((open) => open.link === link)) continue;
        if (node.core.expects(link, MessageType.peers)) {
          world.take(node.receive(link, listFrom((first += 32))));
        }
      }
      world.run(75_000, 5_000);
    }
    assert.ok(first >= 1_000);
    assert.equal(world.proofs, 0);
    assert.ok(node.store("newAddresses").entries <= 4_096);
  });

  it("a book full of addresses that refuse at once is gone through at 50 a second", () => {
    const node = ours();
    node.tick({ kind: "bookRestored", book: bookOf(publicAddresses(4_000)) });
    assert.ok(node.store("triedAddresses").entries > 900);
    const world = new PlayedWorld(node, () => "refuses");
    world.run(1_000, 10);
    assert.ok(world.dials.length <= 256 + 50, `${world.dials.length} in the first second`);
    world.run(9_000, 10);
    assert.ok(world.dials.length <= 256 + 500, `${world.dials.length} in ten seconds`);
  });

  it("addresses that show a puzzle and vanish cost at most 12 proofs and one a minute", () => {
    const node = ours({ difficultyBits: 24 });
    node.tick({ kind: "bookRestored", book: bookOf(publicAddresses(1_000)) });
    const world = new PlayedWorld(node, () => "hangsAfterVerify");
    world.run(600_000, 1_000);
    assert.ok(world.proofs <= 22, `${world.proofs}`);
  });

  it("feelers cost none at all", () => {
    const node = ours({ outboundLinksTarget: 0 });
    const book = bookOf(publicAddresses(1_000), { table: "new" });
    node.tick({ kind: "bookRestored", book });
    const world = new PlayedWorld(node, () => "accepts");
    world.run(3_600_000, 10_000);
    assert.ok(world.dials.length >= 29);
    assert.equal(world.proofs, 0);
    // Not for want of a need for links: because they were feelers.
    const closed = node.outputs.filter((output) => output.kind === "closeLink");
    assert.ok(closed.length >= 29 && closed.every(({ cause }) => cause === "feeler"));
  });
});

describe("T25 connections from one address and one net", () => {
  it("1,000 proofs from one address leave room for others", () => {
    const node = ours({ outboundLinksTarget: 0 });
    for (let n = 0; n < 1_000; n++) node.inboundLink("66.6.6.6");
    const links = node.snapshot().links.filter(({ phase }) => phase === "established");
    assert.equal(links.length, 32, "half of the slots, where no bounds hold");
    const other = node.halfOpenLink("20.0.0.1");
    assert.deepEqual(linesOf(node.receive(other, new P2PVerify(new Uint8Array(8)))), [
      `write ${other}: OK`,
    ]);
  });

  it("1,000 from one /16 leave at least the slots for groups that have none", () => {
    const node = ours({ outboundLinksTarget: 0 });
    for (let n = 0; n < 1_000; n++) node.inboundLink(`66.6.${n % 250}.${n >> 8}`);
    for (let group = 0; group < 24; group++) {
      const link = node.halfOpenLink(`20.${group}.0.1`);
      assert.deepEqual(linesOf(node.receive(link, new P2PVerify(new Uint8Array(8)))), [
        `write ${link}: OK`,
      ]);
    }
  });
});

describe("T26 floods of addresses", () => {
  it("a peer gets 32 records into us per request of ours, whatever it sends", () => {
    const node = ours({ outboundLinksTarget: 0, localRanges: [] });
    const link = extendedLink(node, "66.6.6.6");
    for (let n = 0; n < 100; n++) node.receive(link, listFrom(32 * n));
    assert.ok(node.store("newAddresses").entries <= 32);
    assert.throws(() => node.linkSnapshot(link), /not open/);
  });

  it("a peer that asks all day is answered once a minute, and keeps its link", () => {
    const node = ours({ outboundLinksTarget: 0 });
    const link = extendedLink(node, "66.6.6.6");
    for (let second = 0; second < 3_600; second++) {
      node.advance(1_000);
      node.receive(link, new Peers("get"));
    }
    const lists = node
      .messagesTo(link)
      .filter((sent) => sent.kind === "peers" && sent.role === "list");
    assert.ok(lists.length <= 64, `${lists.length}`);
    assert.equal(node.linkSnapshot(link).phase, "established");
  });
});

describe("T29 somebody in the middle who makes us look like base peers", () => {
  it("without HELLO the link works as a base link, is shown as one, and says nothing more", () => {
    const node = ours({ bootstrappers: [addressOf("20.0.0.1:6001")] });
    const [dial] = node.start();
    assert.ok(dial !== undefined);
    const outbound = node.outboundLink(dial);
    const inbound = markedLink(node, "21.0.0.1");
    node.advance(60_000);
    for (const link of [outbound, inbound]) assert.equal(node.linkSnapshot(link).peer, "base");
    const extended = node.messagesTo(outbound).filter(({ type }) => type > MessageType.p2pAnnounce);
    assert.deepEqual(extended, []);
    const module = node.subscriber(1);
    node.item(inbound, 1, 1, 0, "still delivered");
    assert.equal(node.notificationsTo(module).length, 1);
  });

  it("whoever passes on HELLOs of another link is found by the challenge", () => {
    const node = ours({ bootstrappers: [addressOf("20.0.0.1:6001")] });
    const [dial] = node.start();
    assert.ok(dial !== undefined);
    const link = node.dialledLink(dial);
    const challenge = new Uint8Array(8).fill(1);
    node.init(link, challenge);
    node.tick({ kind: "proofFound", link, nonce: markedNonce(challenge) });
    node.receive(link, new P2POk());
    const other = helloFor(new Uint8Array(8).fill(2));
    assert.deepEqual(linesOf(node.receive(link, other)), [`close ${link}: wrongChallenge`]);
  });
});
