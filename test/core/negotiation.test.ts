import assert from "node:assert/strict";
import { describe, it } from "node:test";
import type { AddressScope } from "../../src/core/address-scope.ts";
import { markerOf } from "../../src/core/marker.ts";
import type { LinkId } from "../../src/core/ports.ts";
import { MessageType } from "../../src/wire/message-type.ts";
import { Peers } from "../../src/wire/p2p/peers.ts";
import { Ping } from "../../src/wire/p2p/ping.ts";
import { P2PInit } from "../../src/wire/p2p/p2p-init.ts";
import { P2POk } from "../../src/wire/p2p/p2p-ok.ts";
import { P2PVerify } from "../../src/wire/p2p/p2p-verify.ts";
import { CoreHarness, sha256 } from "../support/core-harness.ts";
import type { HarnessOptions } from "../support/core-harness.ts";
import { linesOf } from "../support/core-outbox.ts";
import {
  challengeTo,
  extendedDial,
  extendedLink,
  helloFor,
  markedLink,
  markedNonce,
} from "../support/extended-links.ts";

const BOOTSTRAPPERS = [{ host: "127.0.0.1", port: 6001 }];
const CHALLENGE = Uint8Array.from([1, 2, 3, 4, 5, 6, 7, 8]);
const ping = new Ping("ask", new Uint8Array(8));

const ours = (options: HarnessOptions = {}): CoreHarness =>
  new CoreHarness({ extensions: "on", ...options });

/** The proof of this link's INIT is being computed. */
function solving(node: CoreHarness): LinkId {
  const [dial] = node.start();
  assert.ok(dial !== undefined);
  const link = node.dialledLink(dial);
  node.receive(link, new P2PInit(CHALLENGE));
  return link;
}

function awaitingOk(node: CoreHarness): LinkId {
  const link = solving(node);
  node.tick({ kind: "proofFound", link, nonce: markedNonce(CHALLENGE) });
  return link;
}

const peerOf = (node: CoreHarness, link: LinkId): string => node.linkSnapshot(link).peer;

const extendedFramesTo = (node: CoreHarness, link: LinkId): string[] =>
  node
    .messagesTo(link)
    .filter(({ type }) => type > MessageType.p2pAnnounce)
    .map(({ kind }) => kind);

/** Lets time pass until the core dials. */
function nextDial(node: CoreHarness): ReturnType<CoreHarness["start"]>[number] {
  for (let waited = 0; waited < 200_000; waited += 100) {
    const dial = node.advance(100).find((output) => output.kind === "dial");
    if (dial !== undefined) return dial;
  }
  throw new Error("no dial");
}

describe("[protocol §6.2] the marker", () => {
  it("is asked of the solver, in the high word of the nonce", () => {
    const node = ours({ bootstrappers: BOOTSTRAPPERS });
    solving(node);
    const [solve] = node.outputs.filter((output) => output.kind === "solveProof");
    assert.equal(solve?.nonceHigh, markerOf(CHALLENGE, sha256));
  });

  it("is the beginning of a hash over the challenge", () => {
    const challenge = Uint8Array.from(Buffer.from("0123456789abcdef", "hex"));
    assert.equal(markerOf(challenge, sha256), 0x282d9458);
  });

  it("is given up when nothing below it solves the puzzle, and the link is then a base link", () => {
    const node = ours({ bootstrappers: BOOTSTRAPPERS });
    const link = solving(node);
    const again = node.tick({ kind: "proofFailed", link, reason: "exhausted" });
    assert.deepEqual(linesOf(again), [`solve for ${link}`]);
    const [solve] = again.filter((output) => output.kind === "solveProof");
    assert.equal(solve?.nonceHigh, undefined);
    node.tick({ kind: "proofFound", link, nonce: new Uint8Array(8) });
    node.receive(link, new P2POk());
    assert.equal(peerOf(node, link), "base");
    assert.deepEqual(linesOf(node.receive(link, helloFor(CHALLENGE))), [
      `close ${link}: unexpectedType`,
    ]);
  });

  it("is no reason to give up twice: an unmarked search that fails closes the link", () => {
    const node = ours({ bootstrappers: BOOTSTRAPPERS });
    const link = solving(node);
    node.tick({ kind: "proofFailed", link, reason: "exhausted" });
    assert.deepEqual(linesOf(node.tick({ kind: "proofFailed", link, reason: "exhausted" })), [
      `close ${link}: exhausted`,
    ]);
  });
});

describe("[protocol §6.2] the acceptor", () => {
  it("answers a marked VERIFY with OK and HELLO in one write", () => {
    const node = ours();
    const link = node.halfOpenLink("127.0.0.1");
    const challenge = challengeTo(node, link);
    const outputs = node.receive(link, new P2PVerify(markedNonce(challenge)));
    assert.deepEqual(linesOf(outputs), [`write ${link}: OK, HELLO`]);
    const hello = node.messagesTo(link).find(({ kind }) => kind === "hello");
    assert.ok(hello?.kind === "hello");
    assert.deepEqual([hello.version, hello.features], [1, 0]);
    assert.deepEqual(hello.challenge, challenge);
  });

  it("[§6.1] answers an unmarked one with OK, and sends that peer nothing above 507 ever", () => {
    const node = ours();
    const link = node.inboundLink();
    node.advance(3_600_000);
    assert.equal(peerOf(node, link), "base");
    assert.deepEqual(extendedFramesTo(node, link), []);
  });

  it("takes the dialler for base after 10 s, and still upgrades it later", () => {
    const node = ours();
    const link = markedLink(node);
    node.advance(9_999);
    assert.equal(peerOf(node, link), "unknown");
    node.advance(1);
    assert.equal(peerOf(node, link), "base");
    node.advance(60_000);
    assert.deepEqual(extendedFramesTo(node, link), ["hello"]);
    node.receive(link, helloFor(challengeTo(node, link)));
    assert.equal(peerOf(node, link), "extended");
  });
});

describe("[protocol §6.2] the dialler", () => {
  it("answers HELLO with HELLO, and is first to send anything above 507 after that", () => {
    const node = ours({ bootstrappers: BOOTSTRAPPERS });
    const link = awaitingOk(node);
    const outputs = node.tick(
      { kind: "peerMessage", link, message: new P2POk() },
      { kind: "peerMessage", link, message: helloFor(CHALLENGE) },
    );
    assert.deepEqual(linesOf(outputs), [`write ${link}: HELLO, PING, GET`]);
    assert.equal(peerOf(node, link), "extended");
  });

  it("takes the acceptor for base after 1 s without a word, and still upgrades it later", () => {
    const node = ours({ bootstrappers: BOOTSTRAPPERS });
    const link = awaitingOk(node);
    node.receive(link, new P2POk());
    node.advance(999);
    assert.equal(peerOf(node, link), "unknown");
    node.advance(1);
    assert.equal(peerOf(node, link), "base");
    assert.deepEqual(extendedFramesTo(node, link), []);
    node.receive(link, helloFor(CHALLENGE));
    assert.equal(peerOf(node, link), "extended");
  });
});

describe("[protocol §6.3] HELLO", () => {
  it("is legal once", () => {
    const node = ours();
    const link = extendedLink(node);
    assert.equal(node.core.expects(link, MessageType.hello), false);
    assert.deepEqual(linesOf(node.receive(link, helloFor(challengeTo(node, link)))), [
      `close ${link}: unexpectedType`,
    ]);
  });

  it("is not legal before VERIFY, nor after an unmarked one", () => {
    const node = ours();
    for (const link of [node.halfOpenLink("127.0.0.1"), node.inboundLink()]) {
      assert.deepEqual(linesOf(node.receive(link, helloFor(CHALLENGE))), [
        `close ${link}: unexpectedType`,
      ]);
    }
  });

  it("closes the link when it names another challenge", () => {
    const node = ours();
    const link = markedLink(node);
    assert.deepEqual(linesOf(node.receive(link, helloFor(CHALLENGE))), [
      `close ${link}: wrongChallenge`,
    ]);
  });

  it("must come from both before any other extended frame is legal", () => {
    for (const message of [ping, new Peers("get"), new Peers("list")]) {
      const node = ours();
      const link = markedLink(node);
      assert.equal(node.core.expects(link, message.type), false);
      assert.deepEqual(linesOf(node.receive(link, message)), [`close ${link}: unexpectedType`]);
    }
  });

  it("of a later version with unknown features is spoken to as version 1", () => {
    const node = ours();
    const link = markedLink(node);
    node.receive(link, helloFor(challengeTo(node, link), { version: 200, features: 0xffff_ffff }));
    assert.equal(peerOf(node, link), "extended");
    node.receive(link, ping);
    assert.ok(node.messagesTo(link).some((sent) => sent.kind === "ping" && sent.role === "answer"));
  });

  it("does not stand in the way of items", () => {
    const node = ours();
    const module = node.subscriber(1);
    node.item(markedLink(node), 1, 1, 0, "early");
    node.answerLast(module, "accept");
    node.item(extendedLink(node), 2, 1, 0, "late");
    assert.equal(node.notificationsTo(module).length, 2);
  });

  const cases: readonly (readonly [AddressScope, string, number])[] = [
    ["loopback", "127.0.0.1", 6001],
    ["loopback", "10.0.0.1", 0],
    ["loopback", "203.0.113.1", 0],
    ["private", "127.0.0.1", 6001],
    ["private", "192.168.0.1", 6001],
    ["private", "2001:db8::1", 0],
    ["public", "203.0.113.1", 6001],
    ["public", "127.0.0.1", 6001],
  ];
  for (const [scope, host, port] of cases) {
    it(`tells ${host} of a ${scope} listener ${port === 0 ? "nothing" : "at its port"}`, () => {
      const node = ours();
      node.tick({ kind: "listening", listener: { port: 6001, scope } });
      const [, , hello] = node.messagesTo(markedLink(node, host));
      assert.ok(hello?.kind === "hello");
      assert.equal(hello.listenPort, port);
      assert.equal(hello.inbound, port === 0 ? "none" : "accepted");
    });
  }
});

describe("[protocol §6.1] extensions = no", () => {
  it("makes a marked VERIFY an ordinary one, and HELLO a fault", () => {
    const node = new CoreHarness();
    const link = node.halfOpenLink("127.0.0.1");
    const challenge = challengeTo(node, link);
    assert.deepEqual(linesOf(node.receive(link, new P2PVerify(markedNonce(challenge)))), [
      `write ${link}: OK`,
    ]);
    assert.equal(node.core.expects(link, MessageType.hello), false);
    assert.deepEqual(linesOf(node.receive(link, helloFor(challenge))), [
      `close ${link}: unexpectedType`,
    ]);
  });

  it("marks nothing, pings nobody, tests nobody and saves nothing", () => {
    const node = new CoreHarness({ bootstrappers: BOOTSTRAPPERS });
    const link = awaitingOk(node);
    const [solve] = node.outputs.filter((output) => output.kind === "solveProof");
    assert.equal(solve?.nonceHigh, undefined);
    node.receive(link, new P2POk());
    assert.deepEqual(linesOf(node.advance(3_600_000)), []);
  });
});

describe("[protocol §6] a peer that comes back as something else", () => {
  it("is base where it was extended, and extended where it was base", () => {
    const node = ours({ bootstrappers: BOOTSTRAPPERS });
    const [dial] = node.start();
    assert.ok(dial !== undefined);
    const first = extendedDial(node, dial, { inbound: "accepted", listenPort: 6001 });
    node.tick({ kind: "linkLost", link: first });
    const second = node.outboundLink(nextDial(node));
    node.advance(1_000);
    assert.equal(peerOf(node, second), "base");
    assert.deepEqual(extendedFramesTo(node, second), []);
    node.tick({ kind: "linkLost", link: second });
    assert.equal(peerOf(node, extendedDial(node, nextDial(node))), "extended");
  });
});
