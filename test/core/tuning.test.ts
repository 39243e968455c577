import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { DEFAULT_CORE_CONFIG } from "../../src/core/core-config.ts";
import type { CoreTuning } from "../../src/core/core-config.ts";
import { bytesOf, CoreHarness } from "../support/core-harness.ts";
import { linesOf } from "../support/core-outbox.ts";

const TYPE = 7;
const tuning = (changes: Partial<CoreTuning>): CoreTuning => {
  const { announceRule, subscribersMax, inboundLinksMax, limits } = DEFAULT_CORE_CONFIG;
  return { announceRule, subscribersMax, inboundLinksMax, limits, ...changes };
};

describe("a core that is retuned", () => {
  it("judges the next announcement by the new rule", () => {
    const node = new CoreHarness();
    const module = node.subscriber();
    node.announce(module, 1, TYPE, bytesOf("lenient"));
    node.tick({ kind: "retuned", tuning: tuning({ announceRule: "strict" }) });
    assert.deepEqual(linesOf(node.announce(module, 1, TYPE, bytesOf("strict"))), [
      `close ${module}: strictNotSubscribed`,
    ]);
  });

  it("lets what is open stay over a lower bound, and no more in", () => {
    const node = new CoreHarness();
    const [first, second] = [node.subscriber(TYPE), node.subscriber(TYPE)];
    node.tick({ kind: "retuned", tuning: tuning({ subscribersMax: 1 }) });
    assert.equal(node.store("subscribers").entriesMax, 1);
    node.announce(first, 1, TYPE, bytesOf("x"));
    assert.equal(node.notificationsTo(second).length, 1);
    const third = node.subscriber();
    node.announce(third, 1, TYPE, bytesOf("from nobody"));
    assert.equal(node.notificationsTo(second).length, 1);
    assert.equal(node.store("subscribers").entries, 2);
  });

  it("bounds a queue anew, and leaves every other limit as it was", () => {
    const node = new CoreHarness({ limits: { pendingItems: 77, pendingItemsPerLink: 77 } });
    const slow = node.subscriber(TYPE);
    const limits = { subscriberQueueBytes: 1_048_576, subscriberQueueMessages: 2 };
    node.tick({ kind: "retuned", tuning: tuning({ limits }) });
    for (let at = 0; at < 6; at++) node.item(node.inboundLink(), at, TYPE, 1, `${at}`);
    assert.ok(node.counter("notificationsDropped") > 0);
    assert.ok(node.notificationsTo(slow).length < 6);
    assert.equal(node.store("pendingItems").entriesMax, 77);
  });

  it("changes nothing of the configuration it was made with", () => {
    const before = JSON.stringify(DEFAULT_CORE_CONFIG);
    new CoreHarness().tick({ kind: "retuned", tuning: tuning({ subscribersMax: 3 }) });
    assert.equal(JSON.stringify(DEFAULT_CORE_CONFIG), before);
  });
});
