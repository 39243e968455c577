import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { NotificationPacer, WINDOW_MAX } from "../../src/core/notification-pacer.ts";
import type { TimedAnswer } from "../../src/core/notification-pacer.ts";
import { instant } from "../../src/core/ports.ts";

/** An answer to a notification written then, with nothing older unanswered. */
const answer = (writtenAt: number, waiting: number): TimedAnswer => ({
  writtenAt: instant(writtenAt),
  oldestOpenAt: instant(writtenAt),
  waiting,
});

const newPacer = (): NotificationPacer => new NotificationPacer(instant(0));

/** Answers at once, with many waiting, until the window has that size. */
function grow(pacer: NotificationPacer, window: number): void {
  while (pacer.window < window) pacer.onAnswer(answer(0, 1_000), instant(0));
}

describe("[protocol §2.5] the pace of a client", () => {
  it("begins with one unanswered notification", () => {
    const pacer = newPacer();
    assert.equal(pacer.window, 1);
    assert.ok(pacer.mayWriteAt(0) <= 0);
    assert.equal(pacer.mayWriteAt(1), 50);
  });

  it("doubles when a whole window in a row was answered within 1 s and eight more wait", () => {
    const pacer = newPacer();
    const windows = Array.from({ length: 16 }, () => {
      pacer.onAnswer(answer(0, 8), instant(1_000));
      return pacer.window;
    });
    assert.deepEqual(windows, [2, 2, 4, 4, 4, 4, 8, 8, 8, 8, 8, 8, 8, 8, 16, 16]);
  });

  it("does not double while fewer than eight wait, but remembers the row", () => {
    const pacer = newPacer();
    for (let n = 0; n < 5; n++) pacer.onAnswer(answer(0, 7), instant(0));
    assert.equal(pacer.window, 1);
    pacer.onAnswer(answer(0, 8), instant(0));
    assert.equal(pacer.window, 2);
  });

  it("does not double while something from before the row is unanswered", () => {
    const pacer = newPacer();
    const skipped = { writtenAt: instant(10), oldestOpenAt: instant(5), waiting: 8 };
    for (let n = 0; n < 5; n++) pacer.onAnswer(skipped, instant(20));
    assert.equal(pacer.window, 1);
    pacer.onAnswer(answer(10, 8), instant(20));
    assert.equal(pacer.window, 2);
  });

  it("begins the row anew after an answer that took over 1 s, came too late, or never came", () => {
    for (const spoil of [
      (pacer: NotificationPacer) => pacer.onAnswer(answer(0, 8), instant(1_001)),
      (pacer: NotificationPacer) => pacer.onLateAnswer(instant(0)),
      (pacer: NotificationPacer) => pacer.onExpired(),
    ]) {
      const pacer = newPacer();
      grow(pacer, 4);
      for (let n = 0; n < 3; n++) pacer.onAnswer(answer(0, 8), instant(0));
      spoil(pacer);
      for (let n = 0; n < 3; n++) pacer.onAnswer(answer(0, 8), instant(0));
      assert.equal(pacer.window, 4);
      pacer.onAnswer(answer(0, 8), instant(0));
      assert.equal(pacer.window, 8);
    }
  });

  it("never grows beyond 16,384", () => {
    const pacer = newPacer();
    for (let n = 0; n < 5 * WINDOW_MAX; n++) pacer.onAnswer(answer(0, 8), instant(0));
    assert.equal(pacer.window, 16_384);
  });

  it("lets one more go 50 ms after the last answer or write that filled the window", () => {
    const pacer = newPacer();
    grow(pacer, 2);
    pacer.onWritten(0, instant(100));
    pacer.onWritten(1, instant(120));
    assert.equal(pacer.mayWriteAt(2), 170);
    pacer.onWritten(2, instant(170));
    assert.equal(pacer.mayWriteAt(3), 220);
    pacer.onAnswer(answer(120, 0), instant(200));
    assert.equal(pacer.mayWriteAt(2), 250);
    assert.ok(pacer.mayWriteAt(1) <= 0);
  });

  it("waits 1 s when the window is 1 and the client has answered before", () => {
    const pacer = newPacer();
    pacer.onWritten(0, instant(10));
    assert.equal(pacer.mayWriteAt(1), 60);
    pacer.onAnswer(answer(10, 0), instant(20));
    pacer.onWritten(0, instant(30));
    assert.equal(pacer.mayWriteAt(1), 1_030);
  });

  it("takes a late answer for one that was given before", () => {
    const pacer = newPacer();
    pacer.onLateAnswer(instant(5));
    assert.ok(pacer.hasAnswered);
    assert.equal(pacer.mayWriteAt(1), 1_005);
  });

  it("lets what goes out together share a write from a window of 8 on", () => {
    const pacer = newPacer();
    grow(pacer, 4);
    assert.equal(pacer.mayBatch, false);
    grow(pacer, 8);
    assert.ok(pacer.mayBatch);
  });

  it("stays at one at a time for good once a pair was lost", () => {
    const pacer = newPacer();
    grow(pacer, 64);
    pacer.onPairLost();
    assert.equal(pacer.mode, "oneAtATime");
    for (let n = 0; n < 1_000; n++) pacer.onAnswer(answer(0, 100), instant(0));
    assert.equal(pacer.window, 1);
    assert.equal(pacer.mayBatch, false);
  });
});
