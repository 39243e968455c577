import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { EXPONENTIAL_QUANTILES, EXPONENTIAL_UNIT } from "../../src/sim/exponential-table.ts";
import { RandomStream } from "../../src/sim/random-stream.ts";

const draws = (stream: RandomStream, count: number, bound: number): number[] =>
  Array.from({ length: count }, () => stream.below(bound));

describe("a random stream", () => {
  it("repeats with the same seed, and differs with another", () => {
    const [one, same, other] = [new RandomStream(7), new RandomStream(7), new RandomStream(8)];
    const expected = draws(one, 50, 1_000);
    assert.deepEqual(draws(same, 50, 1_000), expected);
    assert.notDeepEqual(draws(other, 50, 1_000), expected);
  });

  it("forks by label alone, whatever was drawn before", () => {
    const [fresh, used] = [new RandomStream(7), new RandomStream(7)];
    draws(used, 99, 10);
    assert.deepEqual(draws(used.fork("a"), 20, 100), draws(fresh.fork("a"), 20, 100));
    assert.notDeepEqual(draws(fresh.fork("a"), 20, 100), draws(fresh.fork("b"), 20, 100));
    assert.notDeepEqual(
      draws(fresh.fork("a").fork("b"), 20, 100),
      draws(fresh.fork("ab"), 20, 100),
    );
  });

  it("gives every value of a small range about equally often", () => {
    const counts = new Array<number>(6).fill(0);
    for (const value of draws(new RandomStream(1), 60_000, 6))
      counts[value] = (counts[value] ?? 0) + 1;
    // Five standard deviations of a binomial with n = 60,000 and p = 1/6 are 456.
    for (const count of counts) assert.ok(Math.abs(count - 10_000) < 456, `${count}`);
  });

  it("covers bounds up to 2^32", () => {
    const values = draws(new RandomStream(1), 2_000, 2 ** 32);
    assert.ok(values.some((value) => value > 2 ** 31) && values.every((value) => value < 2 ** 32));
  });

  it("draws exponentially distributed numbers with their mean", () => {
    const stream = new RandomStream(3);
    const values = Array.from({ length: 50_000 }, () => stream.exponential(1_000));
    const average = values.reduce((sum, value) => sum + value, 0) / values.length;
    assert.ok(Math.abs(average - 1_000) < 25, `${average}`);
    const beyondFive = values.filter((value) => value > 5_000).length / values.length;
    assert.ok(Math.abs(beyondFive - Math.exp(-5)) < 0.002, `${beyondFive}`);
  });

  it("shuffles without losing anything", () => {
    const shuffled = new RandomStream(5).shuffle(Array.from({ length: 100 }, (_, at) => at));
    assert.deepEqual(
      [...shuffled].sort((a, b) => a - b),
      Array.from({ length: 100 }, (_, at) => at),
    );
    assert.notDeepEqual(shuffled.slice(0, 10), [0, 1, 2, 3, 4, 5, 6, 7, 8, 9]);
  });
});

describe("the table of exponential quantiles", () => {
  it("is what the formula says", () => {
    const computed = EXPONENTIAL_QUANTILES.map((_, cell) =>
      Math.round(Math.log(256 / (256 - cell)) * EXPONENTIAL_UNIT),
    );
    assert.deepEqual(EXPONENTIAL_QUANTILES, computed);
  });
});
