import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { instant, linkId } from "../../src/core/ports.ts";
import type { DaemonEvent } from "../../src/daemon/logger.ts";
import { ProofLog } from "../../src/daemon/proof-log.ts";

const LINK = linkId(7);

class Rig {
  readonly said: DaemonEvent[] = [];
  now = 0;
  readonly proofs = new ProofLog({ say: (event) => void this.said.push(event) }, 120_000, {
    now: () => instant(this.now),
  });

  progressAt(now: number): void {
    this.now = now;
    this.proofs.onProgress({
      link: LINK,
      difficultyBits: 24,
      hashes: 1_000 * now,
      hashesPerSecond: 1_000_000.4,
      secondsLeft: 16.8,
    });
  }

  endedAt(now: number): void {
    this.now = now;
    this.proofs.onEnded(LINK);
  }
}

describe("what the log says about proofs of work", () => {
  it("is a line every ten seconds while one takes long, and none before", () => {
    const rig = new Rig();
    rig.now = 1_000;
    rig.proofs.onStarted();
    for (let at = 1_000; at <= 25_000; at += 500) rig.progressAt(at);
    rig.endedAt(25_100);
    const common = { name: "proofProgress", link: LINK, hashesPerSecond: 1_000_000 } as const;
    assert.deepEqual(rig.said, [
      { ...common, afterMs: 10_000, hashes: 11_000_000, expectedMs: 16_800 },
      { ...common, afterMs: 20_000, hashes: 21_000_000, expectedMs: 16_800 },
    ]);
  });

  it("is a warning when one took more than half of pow_timeout", () => {
    const rig = new Rig();
    rig.proofs.onStarted();
    rig.endedAt(60_000);
    assert.deepEqual(rig.said, []);
    rig.proofs.onStarted();
    rig.endedAt(120_001);
    assert.deepEqual(rig.said, [
      { name: "proofSlow", link: LINK, tookMs: 60_001, powTimeoutMs: 120_000 },
    ]);
  });
});
