import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { FrameBatch } from "../../web/shared/frame-batch.ts";
import { Pulses, PULSE_MS } from "../../web/shared/pulses.ts";

/** A screen whose frames the test gives. */
class Screen {
  nowMs = 0;
  drawn = 0;
  readonly batch: FrameBatch;
  #callbacks: (() => void)[] = [];

  constructor(intervalMs: number) {
    this.batch = new FrameBatch(
      () => this.drawn++,
      intervalMs,
      (callback) => this.#callbacks.push(callback),
      () => this.nowMs,
    );
  }

  get waiting(): number {
    return this.#callbacks.length;
  }

  frameAt(nowMs: number): void {
    this.nowMs = nowMs;
    const callbacks = this.#callbacks;
    this.#callbacks = [];
    for (const callback of callbacks) callback();
  }
}

describe("drawing", () => {
  it("happens once for everything that came since the last frame", () => {
    const screen = new Screen(0);
    for (let event = 0; event < 5_000; event++) screen.batch.request();
    assert.equal(screen.waiting, 1);
    screen.frameAt(16);
    assert.equal(screen.drawn, 1);
    assert.equal(screen.waiting, 0);
  });

  it("waits until people have read what is there", () => {
    const screen = new Screen(250);
    screen.batch.request();
    screen.frameAt(10);
    screen.batch.request();
    screen.frameAt(26);
    screen.frameAt(259);
    assert.equal(screen.drawn, 1);
    screen.frameAt(260);
    assert.equal(screen.drawn, 2);
  });
});

describe("pulses", () => {
  it("move from end to end and are gone", () => {
    const pulses = new Pulses();
    pulses.add("3", "in", 1_000);
    const [half] = pulses.at(1_000 + PULSE_MS / 2);
    assert.deepEqual(half, { path: "3", tone: "in", part: 0.5, count: 1 });
    assert.deepEqual(pulses.at(1_000 + PULSE_MS), []);
    assert.ok(pulses.isEmpty);
  });

  it("stand for many items on a busy link", () => {
    const pulses = new Pulses();
    for (let at = 0; at < 1_000; at++) pulses.add("3", "out", at / 10);
    const [only, ...others] = pulses.at(100);
    assert.equal(only?.count, 1_000);
    assert.deepEqual(others, []);
  });

  it("are bounded however many links there are", () => {
    const pulses = new Pulses();
    for (let link = 0; link < 100_000; link++) pulses.add(String(link), "again", 0);
    assert.equal(pulses.at(1).length, 1_500);
  });
});
