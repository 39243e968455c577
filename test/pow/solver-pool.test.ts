import assert from "node:assert/strict";
import { createHash, randomBytes } from "node:crypto";
import { once } from "node:events";
import { describe, it, type TestContext } from "node:test";
import { setImmediate as nextTurn } from "node:timers/promises";
import type { Worker } from "node:worker_threads";
import {
  SolverPool,
  type SolveFailure,
  type SolveProgress,
  type SolveRequest,
  type SolverPoolOptions,
} from "../../src/pow/index.ts";

/** Its first proof has the low word 473,410,855: no test gets that far. */
const long = { challenge: Buffer.alloc(8, 1), difficultyBits: 28, nonceHigh: 1 } as const;

function aPool(context: TestContext, options: SolverPoolOptions = {}): SolverPool {
  const pool = new SolverPool({ workers: 2, ...options });
  context.after(() => pool.close());
  return pool;
}

function solved(pool: SolverPool, request: SolveRequest): Promise<Uint8Array> {
  return new Promise((resolve, reject) => {
    pool.solve(request, {
      onFound: resolve,
      onFailed: (reason) => reject(new Error(reason)),
    });
  });
}

function failed(pool: SolverPool, request: SolveRequest): Promise<SolveFailure> {
  return new Promise((resolve, reject) => {
    pool.solve(request, {
      onFound: () => reject(new Error("found a nonce")),
      onFailed: resolve,
    });
  });
}

function firstProgress(pool: SolverPool, request: SolveRequest): Promise<SolveProgress> {
  return new Promise((resolve, reject) => {
    pool.solve(request, {
      onFound: () => reject(new Error("found a nonce")),
      onFailed: (reason) => reject(new Error(reason)),
      onProgress: resolve,
    });
  });
}

function assertProof({ challenge, difficultyBits }: SolveRequest, nonce: Uint8Array): void {
  assert.equal(nonce.length, 8);
  const digest = createHash("sha256").update(challenge).update(nonce).digest();
  assert.ok(digest.readUInt32BE(0) < 2 ** (32 - difficultyBits), digest.toString("hex"));
}

/** The workers of this process that the pool started, caught as they start. */
function caughtWorkers(context: TestContext): Worker[] {
  const workers: Worker[] = [];
  const listener = (worker: Worker): void => void workers.push(worker);
  process.on("worker", listener);
  context.after(() => process.off("worker", listener));
  return workers;
}

async function until(condition: () => boolean): Promise<void> {
  while (!condition()) await nextTurn();
}

describe("the solver pool", { timeout: 120_000 }, () => {
  it("finds proofs for every low difficulty", async (context) => {
    const pool = aPool(context);
    for (let difficultyBits = 0; difficultyBits <= 20; difficultyBits += 1) {
      const request = { challenge: randomBytes(8), difficultyBits };
      assertProof(request, await solved(pool, request));
    }
  });

  for (const kernel of ["vectorLean", "vectorShort", "hybrid", "javascript"] as const) {
    it(`finds proofs with the ${kernel} kernel alone`, async (context) => {
      const pool = aPool(context, { kernel });
      const request = { challenge: randomBytes(8), difficultyBits: 16 };
      assertProof(request, await solved(pool, request));
      assert.equal(pool.kernel, kernel);
    });
  }

  it("keeps the high word it is given [protocol §6.2]", async (context) => {
    const pool = aPool(context);
    for (const nonceHigh of [0, 0x8000_0001, 0xffff_ffff]) {
      const request = { challenge: randomBytes(8), difficultyBits: 14, nonceHigh };
      const nonce = await solved(pool, request);
      assertProof(request, nonce);
      assert.equal(Buffer.from(nonce).readUInt32BE(0), nonceHigh);
    }
    const free = await solved(pool, {
      challenge: long.challenge,
      difficultyBits: 0,
      nonceHigh: 5,
    });
    assert.equal(Buffer.from(free).readUInt32BE(0), 5);
  });

  it("reports that the nonces below a marker are exhausted", async (context) => {
    const pool = aPool(context, { lowNonces: 2 ** 16 });
    assert.equal(await failed(pool, long), "exhausted");
  });

  it("goes on to other high words without a marker", async (context) => {
    const pool = aPool(context, { lowNonces: 2 ** 6 });
    const request = { challenge: randomBytes(8), difficultyBits: 12 };
    assertProof(request, await solved(pool, request));
  });

  it("solves what it was asked for in that order", async (context) => {
    const pool = aPool(context);
    const order: number[] = [];
    await Promise.all(
      [18, 12, 16, 4].map(async (difficultyBits, index) => {
        await solved(pool, { challenge: randomBytes(8), difficultyBits });
        order.push(index);
      }),
    );
    assert.deepEqual(order, [0, 1, 2, 3]);
  });

  it("stops at a cancel, says nothing more and goes on with the next", async (context) => {
    const pool = aPool(context);
    let calls = 0;
    const count = (): void => void (calls += 1);
    const job = pool.solve(long, { onFound: count, onFailed: count });
    const waiting = pool.solve(long, { onFound: count, onFailed: count });
    await until(() => pool.tested > 0);
    waiting.cancel();
    job.cancel();
    job.cancel();
    // Each worker answers in order, so the next search is solved only after this one has stopped.
    const request = { challenge: randomBytes(8), difficultyBits: 10 };
    assertProof(request, await solved(pool, request));
    assert.equal(calls, 0);
    assert.ok(pool.tested < 2 ** 28);
  });

  it("says nothing when a search of difficulty 0 is cancelled at once", async (context) => {
    const pool = aPool(context);
    const fail = (): never => assert.fail("the search was cancelled");
    pool
      .solve({ challenge: randomBytes(8), difficultyBits: 0 }, { onFound: fail, onFailed: fail })
      .cancel();
    await nextTurn();
  });

  it("reports progress that adds up", async (context) => {
    const pool = aPool(context);
    const progress = await firstProgress(pool, long);
    assert.ok(progress.hashes >= 0 && progress.hashes <= pool.tested);
    assert.ok(progress.hashesPerSecond >= 0);
    assert.ok(progress.secondsLeft > 0);
  });

  it("solves 1,000 challenges in a row with the threads it has", async (context) => {
    const started = caughtWorkers(context);
    const pool = aPool(context);
    for (let solve = 0; solve < 1000; solve += 1) {
      const request = { challenge: randomBytes(8), difficultyBits: 8 };
      assertProof(request, await solved(pool, request));
    }
    assert.equal(pool.workers, 2);
    assert.equal(started.length, 2);
  });

  it("replaces a killed thread and loses none of its nonces", async (context) => {
    const started = caughtWorkers(context);
    const causes: string[] = [];
    const pool = aPool(context, {
      lowNonces: 2 ** 23,
      onWorkerLost: (cause) => causes.push(cause),
    });
    // None of these 2^23 is a proof, so all must have been tested.
    const outcome = failed(pool, long);
    await until(() => started.length === 2 && pool.tested > 0);
    await started[0]?.terminate();
    assert.equal(await outcome, "exhausted");
    assert.ok(pool.tested >= 2 ** 23);
    assert.equal(started.length, 3);
    assert.equal(causes.length, 1);
    assert.equal(pool.workers, 2);
  });

  it("gives up when threads die as fast as they start", async (context) => {
    const kill = (worker: Worker): void => void worker.terminate();
    process.on("worker", kill);
    context.after(() => process.off("worker", kill));
    const pool = aPool(context);
    assert.equal(await failed(pool, long), "workersLost");
  });

  it("ends its threads when idle and starts them again for the next search", async (context) => {
    const started = caughtWorkers(context);
    const pool = aPool(context, { idleTimeoutMs: 1 });
    assert.equal(pool.workers, 0);
    await solved(pool, { challenge: randomBytes(8), difficultyBits: 8 });
    // The idle timer does not keep the process alive, so something else has to.
    const alive = setInterval(() => undefined, 1000);
    context.after(() => clearInterval(alive));
    await Promise.all(started.map((worker) => once(worker, "exit")));
    assert.equal(pool.workers, 0);
    await solved(pool, { challenge: randomBytes(8), difficultyBits: 8 });
    assert.equal(started.length, 4);
  });

  it("closed, fails what is open and what comes later", async (context) => {
    const started = caughtWorkers(context);
    const pool = new SolverPool({ workers: 2 });
    const running = failed(pool, long);
    const waiting = failed(pool, long);
    await until(() => pool.tested > 0);
    const ended = Promise.all(started.map((worker) => once(worker, "exit")));
    await pool.close();
    await ended;
    assert.equal(await running, "closed");
    assert.equal(await waiting, "closed");
    assert.equal(await failed(pool, long), "closed");
    assert.equal(pool.workers, 0);
  });

  it("refuses requests that are none", (context) => {
    const pool = aPool(context);
    const observer = { onFound: () => undefined, onFailed: () => undefined };
    const challenge = Buffer.alloc(8);
    for (const request of [
      { challenge: Buffer.alloc(7), difficultyBits: 8 },
      { challenge, difficultyBits: 29 },
      { challenge, difficultyBits: -1 },
      { challenge, difficultyBits: 1.5 },
      { challenge, difficultyBits: 8, nonceHigh: -1 },
      { challenge, difficultyBits: 8, nonceHigh: 2 ** 32 },
    ]) {
      assert.throws(() => pool.solve(request, observer), RangeError);
    }
    assert.throws(() => new SolverPool({ workers: 0 }), RangeError);
  });
});
