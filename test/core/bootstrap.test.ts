import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { CoreHarness } from "../support/core-harness.ts";
import { linesOf } from "../support/core-outbox.ts";

const ONE = [{ host: "a", port: 6001 }];
type Dial = ReturnType<CoreHarness["start"]>[number];

function present<T>(value: T | undefined): T {
  assert.ok(value !== undefined);
  return value;
}

/** Lets time pass until the core dials, and says how long it took. */
function nextDial(node: CoreHarness): { waitedMs: number; dial: Dial } {
  for (let waitedMs = 1; waitedMs < 200_000; waitedMs++) {
    const dial = node.advance(1).find((output) => output.kind === "dial");
    if (dial !== undefined) return { waitedMs, dial };
  }
  throw new Error("no dial");
}

describe("[protocol §3.7] bootstrapping", () => {
  it("dials every bootstrapper with the first wakeup, and nobody when we are the bootstrapper", () => {
    const bootstrappers = [...ONE, { host: "::1", port: 6002 }];
    assert.deepEqual(linesOf(new CoreHarness({ bootstrappers }).start()), [
      "dial a:6001",
      "dial ::1:6002",
    ]);
    assert.deepEqual(new CoreHarness().start(), []);
  });

  it("retries for ever, after 1 s doubling to a minute with jitter of up to a quarter", () => {
    const node = new CoreHarness({ bootstrappers: ONE });
    let dial = present(node.start()[0]);
    const waits: number[] = [];
    for (let failure = 0; failure < 12; failure++) {
      node.tick({ kind: "dialFailed", dial: dial.dial, reason: "refused" });
      const next = nextDial(node);
      waits.push(next.waitedMs);
      dial = next.dial;
    }
    for (const [failure, waited] of waits.entries()) {
      const base = Math.min(1_000 * 2 ** failure, 48_000);
      assert.ok(waited >= base && waited <= base * 1.25, `${failure}: ${waited}`);
    }
    assert.ok(waits.every((waited) => waited <= 60_000));
    assert.ok(new Set(waits.slice(6)).size > 1, "waits at the cap must differ, too");
  });

  it("reports a failure once per change of state and counts the rest", () => {
    const node = new CoreHarness({ bootstrappers: ONE });
    let dial = present(node.start()[0]);
    for (const reason of ["refused", "refused", "unreachable", "unreachable", "refused"] as const) {
      node.tick({ kind: "dialFailed", dial: dial.dial, reason });
      dial = nextDial(node).dial;
    }
    assert.equal(node.reports().filter((name) => name === "dialFailed").length, 3);
    assert.equal(node.counter("dialFailed"), 5);
  });

  it("[§3.5] gives up a dial after 3 s, and refuses it when it comes through later", () => {
    const node = new CoreHarness({ bootstrappers: ONE });
    const { dial } = present(node.start()[0]);
    assert.deepEqual(linesOf(node.advance(2_999)), []);
    assert.deepEqual(linesOf(node.advance(1)), [`cancel dial ${dial}`]);
    const link = node.freshLinkId();
    const remote = { host: "203.0.113.1", port: 6001 };
    assert.deepEqual(linesOf(node.tick({ kind: "linkDialed", link, dial, remote })), [
      `close ${link}: duplicateLink`,
    ]);
  });

  it("dials again after a link went down, soon after one that worked", () => {
    const node = new CoreHarness({ bootstrappers: ONE });
    let dial = present(node.start()[0]);
    for (let failure = 0; failure < 5; failure++) {
      node.tick({ kind: "dialFailed", dial: dial.dial, reason: "refused" });
      dial = nextDial(node).dial;
    }
    const link = node.outboundLink(dial);
    assert.deepEqual(node.snapshot().bootstrap, [
      { address: ONE[0], state: "linked", failures: 5, lastFailure: "none", retryInMs: 0 },
    ]);
    node.advance(10_000);
    node.tick({ kind: "linkLost", link });
    assert.ok(nextDial(node).waitedMs <= 1_250);
  });

  it("(T4) goes on backing off when links close as soon as they are paid for", () => {
    const node = new CoreHarness({ bootstrappers: ONE });
    let dial = present(node.start()[0]);
    const waits: number[] = [];
    for (let failure = 0; failure < 4; failure++) {
      node.tick({ kind: "linkLost", link: node.outboundLink(dial) });
      const next = nextDial(node);
      waits.push(next.waitedMs);
      dial = next.dial;
    }
    assert.deepEqual(
      waits.map((waited) => 2 ** Math.floor(Math.log2(waited / 1_000))),
      [1, 2, 4, 8],
    );
  });

  it("goes on backing off when links close before they are established", () => {
    const node = new CoreHarness({ bootstrappers: ONE });
    let dial = present(node.start()[0]);
    const waits: number[] = [];
    for (let failure = 0; failure < 4; failure++) {
      node.tick({ kind: "linkLost", link: node.dialledLink(dial) });
      const next = nextDial(node);
      waits.push(next.waitedMs);
      dial = next.dial;
    }
    assert.deepEqual(
      waits.map((waited) => 2 ** Math.floor(Math.log2(waited / 1_000))),
      [1, 2, 4, 8],
    );
  });

  it("ignores what it hears of dials it does not know", () => {
    const node = new CoreHarness({ bootstrappers: ONE });
    const { dial } = present(node.start()[0]);
    node.tick({ kind: "dialFailed", dial, reason: "refused" });
    assert.deepEqual(linesOf(node.tick({ kind: "dialFailed", dial, reason: "refused" })), []);
    assert.equal(node.snapshot().bootstrap[0]?.failures, 1);
  });
});
