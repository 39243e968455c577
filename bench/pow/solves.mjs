import { randomBytes } from "node:crypto";
import { SolverPool } from "../../dist/src/pow/index.js";
import { quantile } from "../lib/ratios.mjs";
import { tell } from "../lib/output.mjs";

const difficultyBits = 24;

function solve(pool) {
  return new Promise((resolve, reject) => {
    const request = { challenge: randomBytes(8), difficultyBits };
    pool.solve(request, { onFound: resolve, onFailed: (reason) => reject(new Error(reason)) });
  });
}

/**
 * Real solves one after the other, as a dialler makes them.
 * @param measuredRate nonces/s of a pool with as many workers, measured before.
 */
export async function runSolves(count, workers, measuredRate) {
  const pool = new SolverPool({ workers });
  const seconds = [];
  const startedAt = performance.now();
  for (let number = 1; number <= count; number += 1) {
    const began = performance.now();
    await solve(pool);
    seconds.push((performance.now() - began) / 1000);
    tell(`solve ${number} of ${count}`);
  }
  const total = (performance.now() - startedAt) / 1000;
  const hashesPerSecond = pool.tested / total;
  const { kernel } = pool;
  await pool.close();
  const mean = seconds.reduce((sum, each) => sum + each, 0) / count;
  // The mean of n exponential times has a relative standard deviation of 1 / sqrt(n).
  return {
    count,
    difficultyBits,
    workers,
    kernel,
    hashesPerSecond,
    meanSeconds: mean,
    p50Seconds: quantile(seconds, 0.5),
    p90Seconds: quantile(seconds, 0.9),
    maxSeconds: Math.max(...seconds),
    /** At the rate during the solves, and at the one measured on its own. */
    meanExpectedSeconds: 2 ** difficultyBits / hashesPerSecond,
    meanAtMeasuredRateSeconds: 2 ** difficultyBits / measuredRate,
    threeSigma: 3 / Math.sqrt(count),
  };
}
