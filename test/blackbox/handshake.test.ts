import assert from "node:assert/strict";
import { randomBytes } from "node:crypto";
import { before, describe, it } from "node:test";

import { Daemon, everyAddressCounts } from "./support/daemon.ts";
import { suiteScope } from "./support/patience.ts";
import { MessageNumber, okFrame, peerAnnounceFrame, verifyFrame } from "./support/raw-frames.ts";
import { RawModule } from "./support/raw-module.ts";
import { RawPeer, anItem, challengeOf, solve } from "./support/raw-peer.ts";
import { RawSocket } from "./support/raw-socket.ts";

const topic = 1337;
/** Hard enough that no nonce is right by accident within one run, easy enough to solve at once. */
const hardBits = 16;

describe("handshake at the acceptor", () => {
  const scope = suiteScope();
  let daemon: Daemon;
  let listener: RawModule;

  before(async () => {
    daemon = await Daemon.start(scope, { pow_difficulty: hardBits });
    listener = await RawModule.subscribed(scope, daemon, topic);
  });

  async function dialed(): Promise<{ socket: RawSocket; challenge: Buffer }> {
    const socket = await RawSocket.dial(daemon.p2p);
    return { socket, challenge: challengeOf(await socket.next("INIT")) };
  }

  /** Nothing that the closed links sent has reached the module: the next thing it hears is ours. */
  async function expectNothingAccepted(): Promise<void> {
    const peer = await RawPeer.dial(scope, daemon, { difficultyBits: hardBits });
    // TTL 1, or later links would be offered it.
    const marker = anItem(topic, randomBytes(8), { ttl: 1 });
    peer.send(marker);
    await listener.expectAndAccept(marker.data, "the item of an honest peer");
    peer.socket.destroy();
  }

  it("[protocol §3.1] INIT comes at once, is 12 bytes, and never repeats over 3,000 connections", async () => {
    const challenges = new Set<string>();
    for (let batch = 0; batch < 30; batch += 1) {
      const dials = await Promise.all(Array.from({ length: 100 }, async () => dialed()));
      for (const { socket, challenge } of dials) {
        challenges.add(challenge.toString("hex"));
        socket.destroy();
      }
    }
    assert.equal(challenges.size, 3_000);
    const firstBytes = new Set([...challenges].map((challenge) => challenge.slice(0, 2)));
    // 3,000 draws leave a given one of 256 values out with probability 8e-6.
    assert.ok(firstBytes.size > 250, `only ${firstBytes.size} different first bytes`);
  });

  it("[protocol §3.3] failed proof ignored: a wrong nonce closes without a word, nothing is accepted", async () => {
    const wrong = [
      (challenge: Buffer) => solve(challenge, hardBits, (bits) => bits < hardBits),
      (challenge: Buffer) => solve(challenge, hardBits, (bits) => bits === hardBits - 1),
      // The right nonce, read in the wrong byte order.
      (challenge: Buffer) => Buffer.from(solve(challenge, hardBits)).reverse(),
      // The right nonce of another challenge.
      () => solve(Buffer.alloc(8, 7), hardBits),
    ];
    for (const [index, nonceFor] of wrong.entries()) {
      const { socket, challenge } = await dialed();
      const item = peerAnnounceFrame(anItem(topic, `behind a wrong nonce ${index}`));
      socket.send(Buffer.concat([verifyFrame(nonceFor(challenge)), item]));
      await socket.expectClosed(`wrong nonce ${index}`);
    }
    await expectNothingAccepted();
  });

  it("[protocol §3.2] zero bits counted wrongly: exactly the difficulty is enough, one bit less is not", async () => {
    for (const [zeroBits, isEnough] of [
      [hardBits - 1, false],
      [hardBits, true],
      [hardBits + 1, true],
    ] as const) {
      const { socket, challenge } = await dialed();
      socket.send(verifyFrame(solve(challenge, zeroBits, (bits) => bits === zeroBits)));
      if (isEnough) {
        assert.deepEqual((await socket.next("OK")).bytes, okFrame());
        socket.destroy();
      } else {
        await socket.expectClosed(`${zeroBits} zero bits`);
      }
    }
  });

  it("[protocol §3.3] proof not bound to the link: an old nonce on a new socket closes", async () => {
    const { socket, challenge } = await dialed();
    const verify = verifyFrame(solve(challenge, hardBits));
    socket.send(verify);
    await socket.next("OK");
    const beside = await dialed();
    beside.socket.send(verify);
    await beside.socket.expectClosed("a replay while the first link is up");
    socket.destroy();
    const after = await dialed();
    after.socket.send(verify);
    await after.socket.expectClosed("a replay after the first link went down");
  });

  it("[protocol §3.3] a challenge is good for one try: a second VERIFY closes, right or wrong", async () => {
    const link = await dialed();
    const verify = verifyFrame(solve(link.challenge, hardBits));
    link.socket.send(verify);
    await link.socket.next("OK");
    link.socket.send(verify);
    await link.socket.expectClosed("VERIFY replayed after OK");

    const twice = await dialed();
    const right = verifyFrame(solve(twice.challenge, hardBits));
    const item = peerAnnounceFrame(anItem(topic, "behind a second VERIFY"));
    twice.socket.send(Buffer.concat([right, right, item]));
    const ending = twice.socket.ending("VERIFY twice in one segment");
    await ending;
    assert.ok(twice.socket.unread.every(({ type }) => type === MessageNumber.ok));

    const afterWrong = await dialed();
    const wrong = verifyFrame(solve(afterWrong.challenge, hardBits, (bits) => bits < hardBits));
    afterWrong.socket.send(
      Buffer.concat([wrong, verifyFrame(solve(afterWrong.challenge, hardBits))]),
    );
    await afterWrong.socket.expectClosed("the right VERIFY behind a wrong one");
    await expectNothingAccepted();
  });

  it("[protocol §3.4] unknown challenge: VERIFY before INIT was read, twice, and after OK", async () => {
    const blind = await RawSocket.dial(daemon.p2p);
    blind.send(verifyFrame(Buffer.alloc(8)));
    assert.equal((await blind.next("INIT")).type, MessageNumber.init);
    await blind.expectClosed("a blind VERIFY");
    await expectNothingAccepted();
  });

  it("[protocol §3.4] an item before VERIFY closes, and is not accepted", async () => {
    const { socket, challenge } = await dialed();
    const item = peerAnnounceFrame(anItem(topic, "before VERIFY"));
    socket.send(Buffer.concat([item, verifyFrame(solve(challenge, hardBits))]));
    await socket.expectClosed("507 before VERIFY");
    await expectNothingAccepted();
  });

  it("[protocol §3.4] VERIFY and 507 in one segment are legal", async () => {
    const { socket, challenge } = await dialed();
    const item = anItem(topic, "in the segment of VERIFY", { ttl: 1 });
    socket.send(Buffer.concat([verifyFrame(solve(challenge, hardBits)), peerAnnounceFrame(item)]));
    assert.deepEqual((await socket.next("OK")).bytes, okFrame());
    await listener.expectAndAccept(item.data, "the item behind VERIFY");
    socket.destroy();
  });

  it("attacker picks the difficulty: INIT has a challenge and nothing else", async () => {
    const { socket } = await dialed();
    assert.equal(socket.bytesRead, 12);
    await daemon.turn();
    assert.equal(socket.bytesRead, 12);
    socket.destroy();
  });

  it("silent dialler: with 100 silent sockets one honest peer gets in", async (t) => {
    const silent = await Promise.all(Array.from({ length: 100 }, async () => dialed()));
    await RawPeer.dial(t, daemon, { difficultyBits: hardBits });
    assert.ok(silent.every(({ socket }) => socket.isOpen));
    for (const { socket } of silent) {
      socket.destroy();
    }
  });

  it("handshake waits for a timer: VERIFY is answered at once", async (t) => {
    for (let round = 0; round < 20; round += 1) {
      const peer = await RawPeer.dial(t, daemon, { difficultyBits: hardBits });
      peer.socket.destroy();
    }
  });
});

describe("deadline of the handshake", () => {
  it("[protocol §3.3] timeout path deadlocks: a late VERIFY finds the link closed, and the node still accepts", async (t) => {
    const daemon = await Daemon.start(t, { pow_timeout: 1, pow_difficulty: 8 });
    const late = await RawSocket.dial(daemon.p2p);
    const challenge = challengeOf(await late.next("INIT"));
    // A byte now and then does not move the deadline.
    const verify = verifyFrame(solve(challenge, 8));
    late.send(verify.subarray(0, 11));
    await late.expectClosed("pow_timeout");
    await daemon.event("linkClosed", { cause: "verifyTimeout" });
    late.send(verify.subarray(11));
    const silent = await Promise.all(
      Array.from({ length: 20 }, async () => RawSocket.dial(daemon.p2p)),
    );
    for (const socket of silent) {
      await socket.next("INIT");
      await socket.expectClosed("pow_timeout");
    }
    await RawPeer.dial(t, daemon, { difficultyBits: 8 });
  });
});

describe("half-open bounds", () => {
  it("[protocol §3.5] with local_ranges empty the 9th half-open link of one address is refused", async (t) => {
    const daemon = await Daemon.start(t, everyAddressCounts);
    const eight: RawSocket[] = [];
    for (let count = 0; count < 8; count += 1) {
      const socket = await RawSocket.dial(daemon.p2p, { from: "127.0.0.2" });
      await socket.next("INIT");
      eight.push(socket);
    }
    const ninth = await RawSocket.dial(daemon.p2p, { from: "127.0.0.2" });
    await ninth.expectClosed("the ninth half-open link");
    await daemon.event("linkClosed", { cause: "halfOpenPerAddress" });
    await RawPeer.dial(t, daemon, { from: "127.0.0.3" });
    assert.ok(
      eight.every((socket) => socket.isOpen),
      "the eight stay",
    );
    // One of the eight becomes a link, and there is room for another.
    eight[0]?.send(verifyFrame(Buffer.alloc(8)));
    assert.equal((await eight[0]?.next("OK"))?.type, MessageNumber.ok);
    const next = await RawSocket.dial(daemon.p2p, { from: "127.0.0.2" });
    await next.next("INIT");
    for (const socket of [...eight, next]) {
      socket.destroy();
    }
  });

  it("[protocol §3.5] loopback is exempt by default: nine half-open links of one address stay", async (t) => {
    const daemon = await Daemon.start(t);
    const many: RawSocket[] = [];
    for (let count = 0; count < 40; count += 1) {
      const socket = await RawSocket.dial(daemon.p2p);
      await socket.next("INIT");
      many.push(socket);
    }
    await RawPeer.dial(t, daemon);
    assert.ok(many.every((socket) => socket.isOpen));
    for (const socket of many) {
      socket.destroy();
    }
  });

  it("newest evicts oldest: a flood from one address does not push out an honest one from another", async (t) => {
    const daemon = await Daemon.start(t, { ...everyAddressCounts, pow_difficulty: 8 });
    const honest = await RawSocket.dial(daemon.p2p, { from: "127.0.0.9" });
    const challenge = challengeOf(await honest.next("INIT"));
    const flood: RawSocket[] = [];
    for (let count = 0; count < 300; count += 1) {
      flood.push(await RawSocket.dial(daemon.p2p, { from: "127.0.0.2" }));
    }
    honest.send(verifyFrame(solve(challenge, 8)));
    assert.deepEqual((await honest.next("OK")).bytes, okFrame());
    for (const socket of [honest, ...flood]) {
      socket.destroy();
    }
  });
});
