import assert from "node:assert/strict";
import { describe, it } from "node:test";
import type { LinkId } from "../../src/core/ports.ts";
import { Ping } from "../../src/wire/p2p/ping.ts";
import { CoreHarness } from "../support/core-harness.ts";
import type { HarnessOptions } from "../support/core-harness.ts";
import { linesOf } from "../support/core-outbox.ts";
import { extendedLink } from "../support/extended-links.ts";

const ask = (fill = 1): Ping => new Ping("ask", new Uint8Array(8).fill(fill));

function pingsTo(node: CoreHarness, link: LinkId, role: "ask" | "answer"): Ping[] {
  const messages = node.messagesTo(link);
  return messages.filter((message) => message.kind === "ping").filter((one) => one.role === role);
}

const ours = (options: HarnessOptions = {}): CoreHarness =>
  new CoreHarness({ extensions: "on", ...options });

/** When, in ms from now, the link is closed; says why. */
function closedAfter(node: CoreHarness, link: LinkId, stepMs = 100): readonly [number, string] {
  for (let ms = stepMs; ms < 200_000; ms += stepMs) {
    const close = node.advance(stepMs).find((output) => output.kind === "closeLink");
    if (close?.kind === "closeLink" && close.link === link) return [ms, close.cause];
  }
  throw new Error("never closed");
}

describe("[protocol §6.4] PING", () => {
  it("is asked at once, and its answer measures the delay", () => {
    const node = ours();
    const link = extendedLink(node);
    const [asked] = pingsTo(node, link, "ask");
    assert.ok(asked !== undefined);
    node.advance(42);
    node.receive(link, new Ping("answer", ask(9).token));
    assert.equal(node.linkSnapshot(link).delayMs, undefined, "another token says nothing");
    node.receive(link, new Ping("answer", asked.token));
    assert.equal(node.linkSnapshot(link).delayMs, 42);
    node.advance(10);
    node.receive(link, new Ping("answer", asked.token));
    assert.equal(node.linkSnapshot(link).delayMs, 42, "a token counts once");
  });

  it("is answered with its token, at most ten at once and ten a second", () => {
    const node = ours();
    const link = extendedLink(node);
    for (let n = 0; n < 30; n++) node.receive(link, ask(n));
    const answers = pingsTo(node, link, "answer");
    assert.deepEqual(
      answers.map(({ token }) => token[0]),
      [0, 1, 2, 3, 4, 5, 6, 7, 8, 9],
    );
    for (let n = 0; n < 50; n++) {
      node.advance(20);
      node.receive(link, ask(n));
    }
    assert.equal(pingsTo(node, link, "answer").length, 20);
  });

  it("is asked by whoever has sent nothing for 12 to 15 s, at moments that differ", () => {
    const junk = new Ping("answer", new Uint8Array(8));
    const waits = [1, 2, 3, 4, 5].map((seed) => {
      const node = ours({ seed });
      const link = extendedLink(node);
      const askedAt: number[] = [];
      // Between the third request for addresses and the fourth nothing else is sent.
      for (let ms = 0; ms < 60_000; ms += 20) {
        const before = pingsTo(node, link, "ask").length;
        node.advance(20);
        if (ms % 10_000 === 0) node.receive(link, junk);
        if (ms > 25_000 && pingsTo(node, link, "ask").length > before) askedAt.push(ms);
      }
      const [first = 0, second = 0] = askedAt;
      return second - first;
    });
    assert.ok(
      waits.every((waited) => waited >= 12_000 && waited <= 15_020),
      waits.join(" "),
    );
    assert.ok(new Set(waits).size > 1);
  });

  it("is not asked of base peers, who have TCP keepalive", () => {
    const node = ours();
    const link = node.inboundLink();
    assert.deepEqual(linesOf(node.advance(600_000)), []);
    assert.equal(node.linkSnapshot(link).phase, "established");
  });
});

describe("[protocol §6.4] silence", () => {
  it("of 25 s closes an extended link", () => {
    const node = ours();
    const link = extendedLink(node);
    const [ms, cause] = closedAfter(node, link);
    assert.equal(cause, "silent");
    assert.ok(ms >= 25_000 && ms <= 25_100, `${ms}`);
  });

  it("counts however much we send: a peer that only takes is closed after 25 s, too", () => {
    const node = ours();
    const link = extendedLink(node);
    const module = node.subscriber();
    for (let second = 0; second < 24; second++) {
      node.advance(1_000);
      node.announce(module, 0, 1, Uint8Array.of(second));
    }
    assert.equal(node.itemsTo(link).length, 24);
    const [ms, cause] = closedAfter(node, link);
    assert.equal(cause, "silent");
    assert.ok(ms <= 1_100, `${ms}`);
  });

  it("ends with any byte: an answer, an item, the beginning of a frame", () => {
    for (const live of [
      (node: CoreHarness, link: LinkId) => node.receive(link, ask()),
      (node: CoreHarness, link: LinkId) => node.item(link, 1, 1, 0, "x"),
      (node: CoreHarness, link: LinkId) => {
        node.tick({ kind: "frameStarted", from: { kind: "link", link } });
        node.tick({ kind: "frameEnded", from: { kind: "link", link } });
      },
    ]) {
      const node = ours();
      const link = extendedLink(node);
      node.advance(24_000);
      live(node, link);
      const [ms] = closedAfter(node, link);
      assert.ok(ms >= 25_000 && ms <= 25_100, `${ms}`);
    }
  });

  it("does not count while we hold back reading, but what was before does", () => {
    const node = ours({ limits: { linkFramesPerSecond: 10 } });
    const link = extendedLink(node);
    // 400 frames are paid for after 36 s at ten a second, of which four seconds are free.
    for (let n = 0; n < 400; n++) node.receive(link, new Ping("answer", new Uint8Array(8)));
    assert.equal(node.linkSnapshot(link).reading, "held");
    const begun = node.now;
    while (node.linkSnapshot(link).reading === "held") node.advance(100);
    const heldMs = node.now - begun;
    assert.ok(heldMs > 30_000, `${heldMs}`);
    const [ms, cause] = closedAfter(node, link);
    assert.equal(cause, "silent");
    assert.ok(ms >= 24_800 && ms <= 25_100, `${ms}`);
  });

  it("that a short hold interrupts is not forgiven", () => {
    const node = ours({ limits: { linkFramesPerSecond: 10 } });
    const link = extendedLink(node);
    for (let n = 0; n < 140; n++) node.receive(link, new Ping("answer", new Uint8Array(8)));
    const begun = node.now;
    while (node.linkSnapshot(link).reading === "held") node.advance(100);
    const heldMs = node.now - begun;
    assert.ok(heldMs > 5_000 && heldMs < 15_000, `${heldMs}`);
    const [ms] = closedAfter(node, link);
    assert.ok(ms + heldMs >= 25_000 + heldMs - 200 && ms <= 25_100, `${ms}`);
  });

  it("is no accusation after we ourselves were away: what came meanwhile can still be read", () => {
    for (const silentBefore of [20_000, 24_900]) {
      for (const away of [26_000, 60_000, 3_600_000]) {
        const node = ours();
        const link = extendedLink(node);
        node.advance(silentBefore);
        node.oversleep(away);
        assert.equal(node.linkSnapshot(link).phase, "established", `${silentBefore} ${away}`);
        node.receive(link, ask());
        const [ms] = closedAfter(node, link);
        assert.ok(ms >= 25_000 && ms <= 25_100, `${ms}`);
      }
    }
  });

  it("closes a link at last, although every wakeup is half a second late", () => {
    const node = ours();
    const link = extendedLink(node);
    let ms = 0;
    while (node.snapshot().links.some((open) => open.link === link) && ms < 200_000) {
      node.oversleep(500);
      ms += 500;
    }
    assert.ok(ms < 200_000);
  });
});
