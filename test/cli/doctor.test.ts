import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { diagnose, diagnosePuzzle } from "../../src/cli/doctor/diagnosis.ts";
import { aStatus } from "../monitor/support/statuses.ts";

const now = Date.UTC(2026, 10, 28);
const startedAt = now - aStatus().uptimeMs;

const causesOf = (status: Parameters<typeof aStatus>[0], at: number = now): string[] =>
  diagnose({ status: aStatus({ startedAt, ...status }), now: at, dataType: undefined }).map(
    ({ cause }) => cause,
  );

describe("the doctor", () => {
  it("finds nothing in a node that is well", () => {
    assert.deepEqual(causesOf({}), []);
  });

  it("notices a clock that was set while the node ran, and one that cannot be right", () => {
    assert.deepEqual(causesOf({}, now + 60_000), ["clock"]);
    assert.deepEqual(causesOf({ startedAt: 0, uptimeMs: 0 }, 0), ["clock"]);
  });

  it("notices a process that is always late", () => {
    assert.deepEqual(causesOf({ eventLoopDelay: { p50Ms: 1, p99Ms: 900, maxMs: 1_000 } }), [
      "busyProcess",
    ]);
  });

  it("calls a puzzle too slow when one proof in twenty would come too late", () => {
    assert.deepEqual(diagnosePuzzle(20, 3_200, 2 ** 20), []);
    assert.equal(diagnosePuzzle(20, 2_900, 2 ** 20)[0]?.cause, "puzzleTooSlow");
  });
});
