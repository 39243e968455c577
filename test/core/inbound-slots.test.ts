import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { admitInbound } from "../../src/core/inbound-slots.ts";
import type { Link } from "../../src/core/link.ts";
import { instant } from "../../src/core/ports.ts";
import { TokenBucket } from "../../src/core/token-bucket.ts";
import { MessageType } from "../../src/wire/message-type.ts";
import { Peers } from "../../src/wire/p2p/peers.ts";
import { P2POk } from "../../src/wire/p2p/p2p-ok.ts";
import { P2PVerify } from "../../src/wire/p2p/p2p-verify.ts";
import { CoreHarness } from "../support/core-harness.ts";
import { LinkMaker } from "../support/core-links.ts";
import { linesOf } from "../support/core-outbox.ts";
import {
  bookOf,
  challengeTo,
  extendedLink,
  helloFor,
  markedLink,
  markedNonce,
  publicAddresses,
} from "../support/extended-links.ts";

const NOW = instant(10_000_000);
const SLOTS = 64;

interface Traits {
  readonly ageMs?: number;
  readonly delayMs?: number;
  readonly useful?: number;
}

/** Established inbound links of invented hosts. */
class Inbound {
  readonly links: Link[] = [];
  readonly #maker: LinkMaker;

  constructor(localRanges: readonly string[] = []) {
    this.#maker = new LinkMaker(localRanges);
  }

  add(host: string, { ageMs = 3_600_000, delayMs, useful = 0 }: Traits = {}): Link {
    const link = this.#maker.halfOpen(host);
    link.establishedAt = instant(NOW - ageMs);
    link.newItemsIn = useful;
    if (delayMs !== undefined) {
      const bucket = new TokenBucket(1, 1);
      link.negotiation = {
        kind: "extended",
        extension: {
          listenPort: 0,
          inbound: "none",
          peerExchange: "offered",
          pingAnswers: bucket,
          peersAnswers: bucket,
          pingToken: undefined,
          pingAskedAt: NOW,
          delayMs,
          getsSent: 0,
          getsOpen: 0,
        },
      };
    }
    this.links.push(link);
    return link;
  }

  /** So many links, each from a group of its own. */
  fill(count: number, traits?: Traits): void {
    for (let n = 0; n < count; n++) this.add(`30.${n}.0.1`, traits);
  }

  admit(host: string, slots: number = SLOTS): ReturnType<typeof admitInbound> {
    return admitInbound(this.#maker.halfOpen(host), new Set(this.links), slots, NOW);
  }
}

describe("[protocol §7.1] inbound slots", () => {
  it("are free for anybody while fewer than half are taken", () => {
    const inbound = new Inbound();
    for (let n = 0; n < 32; n++) {
      assert.equal(inbound.admit("20.0.0.1").kind, "admit", `${n}`);
      inbound.add("20.0.0.1");
    }
    assert.equal(inbound.admit("20.0.0.1").kind, "refuse");
  });

  for (const [what, hosts, newcomer, other] of [
    ["4 per address", ["20.0.0.1", "20.0.0.1", "20.0.0.1", "20.0.0.1"], "20.0.0.1", "20.0.0.2"],
    [
      "4 per IPv6 /64",
      ["2001:db8::1", "2001:db8::2", "2001:db8::3", "2001:db8::4"],
      "2001:db8::5",
      "2001:db8:0:1::1",
    ],
    ["8 per /24", range(8, (n) => `20.0.0.${n}`), "20.0.0.99", "20.0.1.99"],
    ["8 per IPv6 /48", range(8, (n) => `2001:db8:1:${n}::1`), "2001:db8:1:99::1", "2001:db8:2::1"],
    ["16 per /16", range(16, (n) => `20.0.${n}.1`), "20.0.99.1", "20.1.0.1"],
    ["16 per IPv6 /32", range(16, (n) => `2001:db8:${n}::1`), "2001:db8:99::1", "2001:db9::1"],
  ] as const) {
    it(`are ${what} once half of them are taken`, () => {
      const inbound = new Inbound();
      inbound.fill(32 - hosts.length);
      for (const host of hosts.slice(1)) inbound.add(host);
      inbound.add("31.0.0.1");
      assert.equal(inbound.admit(newcomer).kind, "admit", "one below");
      inbound.add(hosts[0]);
      assert.equal(inbound.admit(newcomer).kind, "refuse");
      assert.equal(inbound.admit(other).kind, "admit");
    });
  }

  it("keep eight for groups that have none yet", () => {
    const inbound = new Inbound();
    inbound.fill(56);
    assert.equal(inbound.admit("40.0.0.1").kind, "admit");
    assert.equal(inbound.admit("30.5.9.9").kind, "replace", "a known group has to replace");
    for (let n = 0; n < 8; n++) inbound.add(`40.${n}.0.1`);
    assert.equal(inbound.admit("41.0.0.1").kind, "replace");
  });

  it("have no bounds per address in local_ranges", () => {
    const inbound = new Inbound(["127.0.0.0/8"]);
    for (let n = 0; n < SLOTS; n++) {
      assert.equal(inbound.admit("127.0.0.1").kind, "admit", `${n}`);
      inbound.add("127.0.0.1");
    }
  });

  it("are refused to everybody when there are none", () => {
    assert.equal(new Inbound().admit("20.0.0.1", 0).kind, "refuse");
  });
});

function range(count: number, of: (n: number) => string): string[] {
  return Array.from({ length: count }, (_, n) => of(n));
}

describe("[protocol §7.1] eviction", () => {
  it("takes the youngest of the largest group among those that nothing protects", () => {
    const inbound = new Inbound();
    inbound.fill(48, { ageMs: 7_200_000 });
    const young: Link[] = [];
    for (let n = 0; n < 16; n++) young.push(inbound.add(`20.0.${n}.1`, { ageMs: 100_000 + n }));
    const admission = inbound.admit("40.0.0.1");
    assert.ok(admission.kind === "replace");
    assert.equal(admission.victim, young[0]);
  });

  it("spares the four quickest, the four most useful and the older half of the rest", () => {
    const inbound = new Inbound();
    const quick = range(4, (n) => `20.${n}.0.1`).map((host, n) =>
      inbound.add(host, { ageMs: 61_000, delayMs: n }),
    );
    const useful = range(4, (n) => `21.${n}.0.1`).map((host) =>
      inbound.add(host, { ageMs: 61_000, useful: 100 }),
    );
    const old = range(28, (n) => `22.${n}.0.1`).map((host) =>
      inbound.add(host, { ageMs: 3_600_000 }),
    );
    range(28, (n) => `23.${n}.0.1`).forEach((host) => inbound.add(host, { ageMs: 70_000 }));
    const victims = new Set<Link>();
    for (let round = 0; round < 28; round++) {
      const admission = inbound.admit("40.0.0.1");
      if (admission.kind !== "replace") break;
      victims.add(admission.victim);
      inbound.links.splice(inbound.links.indexOf(admission.victim), 1);
      inbound.add(`41.${round}.0.1`, { ageMs: 0 });
    }
    assert.ok(victims.size > 10);
    for (const link of [...quick, ...useful, ...old]) {
      assert.ok(!victims.has(link), link.remote.host);
    }
  });

  it("leaves links under 60 s alone, counted from OK and not from the connection", () => {
    const inbound = new Inbound();
    inbound.fill(64, { ageMs: 59_999 });
    assert.equal(inbound.admit("40.0.0.1").kind, "refuse");
    const older = new Inbound();
    older.fill(64, { ageMs: 60_000 });
    assert.equal(older.admit("40.0.0.1").kind, "replace");
  });
});

describe("[protocol §7.1] a full node", () => {
  const full = (options = {}): CoreHarness => {
    const node = new CoreHarness({
      extensions: "on",
      inboundLinksMax: 2,
      outboundLinksTarget: 0,
      ...options,
    });
    node.tick({ kind: "bookRestored", book: bookOf(publicAddresses(40)) });
    node.inboundLink();
    node.inboundLink();
    return node;
  };

  it("gives a newcomer OK, HELLO and one answer with addresses; then it goes", () => {
    const node = full();
    const link = node.halfOpenLink("20.0.0.1");
    const challenge = challengeTo(node, link);
    assert.deepEqual(linesOf(node.receive(link, new P2PVerify(markedNonce(challenge)))), [
      `write ${link}: OK, HELLO`,
    ]);
    const outputs = node.tick(
      { kind: "peerMessage", link, message: helloFor(challenge) },
      { kind: "peerMessage", link, message: new Peers("get") },
    );
    assert.deepEqual(linesOf(outputs), [
      `write ${link}: PING, GET, LIST of 32`,
      `close ${link}: inboundFull`,
    ]);
  });

  it("sends it no items, and does not count it among its links", () => {
    const node = full();
    const link = markedLink(node, "20.0.0.1");
    node.receive(link, helloFor(challengeTo(node, link)));
    const module = node.subscriber(1);
    node.announce(module, 0, 1, new Uint8Array(1));
    assert.equal(node.itemsTo(link).length, 0);
  });

  it("closes one that asks nothing: 10 s without HELLO, 5 s without a request", () => {
    const node = full();
    const silent = markedLink(node, "20.0.0.1");
    assert.deepEqual(linesOf(node.advance(9_999)), []);
    assert.deepEqual(linesOf(node.advance(1)), [`close ${silent}: inboundFull`]);
    const idle = extendedLink(node, "20.0.0.1");
    assert.deepEqual(linesOf(node.advance(4_999)), []);
    assert.ok(linesOf(node.advance(1)).includes(`close ${idle}: inboundFull`));
  });

  it("closes a base peer right after OK", () => {
    const node = full();
    const link = node.halfOpenLink("20.0.0.1");
    assert.deepEqual(linesOf(node.receive(link, new P2PVerify(new Uint8Array(8)))), [
      `write ${link}: OK`,
      `close ${link}: inboundFull`,
    ]);
  });

  it("introduces 64 at a time, no more", () => {
    const node = full({ localRanges: [] });
    for (let n = 0; n < 64; n++) markedLink(node, `20.${n}.0.1`);
    const late = node.halfOpenLink("21.0.0.1");
    const outputs = node.receive(late, new P2PVerify(markedNonce(challengeTo(node, late))));
    assert.deepEqual(linesOf(outputs), [`write ${late}: OK`, `close ${late}: inboundFull`]);
  });

  it("keeps its link to a peer that dials it as well: the introduction goes", () => {
    const node = full({
      bootstrappers: [{ host: "20.0.0.1", port: 6001 }],
      outboundLinksTarget: 1,
    });
    const dial = node.outputs.find((output) => output.kind === "dial") ?? node.start()[0];
    assert.ok(dial?.kind === "dial");
    const kept = node.dialledLink(dial);
    // The largest challenge: by challenge alone this link would go.
    const challenge = new Uint8Array(8).fill(255);
    node.init(kept, challenge);
    node.tick({ kind: "proofFound", link: kept, nonce: markedNonce(challenge) });
    node.receive(kept, new P2POk());
    node.receive(kept, helloFor(challenge, { inbound: "accepted", listenPort: dial.address.port }));
    const link = extendedLink(node, dial.address.host, dial.address.port);
    assert.equal(node.linkSnapshot(kept).peer, "extended");
    assert.throws(() => node.linkSnapshot(link), /not open/);
  });

  it("admits a newcomer in place of another that is old enough", () => {
    const node = new CoreHarness({ extensions: "on", inboundLinksMax: 12, outboundLinksTarget: 0 });
    const links = range(12, (n) => `20.${n}.0.1`).map((host) => node.inboundLink(host));
    node.advance(60_000);
    const link = node.halfOpenLink("21.0.0.1");
    const outputs = node.receive(link, new P2PVerify(new Uint8Array(8)));
    const evicted = outputs.filter((output) => output.kind === "closeLink");
    assert.equal(evicted.length, 1);
    assert.equal(evicted[0]?.cause, "evicted");
    assert.ok(links.includes(evicted[0].link));
    assert.equal(node.core.expects(link, MessageType.p2pAnnounce), true);
  });
});
