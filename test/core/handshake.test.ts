import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { isProof } from "../../src/core/proof.ts";
import type { LinkId } from "../../src/core/ports.ts";
import { MessageType } from "../../src/wire/message-type.ts";
import { P2PAnnounce } from "../../src/wire/p2p/p2p-announce.ts";
import { P2PInit } from "../../src/wire/p2p/p2p-init.ts";
import { P2POk } from "../../src/wire/p2p/p2p-ok.ts";
import { P2PVerify } from "../../src/wire/p2p/p2p-verify.ts";
import { CoreHarness, sha256 } from "../support/core-harness.ts";
import { linesOf } from "../support/core-outbox.ts";

const BOOTSTRAPPERS = ["a", "b", "c", "d", "e"].map((host) => ({ host, port: 6001 }));
const announce = new P2PAnnounce(1, 1, 1, new Uint8Array(0));
const verify = new P2PVerify(new Uint8Array(8));

function challengeTo(node: CoreHarness, link: LinkId): Uint8Array {
  const [init] = node.messagesTo(link);
  assert.ok(init?.kind === "p2pInit");
  return init.challenge;
}

function solve(challenge: Uint8Array, bits: number): Uint8Array {
  const nonce = new Uint8Array(8);
  for (let n = 0; !isProof(challenge, nonce, bits, sha256); n++) {
    new DataView(nonce.buffer).setUint32(4, n);
  }
  return nonce;
}

describe("[protocol §3.1] the acceptor", () => {
  it("sends INIT at once", () => {
    const node = new CoreHarness();
    const link = node.freshLinkId();
    const remote = { host: "127.0.0.1", port: 1 };
    const outputs = node.tick({ kind: "linkAccepted", link, remote });
    assert.deepEqual(linesOf(outputs), [`write ${link}: INIT`]);
  });

  it("never shows the same challenge twice", () => {
    const node = new CoreHarness();
    const challenges = new Set<string>();
    for (let n = 0; n < 500; n++) {
      challenges.add(challengeTo(node, node.halfOpenLink("127.0.0.1")).join());
    }
    assert.equal(challenges.size, 500);
  });
});

describe("[protocol §3.3] a proof at the acceptor", () => {
  it("that is right establishes the link", () => {
    const node = new CoreHarness({ difficultyBits: 8 });
    const link = node.halfOpenLink("127.0.0.1");
    const nonce = solve(challengeTo(node, link), 8);
    const outputs = node.receive(link, new P2PVerify(nonce));
    assert.deepEqual(linesOf(outputs, "reports"), ["report linkEstablished", `write ${link}: OK`]);
    assert.equal(node.linkSnapshot(link).phase, "established");
  });

  it("that is wrong closes without a word", () => {
    const node = new CoreHarness({ difficultyBits: 28 });
    const link = node.halfOpenLink("127.0.0.1");
    assert.deepEqual(linesOf(node.receive(link, verify)), [`close ${link}: wrongProof`]);
  });

  it("has one try: nothing is accepted after a wrong one", () => {
    const node = new CoreHarness({ difficultyBits: 8 });
    const link = node.halfOpenLink("127.0.0.1");
    const right = solve(challengeTo(node, link), 8);
    const wrong = Uint8Array.from(right, (byte) => byte ^ 0x55);
    node.receive(link, new P2PVerify(wrong));
    assert.deepEqual(linesOf(node.receive(link, new P2PVerify(right))), []);
    assert.equal(node.snapshot().links.length, 0);
  });

  it("costs one hash", () => {
    let hashes = 0;
    const digest = (bytes: Uint8Array): string => {
      hashes++;
      return sha256(bytes);
    };
    const node = new CoreHarness({ difficultyBits: 28, digest });
    const link = node.halfOpenLink("127.0.0.1");
    node.receive(link, verify);
    node.receive(link, verify);
    assert.equal(hashes, 1);
  });

  it("must come within pow_timeout, whatever is dribbled meanwhile", () => {
    const node = new CoreHarness({ powTimeoutMs: 5_000 });
    const link = node.halfOpenLink("127.0.0.1");
    node.tick({ kind: "frameStarted", from: { kind: "link", link } });
    assert.deepEqual(linesOf(node.advance(4_999)), []);
    assert.deepEqual(linesOf(node.advance(1)), [`close ${link}: verifyTimeout`]);
  });
});

describe("[protocol §3.4] what is legal when", () => {
  const all = { INIT: new P2PInit(new Uint8Array(8)), VERIFY: verify, OK: new P2POk(), announce };
  const phases: readonly (readonly [
    string,
    (node: CoreHarness) => LinkId,
    keyof typeof all | undefined,
  ])[] = [
    ["awaitingVerify", (node) => node.halfOpenLink("127.0.0.1"), "VERIFY"],
    ["established", (node) => node.inboundLink(), "announce"],
    ["awaitingInit", (node) => node.dialledLink(dialOf(node)), "INIT"],
    ["solving", (node) => solvingLink(node), undefined],
    ["awaitingSolver", (node) => awaitingSolverLink(node), undefined],
    ["awaitingOk", (node) => awaitingOkLink(node), "OK"],
  ];
  for (const [phase, linkIn, legal] of phases) {
    for (const [name, message] of Object.entries(all)) {
      it(`${name} is ${name === legal ? "legal" : "a fault"} in ${phase}`, () => {
        const node = new CoreHarness({ bootstrappers: BOOTSTRAPPERS });
        const link = linkIn(node);
        assert.equal(node.linkSnapshot(link).phase, phase);
        assert.equal(node.core.expects(link, message.type), name === legal);
        const outputs = linesOf(node.receive(link, message));
        const isClosed = outputs.includes(`close ${link}: unexpectedType`);
        assert.equal(isClosed, name !== legal, outputs.join());
        if (isClosed) assert.deepEqual(linesOf(node.receive(link, message)), []);
      });
    }
  }

  it("VERIFY and an item in one segment are both taken", () => {
    const node = new CoreHarness();
    const link = node.halfOpenLink("127.0.0.1");
    const module = node.subscriber(1);
    const outputs = node.tick(
      { kind: "peerMessage", link, message: verify },
      { kind: "peerMessage", link, message: announce },
    );
    assert.deepEqual(linesOf(outputs), [`write ${link}: OK`, `notify ${module}: ""`]);
  });

  it("OK and an item in one segment are both taken", () => {
    const node = new CoreHarness({ bootstrappers: BOOTSTRAPPERS });
    const link = awaitingOkLink(node);
    const module = node.subscriber(1);
    const outputs = node.tick(
      { kind: "peerMessage", link, message: new P2POk() },
      { kind: "peerMessage", link, message: announce },
    );
    assert.deepEqual(linesOf(outputs), [`notify ${module}: ""`]);
  });

  it("nothing is expected of an unknown link", () => {
    const node = new CoreHarness();
    assert.equal(node.core.expects(node.freshLinkId(), MessageType.p2pVerify), false);
  });
});

describe("[protocol §3.5] the solver", () => {
  it("works on one link at a time, two wait, the next is refused", () => {
    const node = new CoreHarness({ bootstrappers: BOOTSTRAPPERS });
    const links = node.start().map((dial) => node.dialledLink(dial));
    assert.deepEqual(
      links.flatMap((link) => linesOf(node.init(link))),
      [`solve for ${links[0]}`, `close ${links[3]}: solverBusy`, `close ${links[4]}: solverBusy`],
    );
  });

  it("goes on with the next link when a proof is found, and VERIFY leaves", () => {
    const node = new CoreHarness({ bootstrappers: BOOTSTRAPPERS });
    const [first, second] = solvingLinks(node);
    const outputs = node.tick({
      kind: "proofFound",
      link: first,
      nonce: new Uint8Array(8).fill(3),
    });
    assert.deepEqual(linesOf(outputs), [`solve for ${second}`, `write ${first}: VERIFY`]);
    assert.deepEqual(node.messagesTo(first), [new P2PVerify(new Uint8Array(8).fill(3))]);
  });

  it("stops when its link closes, and goes on with the next", () => {
    const node = new CoreHarness({ bootstrappers: BOOTSTRAPPERS });
    const [first, second] = solvingLinks(node);
    assert.deepEqual(linesOf(node.tick({ kind: "linkLost", link: first })), [
      `cancel proof for ${first}`,
      `solve for ${second}`,
    ]);
    assert.deepEqual(
      linesOf(node.tick({ kind: "proofFound", link: first, nonce: new Uint8Array(8) })),
      [],
    );
  });

  it("forgets a link that closes while it waits", () => {
    const node = new CoreHarness({ bootstrappers: BOOTSTRAPPERS });
    const [first, second, third] = solvingLinks(node);
    node.tick({ kind: "linkLost", link: second });
    const outputs = node.tick({ kind: "proofFailed", link: first, reason: "solverFailed" });
    assert.deepEqual(linesOf(outputs), [`close ${first}: solverFailed`, `solve for ${third}`]);
  });

  it("is not confused by a proof nobody asked for", () => {
    const node = new CoreHarness({ bootstrappers: BOOTSTRAPPERS });
    const [first, second] = solvingLinks(node);
    const nonce = new Uint8Array(8);
    assert.deepEqual(linesOf(node.tick({ kind: "proofFound", link: second, nonce })), []);
    assert.deepEqual(
      linesOf(node.tick({ kind: "proofFailed", link: second, reason: "exhausted" })),
      [],
    );
    assert.equal(node.linkSnapshot(first).phase, "solving");
    assert.equal(node.linkSnapshot(second).phase, "awaitingSolver");
  });

  it("gets its own copy of the challenge", () => {
    const node = new CoreHarness({ bootstrappers: BOOTSTRAPPERS });
    const link = node.dialledLink(dialOf(node));
    const buffer = new Uint8Array(8).fill(1);
    const [output] = node.init(link, buffer);
    buffer.fill(2);
    assert.ok(output?.kind === "solveProof");
    assert.deepEqual(output.challenge, new Uint8Array(8).fill(1));
  });
});

describe("[protocol §3.5] the dialler's deadlines", () => {
  it("are 10 s for INIT", () => {
    const node = new CoreHarness({ bootstrappers: BOOTSTRAPPERS.slice(0, 1) });
    const link = node.dialledLink(dialOf(node));
    assert.deepEqual(linesOf(node.advance(9_999)), []);
    assert.deepEqual(linesOf(node.advance(1)), [`close ${link}: initTimeout`]);
  });

  it("are 30 s for OK after VERIFY", () => {
    const node = new CoreHarness({ bootstrappers: BOOTSTRAPPERS.slice(0, 1) });
    const link = awaitingOkLink(node);
    assert.deepEqual(linesOf(node.advance(29_999)), []);
    assert.deepEqual(linesOf(node.advance(1)), [`close ${link}: okTimeout`]);
  });

  it("do not exist while we solve, and end with OK", () => {
    const node = new CoreHarness({ bootstrappers: BOOTSTRAPPERS.slice(0, 1) });
    const link = node.dialledLink(dialOf(node));
    node.init(link);
    assert.deepEqual(linesOf(node.advance(600_000)), []);
    node.tick({ kind: "proofFound", link, nonce: new Uint8Array(8) });
    node.receive(link, new P2POk());
    assert.deepEqual(linesOf(node.advance(600_000)), []);
  });
});

describe("[protocol §3.6] a dial to ourselves", () => {
  it("closes both ends and leaves the address out for one hour", () => {
    const node = new CoreHarness({ bootstrappers: BOOTSTRAPPERS.slice(0, 1) });
    const outbound = node.dialledLink(dialOf(node));
    const inbound = node.halfOpenLink("127.0.0.1");
    assert.deepEqual(linesOf(node.init(outbound, challengeTo(node, inbound)), "reports"), [
      "report selfDialed",
      "report linkClosed",
      `close ${inbound}: selfDial`,
      "report linkClosed",
      `close ${outbound}: selfDial`,
    ]);
    assert.deepEqual(linesOf(node.advance(3_599_999)), []);
    assert.deepEqual(linesOf(node.advance(1)), ["dial a:6001"]);
  });

  it("is not seen in a challenge whose link is gone", () => {
    const node = new CoreHarness({ bootstrappers: BOOTSTRAPPERS.slice(0, 1) });
    const outbound = node.dialledLink(dialOf(node));
    const inbound = node.halfOpenLink("127.0.0.1");
    node.tick({ kind: "linkLost", link: inbound });
    assert.deepEqual(linesOf(node.init(outbound, challengeTo(node, inbound))), [
      `solve for ${outbound}`,
    ]);
  });
});

describe("[protocol §3.6] a challenge of ours that comes back when its link is established", () => {
  it("is a challenge like any other", () => {
    const node = new CoreHarness({ bootstrappers: BOOTSTRAPPERS.slice(0, 1) });
    const outbound = node.dialledLink(dialOf(node));
    const inbound = node.inboundLink();
    assert.deepEqual(linesOf(node.init(outbound, challengeTo(node, inbound))), [
      `solve for ${outbound}`,
    ]);
  });
});

describe("[protocol §3.6] an address that we dialled already", () => {
  it("gets no second link", () => {
    const node = new CoreHarness({ bootstrappers: BOOTSTRAPPERS.slice(0, 2) });
    const [first, second] = node.start();
    assert.ok(first !== undefined && second !== undefined);
    const remote = { host: "203.0.113.1", port: 6001 };
    const [a, b] = [node.freshLinkId(), node.freshLinkId()];
    node.tick({ kind: "linkDialed", link: a, dial: first.dial, remote });
    assert.deepEqual(
      linesOf(node.tick({ kind: "linkDialed", link: b, dial: second.dial, remote })),
      [`close ${b}: duplicateLink`],
    );
  });
});

describe("[protocol §7.1] when all places for inbound links are taken", () => {
  it("a newcomer gets OK and is closed, and a place that becomes free is given again", () => {
    const node = new CoreHarness({ inboundLinksMax: 2 });
    const [first] = [node.inboundLink(), node.inboundLink()];
    const late = node.halfOpenLink("127.0.0.1");
    assert.deepEqual(linesOf(node.receive(late, verify)), [
      `write ${late}: OK`,
      `close ${late}: inboundFull`,
    ]);
    node.tick({ kind: "linkLost", link: first });
    const next = node.halfOpenLink("127.0.0.1");
    assert.deepEqual(linesOf(node.receive(next, verify)), [`write ${next}: OK`]);
  });
});

function dialOf(node: CoreHarness): ReturnType<CoreHarness["start"]>[number] {
  const [dial] = node.start();
  assert.ok(dial !== undefined);
  return dial;
}

/** The first link is being solved, the others wait. */
function solvingLinks(node: CoreHarness): [LinkId, LinkId, LinkId] {
  const [a, b, c] = node
    .start()
    .slice(0, 3)
    .map((dial) => node.dialledLink(dial));
  assert.ok(a !== undefined && b !== undefined && c !== undefined);
  for (const link of [a, b, c]) node.init(link);
  return [a, b, c];
}

function solvingLink(node: CoreHarness): LinkId {
  return solvingLinks(node)[0];
}

function awaitingSolverLink(node: CoreHarness): LinkId {
  return solvingLinks(node)[1];
}

function awaitingOkLink(node: CoreHarness): LinkId {
  const link = node.dialledLink(dialOf(node));
  node.init(link);
  node.tick({ kind: "proofFound", link, nonce: new Uint8Array(8) });
  return link;
}
