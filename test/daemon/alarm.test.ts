import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { instant } from "../../src/core/ports.ts";
import { Alarm } from "../../src/daemon/alarm.ts";
import type { CancelTimer, Timers } from "../../src/daemon/timers.ts";
import { ManualTime } from "./support/manual-time.ts";

function anAlarm(timers?: Timers): { time: ManualTime; alarm: Alarm; firedAt: number[] } {
  const time = new ManualTime();
  const firedAt: number[] = [];
  const alarm = new Alarm(time, timers ?? time, () => firedAt.push(time.now()));
  return { time, alarm, firedAt };
}

describe("the alarm", () => {
  it("goes off at the time that was set last, earlier or later", () => {
    const { time, alarm, firedAt } = anAlarm();
    alarm.set(instant(1_300));
    alarm.set(instant(1_100));
    time.advance(150);
    alarm.set(instant(1_200));
    alarm.set(instant(1_400));
    time.advance(1_000);
    assert.deepEqual(firedAt, [1_100, 1_400]);
  });

  it("keeps one native timer, and leaves it alone when the time moves on", () => {
    const started: number[] = [];
    const time = new ManualTime();
    const timers: Pick<Timers, "after"> = {
      after: (delayMs, callback): CancelTimer => {
        started.push(delayMs);
        return time.after(delayMs, callback);
      },
    };
    const alarm = new Alarm(time, timers, () => undefined);
    for (let at = 1_100; at < 2_000; at++) alarm.set(instant(at));
    assert.deepEqual(started, [100]);
    assert.equal(time.pendingTimers, 1);
  });

  it("waits on when the native timer fires before the clock says so", () => {
    const time = new ManualTime();
    const callbacks: (() => void)[] = [];
    const eager: Pick<Timers, "after"> = {
      after: (_delayMs, callback) => {
        callbacks.push(callback);
        return () => undefined;
      },
    };
    let fired = 0;
    const alarm = new Alarm(time, eager, () => fired++);
    alarm.set(instant(1_100));
    time.advance(99);
    callbacks[0]?.();
    assert.equal(fired, 0);
    time.advance(1);
    callbacks[1]?.();
    assert.equal(fired, 1);
  });

  it("goes off at once, but not within the call, for a time that has passed", () => {
    const { time, alarm, firedAt } = anAlarm();
    alarm.set(instant(10));
    assert.deepEqual(firedAt, []);
    time.advance(1);
    assert.deepEqual(firedAt, [1_001]);
  });

  it("stays silent after it was cleared", () => {
    const { time, alarm, firedAt } = anAlarm();
    alarm.set(instant(1_100));
    alarm.clear();
    time.advance(1_000);
    assert.deepEqual(firedAt, []);
    assert.equal(time.pendingTimers, 0);
  });
});
