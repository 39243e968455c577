import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { DEFAULT_CORE_CONFIG } from "../../src/core/core-config.ts";
import { GossipCore } from "../../src/core/gossip-core.ts";
import type { Input } from "../../src/core/input.ts";
import type { Output } from "../../src/core/output.ts";
import { instant, linkId, subscriberId } from "../../src/core/ports.ts";
import type { Instant } from "../../src/core/ports.ts";
import { CoreHarness, SeededRandom, sha256 } from "../support/core-harness.ts";
import { linesOf } from "../support/core-outbox.ts";

const newCore = (now: Instant = instant(1_000)): GossipCore =>
  new GossipCore(
    { ...DEFAULT_CORE_CONFIG, bootstrappers: [{ host: "a", port: 1 }] },
    { random: new SeededRandom(1), digest: sha256, tracing: "off", now },
  );

function step(core: GossipCore, input: Input, now: number): Output[] {
  const outbox: Output[] = [];
  core.step(input, instant(now), outbox);
  return outbox;
}

describe("a driver that breaks the contract", () => {
  it("by turning time back is stopped", () => {
    const core = newCore();
    step(core, { kind: "flush" }, 5_000);
    assert.throws(() => step(core, { kind: "flush" }, 4_999), {
      name: "AssertionError",
      message: /time went back from 5000 to 4999/,
    });
  });

  it("by starting before the core was made is stopped", () => {
    assert.throws(() => step(newCore(), { kind: "flush" }, 999), { name: "AssertionError" });
  });

  it("by stepping from within a step is stopped", () => {
    let inner: unknown;
    const core = newCore();
    class NestingOutbox extends Array<Output> {
      override push(): number {
        try {
          core.step({ kind: "flush" }, instant(2_000), []);
        } catch (error) {
          inner = error;
        }
        return 0;
      }
    }
    core.step({ kind: "wakeup" }, instant(2_000), new NestingOutbox());
    assert.ok(inner instanceof Error && inner.name === "AssertionError");
  });

  it("by opening a connection twice is stopped", () => {
    const remote = { host: "127.0.0.1", port: 1 };
    const core = newCore();
    step(core, { kind: "linkAccepted", link: linkId(1), remote }, 1_000);
    assert.throws(() => step(core, { kind: "linkAccepted", link: linkId(1), remote }, 1_000), {
      message: "link 1 is open already",
    });
    const other = newCore();
    step(other, { kind: "subscriberOpened", subscriber: subscriberId(1) }, 1_000);
    assert.throws(
      () => step(other, { kind: "subscriberOpened", subscriber: subscriberId(1) }, 1_000),
      { message: "subscriber 1 is open already" },
    );
  });

  it("stays stopped: a step that threw is the last one", () => {
    const core = newCore();
    assert.throws(() => step(core, { kind: "flush" }, 0));
    assert.doesNotThrow(() => step(core, { kind: "flush" }, 1_000), "nothing was begun");
    const remote = { host: "127.0.0.1", port: 1 };
    step(core, { kind: "linkAccepted", link: linkId(1), remote }, 1_000);
    assert.throws(() => step(core, { kind: "linkAccepted", link: linkId(1), remote }, 1_000));
    assert.throws(() => step(core, { kind: "flush" }, 1_000), {
      message: /must not be called from within a step/,
    });
  });
});

describe("what a driver may do at any time", () => {
  it("wakeup too early changes nothing, and the core asks again", () => {
    const core = newCore();
    assert.deepEqual(linesOf(step(core, { kind: "wakeup" }, 1_000)), ["dial a:1"]);
    assert.deepEqual(step(core, { kind: "wakeup" }, 2_000), [{ kind: "wakeAt", at: 4_000 }]);
  });

  it("asks for a wakeup only when it is earlier than the one on its way", () => {
    const core = newCore();
    const first = step(core, { kind: "wakeup" }, 1_000);
    assert.deepEqual(first.at(-1), { kind: "wakeAt", at: 4_000 });
    const remote = { host: "127.0.0.1", port: 1 };
    const later = step(core, { kind: "linkAccepted", link: linkId(1), remote }, 1_500);
    assert.equal(later.filter(({ kind }) => kind === "wakeAt").length, 0);
  });

  it("flush without anything to write gives nothing", () => {
    assert.deepEqual(new CoreHarness().tick(), []);
  });

  it("a late wakeup passes all that is due, in the order of the deadlines", () => {
    const node = new CoreHarness({ powTimeoutMs: 20_000 });
    const links = Array.from({ length: 3 }, () => {
      node.advance(100);
      return node.halfOpenLink("127.0.0.1");
    });
    assert.deepEqual(
      linesOf(node.oversleep(60_000)),
      links.map((link) => `close ${link}: verifyTimeout`),
    );
  });

  it("a wakeup so late that a link has to close for one deadline passes none of its others", () => {
    // Held by its budget, and stuck: without care the budget would resume a link that is closed already.
    const node = new CoreHarness({ limits: { linkFramesPerSecond: 1 } });
    const link = node.inboundLink();
    node.freeze(link);
    node.announce(node.subscriber(), 1, 7, new Uint8Array(1));
    node.advance(29_000);
    for (let n = 0; n < 40; n++) node.item(link, n, 9, 1, `${n}`);
    assert.equal(node.linkSnapshot(link).reading, "held");
    assert.deepEqual(linesOf(node.oversleep(100_000)), [`close ${link}: stalled`]);
  });
});

describe("inputs about connections that are unknown or closed", () => {
  const node = new CoreHarness();
  const closed = node.inboundLink();
  node.tick({ kind: "linkLost", link: closed });
  const gone = node.subscriber(7);
  node.tick({ kind: "subscriberGone", subscriber: gone });
  const fault = { kind: "sizeBelowHeader", size: 0 } as const;
  for (const [name, link, subscriber] of [
    ["closed", closed, gone],
    ["unknown", linkId(999), subscriberId(999)],
  ] as const) {
    const inputs: readonly Input[] = [
      { kind: "linkLost", link },
      { kind: "linkDrained", link },
      { kind: "peerFault", link, fault },
      { kind: "proofFound", link, nonce: new Uint8Array(8) },
      { kind: "proofFailed", link, reason: "exhausted" },
      { kind: "subscriberGone", subscriber },
      { kind: "subscriberDrained", subscriber },
      { kind: "apiFault", subscriber, fault },
      { kind: "frameStarted", from: { kind: "link", link } },
      { kind: "frameEnded", from: { kind: "link", link } },
      { kind: "frameStarted", from: { kind: "subscriber", subscriber } },
      { kind: "frameEnded", from: { kind: "subscriber", subscriber } },
    ];
    for (const input of inputs) {
      it(`${input.kind}, ${name}: nothing happens`, () => {
        assert.deepEqual(node.tick(input), []);
      });
    }
  }
});
