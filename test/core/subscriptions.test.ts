import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { Deadline } from "../../src/core/deadline-queue.ts";
import { instant, subscriberId } from "../../src/core/ports.ts";
import { Subscriber } from "../../src/core/subscriber.ts";
import { Subscriptions, SUBSCRIPTIONS_PER_SUBSCRIBER_MAX } from "../../src/core/subscriptions.ts";

const subscriberOf = (id: number): Subscriber => {
  const deadline = new Deadline(() => undefined);
  const deadlines = { frame: deadline, pacing: deadline, stall: deadline };
  return new Subscriber(subscriberId(id), instant(0), deadlines);
};

describe("[protocol §2.2] subscriptions", () => {
  it("are kept per data type, in the order they came in", () => {
    const subscriptions = new Subscriptions();
    const [a, b] = [subscriberOf(1), subscriberOf(2)];
    subscriptions.subscribe(b, 7);
    subscriptions.subscribe(a, 7);
    subscriptions.subscribe(a, 8);
    assert.deepEqual([...subscriptions.of(7)], [b, a]);
    assert.deepEqual([...subscriptions.of(8)], [a]);
    assert.equal(subscriptions.of(9).size, 0);
  });

  it("do not change when they are repeated", () => {
    const subscriptions = new Subscriptions();
    const a = subscriberOf(1);
    assert.equal(subscriptions.subscribe(a, 7), "new");
    assert.equal(subscriptions.subscribe(a, 7), "known");
    assert.equal(subscriptions.of(7).size, 1);
  });

  it("end all together, and leave those of others alone", () => {
    const subscriptions = new Subscriptions();
    const [a, b] = [subscriberOf(1), subscriberOf(2)];
    for (const dataType of [1, 2, 3]) subscriptions.subscribe(a, dataType);
    subscriptions.subscribe(b, 2);
    subscriptions.forget(a);
    subscriptions.forget(a);
    assert.deepEqual(
      [1, 2, 3].map((dataType) => subscriptions.of(dataType).size),
      [0, 1, 0],
    );
    assert.equal(a.dataTypes.size, 0);
  });

  it("are bounded per connection", () => {
    const subscriptions = new Subscriptions();
    const a = subscriberOf(1);
    for (let dataType = 0; dataType < SUBSCRIPTIONS_PER_SUBSCRIBER_MAX; dataType++) {
      assert.equal(subscriptions.subscribe(a, dataType), "new");
    }
    assert.equal(subscriptions.subscribe(a, 65_535), "tooMany");
    assert.equal(subscriptions.subscribe(a, 0), "known");
  });
});
