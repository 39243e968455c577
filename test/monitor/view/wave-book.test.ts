import assert from "node:assert/strict";
import { describe, it } from "node:test";
import type { ItemStep } from "../../../src/monitor/monitor-event.ts";
import { WaveBook } from "../../../src/monitor/view/wave-book.ts";
import type { Wave } from "../../../src/monitor/view/wave-book.ts";
import { anItem, arrival, keyOf } from "../support/items.ts";

/** The only item, after these steps, one ms after the other. */
function waveAfter(...steps: ItemStep[]): Wave | undefined {
  const book = new WaveBook();
  steps.forEach((step, at) => book.onItem(anItem(1, at, step)));
  return book.latest(1)[0];
}

const arrived: ItemStep = { step: "arrived", dataType: 1337, ttl: 4, bytes: 12, link: 3 };
const sentTo = (...links: number[]): ItemStep => ({
  step: "forwarded",
  links,
  ttl: 3,
  occasion: "accepted",
  holders: [3],
  beyondDegree: 0,
});

describe("waves of items", () => {
  it("tell the way of an accepted item from link to links", () => {
    const wave = waveAfter(
      arrived,
      { step: "asked", subscriber: 1, role: "validator" },
      { step: "asked", subscriber: 2, role: "observer" },
      { step: "duplicate", link: 4, ttl: 2 },
      { step: "verdict", subscriber: 1, verdict: "accept", tookMs: 3 },
      { step: "accepted" },
      sentTo(1, 2),
      sentTo(7),
    );
    assert.deepEqual(wave, {
      key: keyOf(1),
      source: { kind: "link", link: 3 },
      dataType: 1337,
      ttl: 4,
      bytes: 12,
      asked: 2,
      verdictMs: 3,
      outcome: "accepted",
      afterMs: 7,
      reason: undefined,
      sentTo: 3,
      duplicates: 1,
    });
  });

  it("show the slowest verdict", () => {
    const wave = waveAfter(
      arrived,
      { step: "verdict", subscriber: 1, verdict: "accept", tookMs: 30 },
      { step: "verdict", subscriber: 2, verdict: "accept", tookMs: 4 },
    );
    assert.equal(wave?.verdictMs, 30);
  });

  it("name the module that announced", () => {
    const wave = waveAfter(
      { step: "announced", dataType: 5, ttl: 8, bytes: 1, subscriber: 9 },
      sentTo(1),
    );
    assert.deepEqual(wave?.source, { kind: "module", subscriber: 9 });
    assert.equal(wave.outcome, "announced");
  });

  it("say why an item was refused as it came", () => {
    const wave = waveAfter({
      step: "dropped",
      reason: "unsubscribed",
      link: 6,
      ttl: 2,
      dataType: 99,
      bytes: 4,
    });
    assert.deepEqual(wave?.source, { kind: "link", link: 6 });
    assert.equal(wave.outcome, "dropped");
    assert.equal(wave.reason, "unsubscribed");
    assert.equal(wave.dataType, 99);
  });

  it("keep a decision when the item then stops here", () => {
    const wave = waveAfter(arrived, { step: "accepted" }, { step: "dropped", reason: "lastHop" });
    assert.equal(wave?.outcome, "accepted");
    assert.equal(wave.reason, "lastHop");
  });

  it("keep a decision when a later copy is refused", () => {
    const wave = waveAfter(
      arrived,
      { step: "rejected" },
      { step: "dropped", reason: "reforwardRefused", link: 8, ttl: 5 },
    );
    assert.equal(wave?.outcome, "rejected");
    assert.deepEqual(wave.source, { kind: "link", link: 3 });
  });

  it("leave open where an item came from that was here before the page", () => {
    assert.deepEqual(waveAfter({ step: "accepted" })?.source, { kind: "unknown" });
  });

  it("are forgotten in the order of their coming, however many come", () => {
    const book = new WaveBook(3);
    for (let item = 1; item <= 1_000; item++) book.onItem(arrival(item));
    assert.equal(book.size, 3);
    assert.deepEqual(
      book.latest(2).map(({ key }) => key),
      [keyOf(1_000), keyOf(999)],
    );
  });
});
