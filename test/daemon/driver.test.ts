import assert from "node:assert/strict";
import { describe, it } from "node:test";
import type { Input } from "../../src/core/input.ts";
import type { Output } from "../../src/core/output.ts";
import { dialId, instant, linkId } from "../../src/core/ports.ts";
import type { LinkId } from "../../src/core/ports.ts";
import type { LinkPort } from "../../src/daemon/driver.ts";
import { Rig } from "./support/rig.ts";

/** A link that writes down what is done to it. */
class RecordingLink implements LinkPort {
  readonly link: LinkId;
  readonly #calls: string[];
  onWrite: () => void = () => undefined;

  constructor(link: LinkId, calls: string[]) {
    this.link = link;
    this.#calls = calls;
  }

  writeFrames(): void {
    this.#calls.push(`write ${this.link}`);
    this.onWrite();
  }

  hold(): void {
    this.#calls.push(`hold ${this.link}`);
  }

  resume(): void {
    this.#calls.push(`resume ${this.link}`);
  }

  close(cause: string): void {
    this.#calls.push(`close ${this.link} ${cause}`);
  }
}

function rigWithLink(): { rig: Rig; port: RecordingLink } {
  const rig = new Rig();
  const port = rig.driver.addLink((link) => new RecordingLink(link, rig.calls));
  return { rig, port };
}

const lost = (link: number): Input => ({ kind: "linkLost", link: linkId(link) });
const drained = (link: number): Input => ({ kind: "linkDrained", link: linkId(link) });
const write = (link: number): Output => ({ kind: "write", link: linkId(link), frames: [] });

describe("the driver", () => {
  it("performs the outputs of a step in order", () => {
    const { rig } = rigWithLink();
    const solveProof = (nonceHigh: number | undefined): Output => ({
      kind: "solveProof",
      link: linkId(1),
      challenge: Uint8Array.of(1, 2),
      difficultyBits: 24,
      nonceHigh,
    });
    rig.core.answerWith((input) =>
      input.kind === "wakeup"
        ? [
            { kind: "holdLink", link: linkId(1) },
            { kind: "dial", dial: dialId(4), address: { host: "h", port: 5 } },
            write(1),
            { kind: "cancelDial", dial: dialId(4) },
            solveProof(undefined),
            solveProof(7),
            { kind: "cancelProof", link: linkId(1) },
            { kind: "saveBook" },
            { kind: "resumeLink", link: linkId(1) },
            { kind: "closeLink", link: linkId(1), cause: "stalled" },
          ]
        : [],
    );
    rig.driver.start();
    assert.deepEqual(rig.calls, [
      "hold 1",
      "dial 4 h 5",
      "write 1",
      "cancelDial 4",
      "solveProof 1 1.2 24 any",
      "solveProof 1 1.2 24 7",
      "cancelProof 1",
      "saveBook scripted",
      "resume 1",
      "close 1 stalled",
    ]);
  });

  it("flushes once after a single input", () => {
    const { rig } = rigWithLink();
    rig.driver.submit(drained(1));
    assert.deepEqual(rig.core.kinds, ["linkDrained", "flush"]);
  });

  function batch(rig: Rig, inputs: number): void {
    rig.driver.beginBatch();
    for (let count = 0; count < inputs; count++) rig.driver.submit(drained(1));
    rig.driver.endBatch();
  }

  it("flushes once after all small batches of a turn", () => {
    const { rig } = rigWithLink();
    batch(rig, 2);
    batch(rig, 1);
    assert.deepEqual(rig.core.kinds, Array(3).fill("linkDrained"));
    rig.time.endTurn();
    assert.deepEqual(rig.core.kinds, [...Array<string>(3).fill("linkDrained"), "flush"]);
    rig.time.endTurn();
    assert.equal(rig.core.inputs.length, 4);
    batch(rig, 1);
    rig.time.endTurn();
    assert.deepEqual(rig.core.kinds.slice(4), ["linkDrained", "flush"]);
  });

  it("flushes at once after a large batch, or several that are large together", () => {
    const { rig } = rigWithLink();
    batch(rig, 64);
    assert.deepEqual(rig.core.kinds.slice(63), ["linkDrained", "flush"]);
    batch(rig, 60);
    batch(rig, 4);
    assert.deepEqual(rig.core.kinds.slice(128), ["linkDrained", "flush"]);
    rig.time.endTurn();
    assert.equal(rig.core.inputs.length, 130);
  });

  it("flushes what waits for the end of the turn together with a single input, or when it is told to", () => {
    const { rig } = rigWithLink();
    batch(rig, 1);
    rig.driver.submit(lost(1));
    assert.deepEqual(rig.core.kinds, ["linkDrained", "linkLost", "flush"]);
    batch(rig, 1);
    rig.driver.flush();
    rig.driver.flush();
    rig.time.endTurn();
    assert.deepEqual(rig.core.kinds.slice(3), ["linkDrained", "flush"]);
  });

  it("does not flush an empty batch", () => {
    const { rig } = rigWithLink();
    batch(rig, 0);
    rig.time.endTurn();
    assert.deepEqual(rig.core.kinds, []);
  });

  it("queues what comes while a step is performed, and steps it afterwards in order", () => {
    const { rig, port } = rigWithLink();
    port.onWrite = () => {
      rig.driver.submit(drained(1));
      rig.driver.submit(lost(7));
      rig.calls.push("submitted");
    };
    rig.core.answerWith((input) =>
      input.kind === "wakeup" ? [write(1), { kind: "holdLink", link: linkId(1) }] : [],
    );
    rig.driver.start();
    assert.deepEqual(rig.calls, ["write 1", "submitted", "hold 1"]);
    assert.deepEqual(rig.core.kinds, ["wakeup", "linkDrained", "linkLost", "flush"]);
  });

  it("flushes again when performing a flush brought new inputs", () => {
    const { rig, port } = rigWithLink();
    port.onWrite = () => rig.driver.submit(drained(1));
    let writes = 0;
    rig.core.answerWith((input) => (input.kind === "flush" && writes++ < 2 ? [write(1)] : []));
    rig.driver.start();
    const flushed = ["flush", "linkDrained", "flush", "linkDrained", "flush"];
    assert.deepEqual(rig.core.kinds, ["wakeup", ...flushed]);
  });

  it("works off a long queue that grew during one step", () => {
    const { rig, port } = rigWithLink();
    port.onWrite = () => {
      for (let count = 0; count < 100_000; count++) rig.driver.submit(drained(1));
    };
    rig.core.answerWith((input) => (input.kind === "wakeup" ? [write(1)] : []));
    rig.driver.start();
    assert.equal(rig.core.inputs.length, 100_002);
    assert.equal(rig.core.kinds.at(-1), "flush");
  });

  it("gives every connection an id that was never used before", () => {
    const { rig, port } = rigWithLink();
    rig.driver.submit(lost(port.link));
    assert.equal(rig.driver.addLink((link) => new RecordingLink(link, rig.calls)).link, 2);
  });

  it("wakes the core at the time it asked for, once", () => {
    const { rig } = rigWithLink();
    rig.core.answerWith(({ kind }) =>
      kind === "linkDrained" ? [{ kind: "wakeAt", at: instant(1_500) }] : [],
    );
    rig.driver.submit(drained(1));
    rig.time.advance(499);
    assert.deepEqual(rig.core.kinds, ["linkDrained", "flush"]);
    rig.time.advance(1);
    assert.deepEqual(rig.core.kinds, ["linkDrained", "flush", "wakeup", "flush"]);
    assert.equal(rig.core.times.at(-1), 1_500);
    assert.equal(rig.time.pendingTimers, 0);
  });

  it("fails once and for good when the core throws", () => {
    const { rig } = rigWithLink();
    const bug = new Error("bug");
    rig.core.answerWith(({ kind }) => {
      if (kind === "linkDrained") throw bug;
      return [{ kind: "wakeAt", at: instant(9_000) }];
    });
    rig.driver.start();
    rig.driver.submit(drained(1));
    rig.driver.submit(drained(1));
    rig.driver.beginBatch();
    rig.driver.submit(drained(1));
    rig.driver.endBatch();
    assert.deepEqual(rig.failures, [bug]);
    assert.deepEqual(rig.core.kinds, ["wakeup", "flush", "linkDrained"]);
    assert.equal(rig.time.pendingTimers, 0);
  });

  it("fails when the core names a link that it has closed", () => {
    const { rig } = rigWithLink();
    rig.core.answerWith(({ kind }) =>
      kind === "wakeup" ? [{ kind: "closeLink", link: linkId(1), cause: "stalled" }, write(1)] : [],
    );
    rig.driver.start();
    assert.deepEqual(rig.calls, ["close 1 stalled"]);
    assert.match(String(rig.failures[0]), /link 1, which the core named, must be there/);
  });

  it("fails when a connection is read while the core is stepped", () => {
    const { rig, port } = rigWithLink();
    port.onWrite = () => rig.driver.beginBatch();
    rig.core.answerWith(({ kind }) => (kind === "wakeup" ? [write(1)] : []));
    rig.driver.start();
    assert.match(String(rig.failures[0]), /must not be read while the core is stepped/);
  });

  it("ignores everything after it was stopped", () => {
    const { rig } = rigWithLink();
    rig.core.answerWith(() => [{ kind: "wakeAt", at: instant(2_000) }]);
    rig.driver.start();
    rig.driver.stop();
    rig.driver.submit(drained(1));
    rig.time.advance(10_000);
    assert.deepEqual(rig.core.kinds, ["wakeup", "flush"]);
  });
});
