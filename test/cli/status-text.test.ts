import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { isDeepStrictEqual } from "node:util";
import { statusText } from "../../src/cli/status-text.ts";
import { PLAIN } from "../../src/cli/style.ts";
import { Counters } from "../../src/core/counters.ts";
import { linkId } from "../../src/core/ports.ts";
import type { GossipStatus } from "../../src/monitor/status.ts";
import { A_BOOTSTRAPPER, aLink, aModule, aStatus } from "../monitor/support/statuses.ts";
import type { Facts } from "../monitor/support/statuses.ts";

/** The sentences before the first empty line. */
function healthOf(differences: Partial<Facts>): string[] {
  const lines = statusText(aStatus(differences), PLAIN);
  return lines.slice(0, lines.indexOf(""));
}

describe("how a node is doing, in words", () => {
  it("a node with links and modules is connected, and that is all", () => {
    assert.deepEqual(healthOf({}), ["Connected. 1 link: bootstrapper 10.0.0.1:6001 linked."]);
  });

  it("without links it says why, and when it is tried again", () => {
    const summary = "0 links: bootstrapper 10.0.0.1:6001 refused 12 times, next try in 31 s";
    const bootstrap = { summary, addresses: [A_BOOTSTRAPPER] };
    assert.deepEqual(healthOf({ links: [], bootstrap }), [`Not connected. ${summary}.`]);
  });

  it("a link that is not established yet does not count", () => {
    const [first] = healthOf({ links: [aLink({ phase: "solving" })] });
    assert.match(first ?? "", /^Not connected\./);
  });

  it("a bootstrapper that nobody has dialled is alone", () => {
    const summary = "0 links: no bootstrapper is configured, others come to us";
    const [first] = healthOf({ links: [], bootstrap: { summary, addresses: [] } });
    assert.equal(first, `Alone. ${summary}: nobody has dialled 127.0.0.1:6001 so far.`);
  });

  it("names the puzzle it is working on, with the expected time", () => {
    const proof = { link: linkId(3), difficultyBits: 24, hashes: 1, secondsLeft: 8 };
    assert.deepEqual(healthOf({ proof: { ...proof, hashesPerSecond: 2_100_000 } }).slice(1), [
      "A proof of work of 24 bits is being computed for link 3: expected in 8.0 s at 2.1 M hashes/s.",
    ]);
    assert.deepEqual(
      healthOf({ proof: { ...proof, hashesPerSecond: 0, secondsLeft: null } }).slice(1),
      ["A proof of work of 24 bits is being computed for link 3."],
    );
  });

  it("says that nothing of peers is passed on without a subscription", () => {
    for (const subscribers of [[], [aModule({ dataTypes: [] })]]) {
      const [, second] = healthOf({ subscribers });
      assert.match(second ?? "", /^No module has subscribed to anything at 127\.0\.0\.1:7001/);
    }
  });

  it("names modules that are not waited for", () => {
    const [, second] = healthOf({ subscribers: [aModule(), aModule({ role: "observer" })] });
    assert.match(second ?? "", /^Not waited for, .* module 1\.$/);
  });

  it("names what was lost", () => {
    const counters = new Counters();
    counters.totals.notificationsDropped += 1_500;
    counters.totals.framesDropped += 2;
    assert.deepEqual(healthOf({ counters: counters.snapshot() }).slice(1), [
      "Since the start 1,500 notifications were dropped for modules that read too slowly.",
      "Since the start 2 frames were dropped for peers that read too slowly.",
    ]);
  });

  it("says that reading is held back", () => {
    assert.deepEqual(healthOf({ links: [aLink({ reading: "held" })] }).slice(1), [
      "Reading is held back on 1 link.",
    ]);
  });
});

describe("the tables of a status", () => {
  it("have a row for each link, module and store", () => {
    const stores: GossipStatus["stores"] = [
      { name: "links", entries: 1, entriesMax: 64, bytes: 0, bytesMax: 0 },
      { name: "pendingItems", entries: 1, entriesMax: 1_000, bytes: 512, bytesMax: 1_024 },
    ];
    const rows = statusText(aStatus({ stores }), PLAIN).map((line) => line.trim().split(/ {2,}/));
    for (const row of [
      ["1", "10.0.0.1:6001", "us", "established", "1 min 5 s", "1,234", "5", "2 KiB", "0"],
      ["1", "1337", "waited for", "1.0 s", "8", "1", "0", "0"],
      ["links", "1", "64", "-", "-", "2 %"],
      ["pendingItems", "1", "1,000", "512 B", "1 KiB", "50 %"],
    ]) {
      assert.ok(
        rows.some((cells) => isDeepStrictEqual(cells, row)),
        row.join(" | "),
      );
    }
  });

  it("say none where there is nothing", () => {
    const text = statusText(aStatus({ links: [], subscribers: [] }), PLAIN).join("\n");
    assert.match(text, /^Links\n {2}none\n\nModules\n {2}none$/m);
  });

  it("show a module with many types in one row", () => {
    const subscribers = [aModule({ dataTypes: [1, 2, 3, 4, 5, 6] })];
    assert.match(statusText(aStatus({ subscribers }), PLAIN).join("\n"), /1, 2, 3, 4 and 2 more/);
  });

  it("group the counters that are not zero, with the causes of ended connections", () => {
    const counters = new Counters();
    counters.totals.itemsReceived += 3;
    counters.totals.itemDuplicate += 2;
    counters.totals.linkClosed++;
    counters.addLinkClosed("remoteClosed");
    const lines = statusText(aStatus({ counters: counters.snapshot() }), PLAIN);
    assert.deepEqual(lines.slice(lines.indexOf("Items from peers")), [
      "Items from peers",
      "  3  itemsReceived",
      "  2  itemDuplicate",
      "",
      "Links and proofs of work",
      "  1  linkClosed  remoteClosed 1",
    ]);
  });
});
