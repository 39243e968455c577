import assert from "node:assert/strict";
import { mkdtempSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, it } from "node:test";
import { runDemo } from "../../src/cli/demo/demo-network.ts";
import type { DemoResult } from "../../src/cli/demo/demo-result.ts";
import { resultLines } from "../../src/cli/demo/demo-text.ts";
import { ItemJourney } from "../../src/cli/demo/item-journey.ts";
import { BOOTSTRAPPER, planDemo, targetsOf } from "../../src/cli/demo/plan.ts";
import { screenOn } from "../../src/cli/demo/screen.ts";
import { PLAIN } from "../../src/cli/style.ts";
import { linkId, subscriberId } from "../../src/core/ports.ts";
import type { Scope } from "../blackbox/support/patience.ts";
import { Cli } from "./support/cli.ts";

/** A place for temporary files, so that a test sees what is left in it. */
function temporaryPlace(scope: Scope): string {
  const place = mkdtempSync(join(tmpdir(), "vg-"));
  scope.after(() => rmSync(place, { recursive: true, force: true }));
  return place;
}

const never = new AbortController().signal;

describe("voidgossip demo", () => {
  it("--json prints exactly one line, and five of five are reached, over two hops at most", async (t) => {
    const place = temporaryPlace(t);
    const args = ["demo", "--difficulty", "8", "--json"];
    const exit = await Cli.run(t, args, { env: { TMPDIR: place } });
    assert.equal(exit.code, 0, exit.stderr);
    assert.match(exit.stdout, /^[^\n]+\n$/);
    const result = JSON.parse(exit.stdout) as DemoResult;
    assert.deepEqual([result.reached, result.nodes, result.difficultyBits], [5, 5, 8]);
    assert.equal(result.hopsMax, 2);
    assert.deepEqual(
      result.results.map(({ node, role, reached, hops, verdict }) => [
        node,
        role,
        reached,
        hops,
        verdict,
      ]),
      [
        [1, "bootstrapper", true, 1, "accept"],
        [2, "peer", true, 2, "accept"],
        [3, "peer", true, 2, "accept"],
        [4, "peer", true, 2, "accept"],
        [5, "announcer", true, 0, "accept"],
      ],
    );
    assert.match(exit.stderr, /node 3 {2}linked to node 2, puzzle solved after/);
    assert.deepEqual(readdirSync(place), [], "nothing is left behind");
  });

  it("tells the whole story as text, without escape sequences where there is no terminal", async (t) => {
    const exit = await Cli.run(t, ["demo", "--difficulty", "0", "--nodes", "4"]);
    assert.equal(exit.code, 0, exit.stderr);
    assert.equal(exit.stderr, "");
    assert.doesNotMatch(exit.stdout, /[\u0000-\u0009\u000b-\u001f]/);
    for (const line of [
      /^4 gossip nodes on this machine; node 1 is the bootstrapper\.$/m,
      /^node 1 {2}peers 127\.0\.0\.1:\d+, modules 127\.0\.0\.1:\d+, the bootstrapper$/m,
      /^node 4 {2}linked to node 1, puzzle solved after /m,
      /^node 2 {2}a module has subscribed to type 1337$/m,
      /^ +0\.0 ms {2}node 4 {2}a module announces$/m,
      /^ +\d+\.\d ms {2}node 1 {2}arrives over 1 hop \(TTL 8\)$/m,
      /^ +\d+\.\d ms {2}node 3 {2}module notified, 17 bytes; it answers accept$/m,
      /^ +\d+\.\d ms {2}node 3 {2}verdict of the module: accept$/m,
      /^node {2}role {10}links {2}reached {2}hops +after {2}verdict {2}duplicate copies$/m,
      /^ {3}4 {2}announcer {9}1 {2}yes {9}0 +\d+\.\d ms {2}accept {18}0$/m,
      /^4 of 4 reached: in \d+\.\d ms, over 2 hops at most, \d duplicate cop(y|ies)\.$/m,
    ]) {
      assert.match(exit.stdout, line);
    }
  });

  it("works with two nodes", async (t) => {
    const exit = await Cli.run(t, ["demo", "--difficulty", "0", "--nodes", "2", "--json"]);
    const { reached, nodes, hopsMax } = JSON.parse(exit.stdout) as DemoResult;
    assert.deepEqual([exit.code, reached, nodes, hopsMax], [0, 2, 2, 1]);
  });

  it("Ctrl-C in the middle of a puzzle leaves nothing behind", async (t) => {
    const place = temporaryPlace(t);
    const demo = Cli.start(t, ["demo", "--difficulty", "28"], { env: { TMPDIR: place } });
    await demo.says("stdout", /node 2 {2}puzzle of node 1 \[/);
    demo.kill("SIGINT");
    const exit = await demo.exit;
    assert.deepEqual([exit.code, exit.signal], [null, "SIGINT"]);
    assert.deepEqual(readdirSync(place), []);
  });

  it("ends at its deadline, and says that nobody was reached", async () => {
    const plan = { ...planDemo(3, 28, 2), deadlineMs: 1 };
    const result = await runDemo(plan, () => undefined, never);
    assert.deepEqual([result.reached, result.nodes, result.setUpMs], [0, 3, null]);
    const [last] = resultLines(result, PLAIN).slice(-1);
    assert.equal(last, "0 of 3 reached: not all links came up in time.");
  });

  it("shows in its last line that somebody was missed", async () => {
    const result = await runDemo(planDemo(2, 0, 2), () => undefined, never);
    const [last] = resultLines({ ...result, reached: 1 }, PLAIN).slice(-1);
    assert.equal(last, "1 of 2 reached.");
  });
});

describe("the plan of a demonstration", () => {
  it("lets everybody dial the bootstrapper, and closes one circle away from the announcer", () => {
    const targets = [1, 2, 3, 4, 5].map((node) => targetsOf(node, 5));
    assert.deepEqual(targets, [
      [],
      [BOOTSTRAPPER],
      [BOOTSTRAPPER, 2],
      [BOOTSTRAPPER],
      [BOOTSTRAPPER],
    ]);
    assert.deepEqual(targetsOf(3, 3), [BOOTSTRAPPER], "node 3 announces");
    for (const nodes of [2, 3, 4, 50]) {
      const { origin } = planDemo(nodes, 24, 2);
      assert.notEqual(origin, BOOTSTRAPPER);
      assert.deepEqual(targetsOf(origin, nodes), [BOOTSTRAPPER]);
    }
  });

  it("has a deadline of at least two minutes, and eight times the expected time", () => {
    assert.equal(planDemo(5, 8, 2).deadlineMs, 120_000);
    // Five puzzles of 2^24 hashes at 10^6 hashes/s, times 8.
    const { puzzles, deadlineMs } = planDemo(5, 24, 2);
    assert.equal(puzzles, 5);
    assert.ok(Math.abs(deadlineMs - 5 * 16_777.216 * 8) < puzzles);
    assert.ok(Number.isInteger(planDemo(50, 28, 2).deadlineMs));
  });

  it("keeps pow_timeout in its range", () => {
    assert.equal(planDemo(5, 0, 2).powTimeoutMs, 120_000);
    assert.ok(planDemo(5, 28, 2).powTimeoutMs <= 3_600_000);
  });

  it("lets as many nodes solve at once as the machine has cores for", () => {
    const atOnce = [1, 2, 4, 8, 17].map((cores) => planDemo(5, 24, cores).solvingAtOnce);
    assert.deepEqual(atOnce, [1, 1, 1, 2, 4]);
  });
});

describe("the journey of an item", () => {
  const arrived = {
    kind: "itemArrived",
    item: 1,
    key: "k",
    dataType: 1337,
    ttl: 6,
    bytes: 5,
    link: linkId(1),
  } as const;
  const judged = {
    kind: "itemJudged",
    item: 1,
    subscriber: subscriberId(1),
    verdict: "accept",
    afterMs: 1,
  } as const;

  it("counts hops from the TTL that is left", () => {
    const journey = new ItemJourney(3, 8);
    journey.onTrace(arrived, 1);
    assert.equal(journey.hops, 3);
  });

  it("is settled when the verdict is in and the item is decided", () => {
    const journey = new ItemJourney(3, 8);
    journey.onTrace(arrived, 1);
    journey.onTrace(judged, 2);
    assert.equal(journey.isSettled, false);
    journey.onTrace({ kind: "itemSettled", item: 1, outcome: "accepted", afterMs: 1 }, 2);
    assert.equal(journey.isSettled, true);
  });

  it("needs no decision where it was announced", () => {
    const journey = new ItemJourney(5, 8);
    const { link, ...announced } = { ...arrived, kind: "itemAnnounced" } as const;
    journey.onTrace({ ...announced, subscriber: subscriberId(link) }, 1);
    assert.equal(journey.isSettled, false);
    journey.onTrace(judged, 2);
    assert.deepEqual([journey.hops, journey.isSettled], [0, true]);
  });

  it("adds up the copies it sent, whatever the occasion", () => {
    const journey = new ItemJourney(1, 8);
    const links = [linkId(1), linkId(2)];
    const copies = { item: 1, links, holders: [], beyondDegree: 0, ttl: 7 };
    journey.onTrace({ kind: "itemForwarded", ...copies, occasion: "accepted" }, 1);
    journey.onTrace({ kind: "itemForwarded", ...copies, occasion: "improved" }, 2);
    assert.equal(journey.copiesSent, 4);
  });
});

describe("the screen of a demonstration", () => {
  class FakeOutput {
    readonly isTTY: boolean;
    readonly columns: number = 11;
    written = "";

    constructor(isTTY: boolean) {
      this.isTTY = isTTY;
    }

    write(text: string): void {
      this.written += text;
    }
  }

  it("overwrites what is under way on a terminal, cut to its width, and keeps the rest", () => {
    const output = new FakeOutput(true);
    const screen = screenOn(output, {});
    screen.live(["0123456789abc", "two"]);
    screen.print("stays");
    screen.live([]);
    const back = "\u001b[2A\r\u001b[J";
    assert.equal(output.written, `0123456789\ntwo\n${back}stays\n0123456789\ntwo\n${back}`);
  });

  it("never goes back in a file or on a dumb terminal", () => {
    for (const [isTTY, env] of [
      [false, {}],
      [true, { TERM: "dumb" }],
    ] as const) {
      const output = new FakeOutput(isTTY);
      const screen = screenOn(output, env);
      screen.live(["under way"]);
      screen.print("stays");
      assert.equal(output.written, "stays\n");
    }
  });
});
