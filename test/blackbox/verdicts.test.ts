import assert from "node:assert/strict";
import { before, describe, it } from "node:test";

import { Daemon } from "./support/daemon.ts";
import { suiteScope } from "./support/patience.ts";
import { store } from "./support/status.ts";
import { Relay, VerdictCase } from "./support/verdict-case.ts";

/** Three clients each; the language is that of `VerdictCase`. */
const scripts = {
  all: [
    "? A1 ? A2 ? A3 +",
    "? A3 ? A1 ? A2 +",
    // The first V = 0 discards for good.
    "R1 -",
    "R1 A2 A3 A1 -",
    "A1 A2 R3 -",
    "A1 R2 A3 A2 -",
    // Leavers abstain.
    "A1 A2 ? L3 +",
    "L1 ? L2 ? A3 +",
    "L1 L2 L3 -",
    "L1 A2 R3 -",
    // A verdict given stays given.
    "A1 L1 ? A2 A3 +",
    "R1 L1 A2 A3 -",
    "A1 L1 A2 L2 A3 L3 +",
    // Strangers do not count.
    "SA SA SA ? A1 A2 A3 +",
    "SR ? A1 A2 A3 +",
    "A1 A2 SA ? SR ? A3 +",
    // One client answering twice counts once; the first answer stands.
    "A1 A1 A1 ? A2 A2 ? A3 +",
    "A1 R1 ? A2 A3 +",
  ],
  any: [
    "? A1 +",
    "A1 R2 R3 +",
    "R1 ? A2 +",
    "R1 ? R2 ? A3 +",
    "R1 R2 R3 -",
    "R1 R2 R3 A1 A2 A3 -",
    "R1 ? L2 ? A3 +",
    "R1 R2 L3 -",
    "L1 L2 L3 -",
    "L1 L2 ? A3 +",
    "SA ? SR ? A1 +",
    "R1 A1 ? R2 R3 -",
    "R1 R1 R1 ? A2 +",
  ],
  first: [
    "? A1 +",
    "A2 R1 R3 +",
    "R3 -",
    "R1 A2 A3 -",
    "L1 ? A2 +",
    "L1 L2 ? R3 -",
    "L1 L2 L3 -",
    "SA ? SR ? A1 +",
    "SA ? SR ? R1 A2 A3 -",
    "R1 A1 -",
  ],
} as const;

/** What the answers so far are worth when the deadline comes. */
const deadlineScripts = {
  all: ["D -", "A1 ? D +", "A1 A2 ? D +", "A1 L2 D +", "L1 D -", "D A1 A2 A3 -", "R1 D A2 A3 -"],
  any: ["D -", "R1 ? D -", "R1 R2 ? D -", "L1 D -", "D A1 -", "R1 D A2 -"],
  first: ["D -", "L1 D -", "D A1 -"],
} as const;

for (const policy of ["all", "any", "first"] as const) {
  describe(`[protocol §4.3] validation_policy = ${policy}`, () => {
    const scope = suiteScope();
    let relay: Relay;
    before(async () => {
      const daemon = await Daemon.start(scope, { validation_policy: policy });
      relay = await Relay.open(scope, daemon);
    });

    for (const [index, script] of scripts[policy].entries()) {
      it(script, async () => {
        const verdictCase = new VerdictCase(relay, 1_000 + index, script);
        await verdictCase.begin();
        await verdictCase.answer();
        const expected = verdictCase.expectsSpread ? [verdictCase.text] : [];
        assert.deepEqual(await relay.spread(), expected);
        verdictCase.end();
      });
    }

    it("silent clients: at the deadline the answers so far count", async (t) => {
      const daemon = await Daemon.start(t, {
        validation_policy: policy,
        validation_timeout: 3,
      });
      const own = await Relay.open(t, daemon);
      const cases = deadlineScripts[policy].map(
        (script, index) => new VerdictCase(own, 2_000 + index, script),
      );
      // Together, so that one deadline is enough for all.
      for (const verdictCase of cases) {
        await verdictCase.begin();
      }
      for (const verdictCase of cases) {
        await verdictCase.answer();
      }
      await daemon.statusUntil("the deadlines", (now) => store(now, "pendingItems").entries === 0);
      for (const verdictCase of cases) {
        await verdictCase.answerLate();
      }
      assert.deepEqual(
        (await own.spread()).sort(),
        cases
          .filter(({ expectsSpread }) => expectsSpread)
          .map(({ text }) => text)
          .sort(),
      );
    });
  });
}
