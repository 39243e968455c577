import assert from "node:assert/strict";
import { once } from "node:events";
import { Duplex } from "node:stream";
import { describe, it } from "node:test";
import type { Input } from "../../src/core/input.ts";
import { OutgoingFrame } from "../../src/core/outgoing-frame.ts";
import type { Output } from "../../src/core/output.ts";
import { linkId, subscriberId } from "../../src/core/ports.ts";
import { ApiConnection } from "../../src/daemon/api-connection.ts";
import { CLOSE_LINGER_MS } from "../../src/daemon/frame-connection.ts";
import { memoryDuplexPair } from "../../src/daemon/memory-duplex.ts";
import { TURN_MS } from "../../src/daemon/turn.ts";
import { P2PConnection } from "../../src/daemon/p2p-connection.ts";
import { GossipAnnounce } from "../../src/wire/api/gossip-announce.ts";
import { GossipNotification } from "../../src/wire/api/gossip-notification.ts";
import { GossipNotify } from "../../src/wire/api/gossip-notify.ts";
import { GossipValidation } from "../../src/wire/api/gossip-validation.ts";
import { MessageType } from "../../src/wire/message-type.ts";
import { encodeFrame } from "../../src/wire/message.ts";
import { P2PAnnounce } from "../../src/wire/p2p/p2p-announce.ts";
import { P2POk } from "../../src/wire/p2p/p2p-ok.ts";
import { P2PVerify } from "../../src/wire/p2p/p2p-verify.ts";
import { Rig } from "./support/rig.ts";

const SUBSCRIBER = subscriberId(1);
const LINK = linkId(1);

function aModule(): { rig: Rig; far: Duplex; connection: ApiConnection } {
  const rig = new Rig();
  const [near, far] = memoryDuplexPair();
  return { rig, far, connection: ApiConnection.open(near, rig.host) };
}

function aPeer(): { rig: Rig; far: Duplex; connection: P2PConnection } {
  const rig = new Rig();
  const [near, far] = memoryDuplexPair();
  const remote = { host: "192.0.2.1", port: 7 };
  const connection = P2PConnection.open(near, rig.host, (link) => ({
    kind: "linkAccepted",
    link,
    remote,
  }));
  return { rig, far, connection };
}

const notify = (dataType: number): Uint8Array => encodeFrame(new GossipNotify(dataType));

/** The data types of all NOTIFY requests that the core was given. */
const notified = (inputs: readonly Input[]): number[] =>
  inputs.flatMap((input) =>
    input.kind === "apiRequest" && input.request.kind === "gossipNotify"
      ? [input.request.dataType]
      : [],
  );

/** A stream that takes nothing until told to, and writes down what it was given per write. */
class StuckStream extends Duplex {
  readonly writes: string[] = [];
  #callback: (() => void) | undefined;

  override _read(): void {
    return;
  }

  override _write(chunk: Buffer, _encoding: BufferEncoding, callback: () => void): void {
    this.writes.push(chunk.toString("hex"));
    this.#callback = callback;
  }

  takeWrite(): void {
    const callback = this.#callback;
    this.#callback = undefined;
    callback?.();
  }
}

describe("a connection", () => {
  it("gives the same inputs for every way of splitting and gluing its frames", async () => {
    const session = Buffer.concat([
      notify(1),
      encodeFrame(new GossipAnnounce(3, 1, Buffer.from("data"))),
      encodeFrame(new GossipValidation(9, "accept")),
    ]);
    for (let split = 0; split <= session.length; split++) {
      const { rig, far } = aModule();
      far.write(session.subarray(0, split));
      await new Promise(setImmediate);
      far.end(session.subarray(split));
      await rig.core.until("subscriberGone");
      const requests = rig.core.inputs.flatMap((input) =>
        input.kind === "apiRequest" ? [input.request.kind] : [],
      );
      assert.deepEqual(requests, ["gossipNotify", "gossipAnnounce", "gossipValidation"]);
    }
  });

  it("flushes once, after all frames of what was read in a turn", async () => {
    const { rig, far } = aModule();
    far.write(Buffer.concat([notify(1), notify(2), notify(3)]));
    await rig.core.until("apiRequest", 3);
    rig.time.endTurn();
    const opened = ["subscriberOpened", "flush"];
    const read = ["apiRequest", "apiRequest", "apiRequest", "flush"];
    assert.deepEqual(rig.core.kinds, [...opened, ...read]);
  });

  it("executes frames that came together with the end before it reports the end", async () => {
    const { rig, far } = aModule();
    far.end(Buffer.concat([notify(1), notify(2)]));
    await rig.core.until("subscriberGone");
    assert.deepEqual(notified(rig.core.inputs), [1, 2]);
    assert.deepEqual(rig.core.kinds.slice(-2), ["subscriberGone", "flush"]);
  });

  it("stops in the middle of a chunk when held, and goes on from there", async () => {
    const { rig, far, connection } = aModule();
    rig.core.answerWith((input) =>
      input.kind === "apiRequest" && notified([input])[0] === 2
        ? [{ kind: "holdSubscriber", subscriber: SUBSCRIBER }]
        : [],
    );
    far.write(Buffer.concat([notify(1), notify(2), notify(3), notify(4)]));
    far.write(notify(5));
    await rig.core.until("apiRequest", 2);
    await new Promise(setImmediate);
    assert.deepEqual(notified(rig.core.inputs), [1, 2]);
    connection.resume();
    await rig.core.until("apiRequest", 5);
    assert.deepEqual(notified(rig.core.inputs), [1, 2, 3, 4, 5]);
  });

  it("never resumes within the step that asks for it", async () => {
    const { rig, far } = aModule();
    const hold: Output = { kind: "holdSubscriber", subscriber: SUBSCRIBER };
    const resume: Output = { kind: "resumeSubscriber", subscriber: SUBSCRIBER };
    rig.core.answerWith(({ kind }) => (kind === "apiRequest" ? [hold, resume] : []));
    far.write(Buffer.concat([notify(1), notify(2), notify(3)]));
    await rig.core.until("apiRequest", 3);
    assert.deepEqual(rig.failures, []);
  });

  it("executes what a held connection had sent before its end, once resumed", async () => {
    const { rig, far, connection } = aModule();
    connection.hold();
    far.end(Buffer.concat([notify(1), notify(2)]));
    await new Promise(setImmediate);
    assert.deepEqual(notified(rig.core.inputs), []);
    connection.resume();
    await rig.core.until("subscriberGone");
    assert.deepEqual(notified(rig.core.inputs), [1, 2]);
  });

  it("keeps the rest of a chunk when the end arrives while it is held in its middle", async () => {
    const { rig, far, connection } = aModule();
    rig.core.answerWith((input) =>
      notified([input])[0] === 1 ? [{ kind: "holdSubscriber", subscriber: SUBSCRIBER }] : [],
    );
    far.end(Buffer.concat([notify(1), notify(2)]));
    far.resume();
    await rig.core.until("apiRequest");
    await new Promise(setImmediate);
    assert.ok(!rig.core.kinds.includes("subscriberGone"));
    connection.resume();
    await rig.core.until("subscriberGone");
    assert.deepEqual(notified(rig.core.inputs), [1, 2]);
  });

  it("lets others have their turn in the middle of a chunk when this one is long", async () => {
    const { rig, far } = aModule();
    let readByThen = 0;
    rig.core.answerWith((input) => {
      rig.time.advance(1);
      if (notified([input])[0] === 1) setImmediate(() => (readByThen = rig.core.inputs.length));
      return [];
    });
    const frames = Array.from({ length: 5_000 }, (_, n) => notify(n + 1));
    far.write(Buffer.concat(frames));
    await rig.core.until("apiRequest", 5_000);
    assert.ok(readByThen < 3_000, `${readByThen} were read before anybody else's turn`);
    assert.deepEqual(
      notified(rig.core.inputs),
      Array.from({ length: 5_000 }, (_, n) => n + 1),
    );
  });

  it("stays held when the core holds it in a long turn", async () => {
    const { rig, far } = aModule();
    rig.core.answerWith((input) => {
      rig.time.advance(1);
      return notified([input])[0] === 2_048
        ? [{ kind: "holdSubscriber", subscriber: SUBSCRIBER }]
        : [];
    });
    far.write(Buffer.concat(Array.from({ length: 5_000 }, (_, n) => notify(n + 1))));
    await rig.core.until("apiRequest", 2_048);
    for (let turn = 0; turn < 3; turn++) await new Promise(setImmediate);
    assert.equal(notified(rig.core.inputs).length, 2_048);
  });

  it("tells the core of a large write in the next turn when this one is long", async () => {
    const rig = new Rig();
    const stream = new StuckStream();
    const connection = ApiConnection.open(stream, rig.host);
    const large = new GossipNotification(1, 2, new Uint8Array(60_000));
    connection.notify([large, large]);
    let idle = 0;
    const whenIdle = connection.whenIdle().then(() => idle++);
    rig.host.turn.isLong();
    rig.time.advance(TURN_MS);
    stream.takeWrite();
    await new Promise(setImmediate);
    assert.ok(!rig.core.kinds.includes("subscriberDrained"));
    assert.equal(idle, 0, "more may come from the core");
    rig.time.endTurn();
    assert.ok(rig.core.kinds.includes("subscriberDrained"));
    await whenIdle;
  });

  it("reads a module for longer than a peer before it looks", async () => {
    const lookedAfter = async (far: Duplex, rig: Rig, frame: Uint8Array): Promise<number> => {
      let atTurnEnd = 0;
      rig.core.answerWith(() => {
        rig.time.advance(1);
        setImmediate(() => (atTurnEnd ||= rig.core.inputs.length));
        return [];
      });
      far.write(Buffer.concat(Array<Uint8Array>(3_000).fill(frame)));
      await rig.core.until(far === peer.far ? "peerMessage" : "apiRequest", 3_000);
      return atTurnEnd;
    };
    const peer = aPeer();
    const module = aModule();
    const byPeer = await lookedAfter(peer.far, peer.rig, encodeFrame(new P2POk()));
    const byModule = await lookedAfter(module.far, module.rig, notify(1));
    assert.ok(byPeer < 200 && byModule > 1_024, `${byPeer} and ${byModule}`);
  });

  it("tells of a write to a peer at once, however long the turn, if all that waited may have fitted", async () => {
    const rig = new Rig();
    const stream = new StuckStream();
    const remote = { host: "192.0.2.1", port: 7 };
    const connection = P2PConnection.open(stream, rig.host, (link) => ({
      kind: "linkAccepted",
      link,
      remote,
    }));
    const item = new P2PAnnounce(1, 1, 0, new Uint8Array(64));
    connection.writeFrames(Array<OutgoingFrame>(1_024).fill(new OutgoingFrame(item)));
    rig.host.turn.isLong();
    rig.time.advance(TURN_MS);
    stream.takeWrite();
    await new Promise(setImmediate);
    assert.ok(rig.core.kinds.includes("linkDrained"));
  });

  it("reports the loss at once when the stream fails, held or not", async () => {
    for (const reading of ["open", "held"]) {
      const rig = new Rig();
      const stream = new StuckStream();
      const connection = ApiConnection.open(stream, rig.host);
      if (reading === "held") connection.hold();
      stream.destroy(new Error("reset by the other end"));
      await rig.core.until("subscriberGone");
      assert.equal(rig.host.connections.size, 0);
    }
  });

  it("tells of an incomplete frame at the end of a read, and only of changes", async () => {
    const { rig, far } = aModule();
    const frame = notify(1);
    const pieces: [Uint8Array, string[]][] = [
      [frame.subarray(0, 3), ["frameStarted"]],
      [frame.subarray(3, 6), []],
      [frame.subarray(6), ["apiRequest", "frameEnded"]],
      [frame, ["apiRequest"]],
      [Buffer.concat([frame, frame.subarray(0, 1)]), ["apiRequest", "frameStarted"]],
      // The old one is complete, but another one began: its time starts anew.
      [Buffer.concat([frame.subarray(1), frame.subarray(0, 5)]), ["apiRequest", "frameStarted"]],
      [Buffer.concat([frame.subarray(5), frame]), ["apiRequest", "apiRequest", "frameEnded"]],
    ];
    for (const [piece, expected] of pieces) {
      const before = rig.core.inputs.length;
      far.write(piece);
      await new Promise(setImmediate);
      rig.time.endTurn();
      const seen = rig.core.kinds.slice(before);
      assert.deepEqual(seen, expected.length === 0 ? [] : [...expected, "flush"]);
    }
  });

  it("reads nothing more after a fault, even if the core takes its time to close", async () => {
    const { rig, far } = aModule();
    far.write(Buffer.concat([notify(1), Buffer.from([0, 4, 9, 9]), notify(2)]));
    await rig.core.until("apiFault");
    far.write(notify(3));
    await new Promise(setImmediate);
    assert.deepEqual(notified(rig.core.inputs), [1]);
  });

  it("cuts no further frame once the core has closed it", async () => {
    const { rig, far } = aModule();
    rig.core.answerWith(({ kind }) =>
      kind === "apiRequest"
        ? [{ kind: "closeSubscriber", subscriber: SUBSCRIBER, cause: "strictEmptyData" }]
        : [],
    );
    far.on("data", () => assert.fail("nothing was to be said"));
    far.write(Buffer.concat([notify(1), notify(2)]));
    await once(far, "end");
    assert.deepEqual(notified(rig.core.inputs), [1]);
    assert.ok(!rig.core.kinds.includes("subscriberGone"));
    assert.equal(rig.host.connections.size, 0);
  });

  it("sends what was written in the same step before it closes", async () => {
    const { rig, far } = aPeer();
    rig.core.answerWith(({ kind }) =>
      kind === "peerMessage"
        ? [
            { kind: "write", link: LINK, frames: [new OutgoingFrame(new P2POk())] },
            { kind: "closeLink", link: LINK, cause: "inboundFull" },
          ]
        : [],
    );
    const received: Buffer[] = [];
    far.on("data", (chunk: Buffer) => received.push(chunk));
    far.write(encodeFrame(new P2PVerify(new Uint8Array(8))));
    await once(far, "end");
    assert.equal(Buffer.concat(received).toString("hex"), "000401fa");
  });

  it("waits no longer than its deadline for a stream that takes nothing", async () => {
    const rig = new Rig();
    const stream = new StuckStream();
    const connection = ApiConnection.open(stream, rig.host);
    connection.notify([new GossipNotification(1, 2, Buffer.from("x"))]);
    connection.close();
    rig.time.advance(CLOSE_LINGER_MS - 1);
    assert.equal(stream.destroyed, false);
    rig.time.advance(1);
    assert.equal(stream.destroyed, true);
    await connection.whenClosed();
    assert.equal(rig.host.connections.size, 0);
  });

  it("is idle when the stream has taken everything, or is gone", async () => {
    const rig = new Rig();
    const stream = new StuckStream();
    const connection = ApiConnection.open(stream, rig.host);
    await connection.whenIdle();
    let idle = 0;
    connection.notify([new GossipNotification(1, 2, Buffer.from("x"))]);
    const first = connection.whenIdle().then(() => idle++);
    await new Promise(setImmediate);
    assert.equal(idle, 0);
    stream.takeWrite();
    await first;
    connection.notify([new GossipNotification(1, 2, Buffer.from("x"))]);
    const second = connection.whenIdle();
    stream.destroy();
    await second;
  });

  it("ends the driver, not the process, when something of ours throws while it reads", async () => {
    const { rig, far } = aPeer();
    rig.core.expected = () => {
      throw new Error("bug");
    };
    far.write(encodeFrame(new P2POk()));
    await new Promise(setImmediate);
    assert.match(String(rig.failures[0]), /bug/);
  });
});

describe("the connection of a module", () => {
  it("writes each output as one chunk", async () => {
    const { rig, far, connection } = aModule();
    const chunks: string[] = [];
    far.on("data", (chunk: Buffer) => chunks.push(chunk.toString("hex")));
    const one = new GossipNotification(1, 2, Buffer.from("a"));
    const two = new GossipNotification(3, 2, Buffer.from("b"));
    connection.notify([one, two]);
    await rig.core.until("subscriberDrained");
    connection.notify([one]);
    await rig.core.until("subscriberDrained", 2);
    assert.deepEqual(chunks, ["000901f60001000261" + "000901f60003000262", "000901f60001000261"]);
  });

  it("reports once that all writes are taken, not one by one", async () => {
    const rig = new Rig();
    const stream = new StuckStream();
    const connection = ApiConnection.open(stream, rig.host);
    connection.notify([new GossipNotification(1, 2, Buffer.from("a"))]);
    connection.notify([new GossipNotification(2, 2, Buffer.from("b"))]);
    stream.takeWrite();
    await new Promise(setImmediate);
    assert.ok(!rig.core.kinds.includes("subscriberDrained"));
    stream.takeWrite();
    await rig.core.until("subscriberDrained");
    assert.equal(rig.core.kinds.filter((kind) => kind === "subscriberDrained").length, 1);
  });

  it("lets no module send what only gossip or peers send", async () => {
    for (const frame of ["000901f60001000261", "000401fa", "000c01fb00010002" + "03000000"]) {
      const { rig, far } = aModule();
      far.write(Buffer.from(frame, "hex"));
      await rig.core.until("apiFault");
      const fault = rig.core.inputs.find(({ kind }) => kind === "apiFault");
      assert.equal(fault?.kind === "apiFault" ? fault.fault.kind : "none", "unexpectedType");
    }
  });
});

describe("the connection of a peer", () => {
  it("judges each header after the frame before it was performed", async () => {
    const { rig, far } = aPeer();
    let isEstablished = false;
    rig.core.expected = (_link, type) => isEstablished === (type === MessageType.p2pAnnounce);
    rig.core.answerWith((input) => {
      if (input.kind === "peerMessage") isEstablished = true;
      return [];
    });
    const verify = encodeFrame(new P2PVerify(new Uint8Array(8)));
    const item = encodeFrame(new P2PAnnounce(1, 2, 3, Buffer.from("x")));
    far.write(Buffer.concat([verify, item]));
    await rig.core.until("peerMessage", 2);
    assert.ok(!rig.core.kinds.includes("peerFault"));
    far.write(verify);
    await rig.core.until("peerFault");
  });

  it("writes many frames in one piece, and says once that it is taken", async () => {
    const rig = new Rig();
    const stream = new StuckStream();
    const remote = { host: "192.0.2.1", port: 7 };
    const connection = P2PConnection.open(stream, rig.host, (link) => ({
      kind: "linkAccepted",
      link,
      remote,
    }));
    const frame = new OutgoingFrame(new P2POk());
    connection.writeFrames([frame, frame, frame]);
    assert.deepEqual(stream.writes, ["000401fa".repeat(3)]);
    assert.ok(!rig.core.kinds.includes("linkDrained"));
    stream.takeWrite();
    await new Promise(setImmediate);
    assert.equal(rig.core.kinds.filter((kind) => kind === "linkDrained").length, 1);
  });

  it("is in no table any more when the other end is gone", async () => {
    const { rig, far } = aPeer();
    far.destroy();
    await rig.core.until("linkLost");
    await new Promise(setImmediate);
    assert.equal(rig.host.connections.size, 0);
  });
});
