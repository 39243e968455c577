import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { GossipValidation } from "../../src/wire/api/gossip-validation.ts";
import { encodeFrame } from "../../src/wire/message.ts";
import { HALF_OPEN_MAX } from "../../src/core/half-open.ts";
import { OWN_ITEMS_MAX } from "../../src/core/knowledge-base.ts";
import type { LinkId } from "../../src/core/ports.ts";
import { isProof } from "../../src/core/proof.ts";
import { ByteReader } from "../../src/wire/byte-reader.ts";
import { P2PAnnounce } from "../../src/wire/p2p/p2p-announce.ts";
import { P2PVerify } from "../../src/wire/p2p/p2p-verify.ts";
import { bytesOf, CoreHarness, sha256 } from "../support/core-harness.ts";
import { CoreNetwork, NETWORK_TYPE } from "../support/core-network.ts";
import { linesOf } from "../support/core-outbox.ts";

const TYPE = 7;
const MIB = 1_048_576;

/** Distinct payloads of that size without a copy of each: the number is in the first four bytes. */
function numbered(bytes: number): (n: number) => Uint8Array {
  const data = new Uint8Array(bytes);
  return (n) => {
    new DataView(data.buffer).setUint32(0, n);
    return data;
  };
}

describe("T5 announce flood", () => {
  it("gets four seconds' worth, then its rate, by not being read; an honest link is read all the time", () => {
    const node = new CoreHarness();
    const [attacker, honest, to] = [node.inboundLink(), node.inboundLink(), node.inboundLink()];
    const module = node.subscriber(TYPE);
    let frames = 0;
    for (let ms = 0; ms < 10_000; ms += 10) {
      while (node.linkSnapshot(attacker).reading === "open" && frames < 1e6) {
        node.input({
          kind: "peerMessage",
          link: attacker,
          message: new P2PAnnounce(frames & 0xffff, TYPE + 1, 0, bytesOf(`${frames++}`)),
        });
      }
      if (ms % 100 === 0) {
        node.item(honest, ms, TYPE, 0, `honest ${ms}`);
        node.answerLast(module, "accept");
        assert.equal(node.linkSnapshot(honest).reading, "open");
      }
      node.advance(10);
    }
    assert.ok(frames <= 14 * 2_000 + 10, `${frames}`);
    assert.equal(node.itemsTo(to).length, 100);
  });

  it("of subscribed items by one link leaves room in every store for others", () => {
    const node = new CoreHarness({ limits: { linkFramesPerSecond: 0, linkBytesPerSecond: 0 } });
    const [attacker, honest, to] = [node.inboundLink(), node.inboundLink(), node.inboundLink()];
    const module = node.subscriber(TYPE);
    for (let n = 0; n < 20_000; n++) node.item(attacker, n, TYPE, 0, `spam ${n}`);
    assert.equal(node.store("pendingItems").entries, 4_096);
    node.tick({ kind: "linkLost", link: attacker });
    node.advance(30_000);
    node.item(honest, 1, TYPE, 0, "honest");
    node.answerLast(module, "accept");
    assert.equal(node.itemsTo(to).length, 1);
  });
});

describe("T7 proof of work precomputed or replayed", () => {
  it("is accepted on no other socket, however often", () => {
    const node = new CoreHarness({ difficultyBits: 18 });
    const challengeOf = (link: LinkId): Uint8Array => {
      const [init] = node.messagesTo(link);
      assert.ok(init?.kind === "p2pInit");
      return init.challenge;
    };
    const first = node.halfOpenLink("127.0.0.1");
    const nonce = new Uint8Array(8);
    for (let n = 0; !isProof(challengeOf(first), nonce, 18, sha256); n++) {
      new DataView(nonce.buffer).setUint32(0, n);
    }
    const other = node.halfOpenLink("127.0.0.1");
    node.receive(other, new P2PVerify(nonce));
    node.receive(first, new P2PVerify(nonce));
    assert.equal(node.counter("linkEstablished"), 1);
    for (let replay = 0; replay < 2_000; replay++) {
      node.receive(node.halfOpenLink("127.0.0.1"), new P2PVerify(nonce));
      node.outputs.length = 0;
    }
    assert.equal(node.counter("linkEstablished"), 1);
    assert.equal(node.snapshot().counters.linksClosed.wrongProof, 2_001);
  });

  it("a second VERIFY closes the link that the first established", () => {
    const node = new CoreHarness();
    const link = node.inboundLink();
    assert.deepEqual(linesOf(node.receive(link, new P2PVerify(new Uint8Array(8)))), [
      `close ${link}: unexpectedType`,
    ]);
  });
});

describe("T11 pending validations never answered", () => {
  it("hold 64 MiB at most while 200 MB come in, and nothing after their deadline", () => {
    const node = new CoreHarness({ limits: { linkFramesPerSecond: 0, linkBytesPerSecond: 0 } });
    const links = Array.from({ length: 12 }, () => node.inboundLink());
    node.subscriber(TYPE);
    const other = node.subscriber(TYPE + 1);
    const data = numbered(60_000);
    for (let n = 0; n < 3_400; n++) {
      const link = links[n % links.length];
      assert.ok(link !== undefined);
      node.receive(link, new P2PAnnounce(n, TYPE, 0, data(n)));
      node.outputs.length = 0;
      const { bytes, entries } = node.store("pendingItems");
      assert.ok(bytes <= 64 * MIB && entries <= 16_384);
    }
    for (const { waitingBytes } of node.snapshot().subscribers) assert.ok(waitingBytes <= 4 * MIB);
    const [from] = links;
    assert.ok(from !== undefined);
    node.item(from, 9, TYPE + 1, 0, "other");
    assert.equal(node.notificationsTo(other).length, 1);
    node.advance(30_000);
    assert.equal(node.store("pendingItems").bytes, 0);
    assert.equal(node.subscriberSnapshot(other).outstanding, 0);
  });

  it("make the link wait 250 ms once at most: a silent module stops nobody", () => {
    const node = new CoreHarness({ limits: { pendingItemsPerLink: 100 } });
    const from = node.inboundLink();
    node.subscriber(TYPE);
    node.item(from, 1_000, TYPE, 0, "the first that waits");
    node.advance(250);
    for (let n = 0; n < 1_000; n++) {
      node.item(from, n, TYPE, 0, `${n}`);
      assert.equal(node.linkSnapshot(from).reading, "open");
    }
  });
});

describe("T12 slow consumer", () => {
  it("that reads nothing costs 1 MiB and nobody else a frame, until it is closed", () => {
    const node = new CoreHarness();
    const slow = node.inboundLink();
    const others = Array.from({ length: 4 }, () => node.inboundLink());
    node.freeze(slow);
    const announcer = node.subscriber();
    const data = numbered(10_000);
    for (let n = 0; n < 1_000; n++) {
      node.announce(announcer, 1, TYPE, data(n));
      const { queueBytes, queueFrames } = node.linkSnapshot(slow);
      assert.ok(queueBytes <= MIB && queueFrames <= 1_024);
    }
    for (const link of others) assert.equal(node.itemsTo(link).length, 1_000);
    assert.deepEqual(linesOf(node.advance(30_000)), [`close ${slow}: stalled`]);
  });
});

describe("T13 amplification", () => {
  it("is `degree` at most for a valid item", () => {
    const node = new CoreHarness({ degree: 4 });
    const from = node.inboundLink();
    for (let n = 0; n < 20; n++) node.inboundLink();
    const module = node.subscriber(TYPE);
    node.item(from, 1, TYPE, 0, "x");
    const sent = node.counter("framesQueued");
    node.answerLast(module, "accept");
    assert.equal(node.counter("framesQueued") - sent, 4);
    for (let n = 0; n < 100; n++) node.item(from, 1, TYPE, n, "x");
    assert.equal(node.counter("framesQueued") - sent, 4);
  });

  it("is nothing for an item that is rejected, unsubscribed or repeated", () => {
    const node = new CoreHarness();
    const from = node.inboundLink();
    node.inboundLink();
    const module = node.subscriber(TYPE);
    const sent = node.counter("framesQueued");
    node.item(from, 1, TYPE, 0, "x");
    node.answerLast(module, "reject");
    for (let n = 0; n < 100; n++) {
      node.item(from, 1, TYPE, 0, "x");
      node.item(from, n, TYPE + 1, 0, "x");
    }
    assert.equal(node.counter("framesQueued"), sent);
  });

  it("by better and better copies is bounded per link", () => {
    const node = new CoreHarness();
    const [from, attacker] = [node.inboundLink(), node.inboundLink()];
    for (let n = 0; n < 8; n++) node.inboundLink();
    const module = node.subscriber(TYPE);
    node.item(from, 1, TYPE, 2, "x");
    node.answerLast(module, "accept");
    const sent = node.counter("framesQueued");
    for (let ttl = 3; ttl <= 255; ttl++) node.item(attacker, 1, TYPE, ttl, "x");
    assert.equal(node.counter("framesQueued") - sent, 2 * 9);
  });

  it("is 12 bytes before OK, whatever is sent", () => {
    const node = new CoreHarness({ difficultyBits: 28 });
    const link = node.halfOpenLink("127.0.0.1");
    for (let n = 0; n < 10; n++) node.receive(link, new P2PVerify(new Uint8Array(8).fill(n)));
    const bytes = node.messagesTo(link).reduce((sum, { frameBytes }) => sum + frameBytes, 0);
    assert.equal(bytes, 12);
  });
});

describe("T14 loops", () => {
  for (const ttl of [0, 255]) {
    it(`TTL ${ttl} on a ring of three ends after each node has forwarded once`, () => {
      const network = new CoreNetwork(3, { cacheSize: 1 }).ring();
      for (let n = 0; n < 100; n++) network.announce(0, ttl, `${n}`);
      assert.equal(network.copies, 4 * 100);
      for (const at of [0, 1, 2]) assert.equal(network.heard(at).length, 100);
    });
  }

  it("TTL 0 on six fully meshed nodes ends, and everybody hears once", () => {
    const network = new CoreNetwork(6, { cacheSize: 1 });
    for (let a = 0; a < 6; a++) for (let b = 0; b < a; b++) network.connect(a, b);
    network.announce(2, 0, "x");
    for (let at = 0; at < 6; at++) assert.deepEqual(network.heard(at), ["x"]);
  });
});

describe("T15 TTL poisoning", () => {
  /** A line of six; an item enters at its start, and a poisoner has sent it to number `at` before. */
  const reach = (at: number, ttl: number, poison: number): number[] => {
    const network = new CoreNetwork(6).line();
    const send = (member: number, itemTtl: number): void => {
      const { node } = network.member(member);
      node.item(node.inboundLink(), 1, NETWORK_TYPE, itemTtl, "x");
      network.settle();
    };
    send(at, poison);
    send(0, ttl);
    return network.reached();
  };

  for (const at of [0, 1, 2, 3]) {
    it(`an early copy with TTL 1 at node ${at} does not shorten the way of the good one`, () => {
      assert.deepEqual(reach(at, 0, 1), [0, 1, 2, 3, 4, 5]);
      assert.deepEqual(reach(at, 5, 1), [0, 1, 2, 3, 4]);
      assert.deepEqual(reach(at, 255, 2), [0, 1, 2, 3, 4, 5]);
    });
  }
});

describe("T17 verdict confusion", () => {
  it("the verdict on one item never counts for another with the same network id", () => {
    const node = new CoreHarness();
    const [from, to] = [node.inboundLink(), node.inboundLink()];
    const [a, b] = [node.subscriber(TYPE), node.subscriber(TYPE + 1)];
    node.item(from, 1, TYPE, 0, "good");
    node.item(from, 1, TYPE + 1, 0, "bad");
    node.answerLast(a, "accept");
    assert.deepEqual(
      node.itemsTo(to).map(({ dataType }) => dataType),
      [TYPE],
    );
    for (let id = 0; id < 65_536; id++) node.answer(a, id, "accept");
    assert.equal(node.itemsTo(to).length, 1);
    node.answerLast(b, "accept");
    assert.equal(node.itemsTo(to).length, 2);
  });

  it("an id that was answered is not taken for the next notification", () => {
    const node = new CoreHarness();
    const [from, to] = [node.inboundLink(), node.inboundLink()];
    const module = node.subscriber(TYPE);
    node.item(from, 1, TYPE, 0, "first");
    const [first] = node.notificationsTo(module);
    assert.ok(first !== undefined);
    node.answer(module, first.messageId, "reject");
    node.item(from, 2, TYPE, 0, "second");
    node.answer(module, first.messageId, "accept");
    assert.equal(node.itemsTo(to).length, 0);
    assert.equal(node.counter("verdictsUnknown"), 1);
  });
});

describe("T18 what changes between notification and verdict", () => {
  it("a module that leaves gives no verdict", () => {
    const node = new CoreHarness();
    const [from, to] = [node.inboundLink(), node.inboundLink()];
    const module = node.subscriber(TYPE);
    node.item(from, 1, TYPE, 0, "x");
    node.tick({ kind: "subscriberGone", subscriber: module });
    node.advance(60_000);
    assert.equal(node.itemsTo(to).length, 0);
    assert.equal(node.store("pendingItems").entries, 0);
  });

  it("a link that closes meanwhile gets nothing, and one that comes up meanwhile gets it", () => {
    const node = new CoreHarness();
    const [from, closing] = [node.inboundLink(), node.inboundLink()];
    const module = node.subscriber(TYPE);
    node.item(from, 1, TYPE, 4, "x");
    node.tick({ kind: "linkLost", link: closing });
    const late = node.inboundLink();
    node.answerLast(module, "accept");
    assert.equal(node.itemsTo(late)[0]?.ttl, 3);
  });

  it("a link that closes in the tick of the verdict is not written to", () => {
    const node = new CoreHarness();
    const [from, to] = [node.inboundLink(), node.inboundLink()];
    const module = node.subscriber(TYPE);
    node.item(from, 1, TYPE, 4, "x");
    const [notification] = node.notificationsTo(module);
    assert.ok(notification !== undefined);
    const fault = { kind: "sizeBelowHeader", size: 0 } as const;
    const request = new GossipValidation(notification.messageId, "accept");
    const outputs = node.tick(
      { kind: "peerMessage", link: from, message: new P2PAnnounce(2, TYPE, 4, bytesOf("y")) },
      { kind: "apiRequest", subscriber: module, request },
      { kind: "peerFault", link: to, fault },
      { kind: "apiFault", subscriber: module, fault },
    );
    assert.equal(node.counter("itemAccepted"), 1);
    assert.deepEqual(linesOf(outputs), [
      `close ${to}: sizeBelowHeader`,
      `close ${module}: sizeBelowHeader`,
    ]);
  });
});

describe("T22 hash flooding", () => {
  it("65,536 ids under one type are handled like any others", () => {
    const node = new CoreHarness({ limits: { linkFramesPerSecond: 0 } });
    const from = node.inboundLink();
    node.subscriber(TYPE);
    for (let id = 0; id < 65_536; id++) {
      node.input({
        kind: "peerMessage",
        link: from,
        message: new P2PAnnounce(id, TYPE, 1, bytesOf(`${id}`)),
      });
    }
    assert.equal(node.store("seenKeys").entries, 65_536);
    assert.equal(node.counter("itemDuplicate"), 0);
  });
});

describe("T24 reserved bits", () => {
  it("of a received item are ignored, and forwarded as zero", () => {
    const node = new CoreHarness();
    const [from, to] = [node.inboundLink(), node.inboundLink()];
    const module = node.subscriber(TYPE);
    const body = Uint8Array.of(0, 1, 0, TYPE, 4, 0xde, 0xad, 0xff, 0x61);
    node.receive(from, P2PAnnounce.decode(new ByteReader(body, 0, body.length)));
    node.answerLast(module, "accept");
    const [forwarded] = node.itemsTo(to);
    assert.ok(forwarded !== undefined);
    assert.deepEqual([...encodeFrame(forwarded).subarray(4)], [0, 1, 0, TYPE, 3, 0, 0, 0, 0x61]);
  });

  it("do not make another item of a copy", () => {
    const node = new CoreHarness();
    const [a, b] = [node.inboundLink(), node.inboundLink()];
    const module = node.subscriber(TYPE);
    for (const [link, reserved] of [
      [a, 0],
      [b, 0xff],
    ] as const) {
      const body = Uint8Array.of(0, 1, 0, TYPE, 4, reserved, reserved, reserved, 0x61);
      node.receive(link, P2PAnnounce.decode(new ByteReader(body, 0, body.length)));
    }
    assert.equal(node.notificationsTo(module).length, 1);
  });
});

describe("T25 connection exhaustion, half-open", () => {
  it("a thousand sockets of one address hold eight places, and another address is served", () => {
    const node = new CoreHarness({ localRanges: [] });
    for (let n = 0; n < 1_000; n++) node.halfOpenLink("203.0.113.1", n + 1);
    assert.equal(node.store("halfOpenLinks").entries, 8);
    assert.equal(node.snapshot().counters.linksClosed.halfOpenPerAddress, 992);
    const other = node.halfOpenLink("203.0.113.2", 1);
    assert.deepEqual(linesOf(node.receive(other, new P2PVerify(new Uint8Array(8)))), [
      `write ${other}: OK`,
    ]);
  });

  it("T6: five thousand sockets of one /16 never exceed the bound, and push out none but their own", () => {
    const node = new CoreHarness({ localRanges: [] });
    const honest = node.halfOpenLink("198.51.100.1", 1);
    for (let n = 0; n < 5_000; n++) {
      node.halfOpenLink(`203.0.${n >>> 8}.${n & 255}`, 1);
      assert.ok(node.store("halfOpenLinks").entries <= HALF_OPEN_MAX);
    }
    node.receive(honest, new P2PVerify(new Uint8Array(8)));
    assert.equal(node.linkSnapshot(honest).phase, "established");
  });

  it("a closed or established half-open link gives its place back", () => {
    const node = new CoreHarness({ localRanges: [], inboundLinksMax: 100 });
    for (let round = 0; round < 50; round++) {
      const link = node.halfOpenLink("203.0.113.1", round + 1);
      if (round % 2 === 0) node.receive(link, new P2PVerify(new Uint8Array(8)));
      else node.tick({ kind: "linkLost", link });
    }
    assert.equal(node.store("halfOpenLinks").entries, 0);
    assert.equal(node.store("links").entries, 25);
  });
});

describe("T30 local client floods", () => {
  it("announcements while there is no link fill a bounded store", () => {
    const node = new CoreHarness();
    const announcer = node.subscriber();
    const data = numbered(20_000);
    for (let n = 0; n < 5_000; n++) {
      node.announce(announcer, 0, TYPE, data(n));
      assert.ok(node.store("ownItems").entries <= OWN_ITEMS_MAX);
      assert.ok(node.store("knowledgeBase").bytes <= 32 * MIB);
    }
    assert.ok(node.counter("ownItemsForgotten") > 3_000);
  });

  it("announcements faster than the peers read pause the client, and drop nothing", () => {
    const node = new CoreHarness();
    const links = [node.inboundLink(), node.inboundLink()];
    for (const link of links) node.freeze(link);
    const announcer = node.subscriber();
    let announced = 0;
    for (let ms = 0; ms < 2_000; ms += 10) {
      while (node.subscriberSnapshot(announcer).reading === "open") {
        node.announce(announcer, 1, TYPE, bytesOf(`${announced++}`));
      }
      node.advance(10);
      for (const link of links) node.drainLink(link);
    }
    assert.equal(node.counter("framesDropped"), 0);
    assert.ok(announced > 50_000);
  });

  it("verdicts about nothing change nothing", () => {
    const node = new CoreHarness();
    const [from, to] = [node.inboundLink(), node.inboundLink()];
    const [liar, module] = [node.subscriber(), node.subscriber(TYPE)];
    for (let id = 0; id < 10_000; id++) node.answer(liar, id, "accept");
    node.item(from, 1, TYPE, 0, "x");
    assert.equal(node.itemsTo(to).length, 0);
    node.answerLast(module, "accept");
    assert.equal(node.itemsTo(to).length, 1);
  });
});
