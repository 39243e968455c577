import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { screenOf } from "../../../src/cli/top/screen-text.ts";
import type { Pace, ScreenSize } from "../../../src/cli/top/screen-text.ts";
import { recordOf, summaryOf } from "../../../src/cli/top/summary-text.ts";
import type { NodeView } from "../../../src/cli/top/view.ts";
import { linkId, subscriberId } from "../../../src/core/ports.ts";
import type { GossipStatus, LinkStatus, StoreStatus } from "../../../src/monitor/status.ts";
import { MonitorModel } from "../../../src/monitor/view/model.ts";
import { anItem } from "../../monitor/support/items.ts";
import { aLink, aModule, aStatus } from "../../monitor/support/statuses.ts";
import type { Facts } from "../../monitor/support/statuses.ts";

const WIDE: ScreenSize = { columns: 100, rows: 40 };
const SMALL: ScreenSize = { columns: 60, rows: 15 };

const counted = (counts: Partial<GossipStatus["counters"]["totals"]>): Pick<Facts, "counters"> => {
  const { counters } = aStatus();
  return { counters: { ...counters, totals: { ...counters.totals, ...counts } } };
};

/** After a look at each of these, the last one at ten o'clock (local time). */
function viewOf(...looks: readonly Partial<Facts>[]): NodeView {
  return viewAfter(new MonitorModel(), looks);
}

function viewAfter(model: MonitorModel, looks: readonly Partial<Facts>[]): NodeView {
  looks.forEach((facts, at) =>
    model.onStatus(aStatus({ uptimeMs: 1_000 * (at + 1), ...facts }), at),
  );
  const status = model.status ?? aStatus();
  return {
    status,
    samples: model.history.samples,
    linkRates: model.linkRates,
    waves: model.waves.latest(50),
    eventsLost: model.eventsLost,
    contact: { kind: "live" },
    atMs: new Date(2026, 10, 28, 10, 0, 0).getTime(),
  };
}

const textOf = (view: NodeView, size: ScreenSize, pace: Pace = "running"): string[] =>
  screenOf(view, size, pace).map(({ text }) => text);

/** The line with this word, in words. */
function wordsOf(lines: readonly string[], beginning: string): string[] {
  const found = lines.find((text) => text.trimStart().startsWith(beginning));
  assert.ok(found !== undefined, `${beginning} in:\n${lines.join("\n")}`);
  return found.trim().split(/ {2,}/);
}

const manyLinks = (count: number, differences: (at: number) => Partial<LinkStatus>): LinkStatus[] =>
  Array.from({ length: count }, (_, at) =>
    aLink({ link: linkId(at + 1), remote: `10.0.0.${at}:6001`, ...differences(at) }),
  );

const aStore = (differences: Partial<StoreStatus>): StoreStatus => ({
  name: "pendingItems",
  entries: 0,
  entriesMax: 1_000,
  bytes: 0,
  bytesMax: 0,
  ...differences,
});

describe("the screen of a node", () => {
  it("says first who it is and how it is doing", () => {
    const [title, health] = textOf(viewOf({}), WIDE);
    assert.match(
      title ?? "",
      /^voidgossip 1\.2\.3 {2}127\.0\.0\.1:6001 {2}up 1\.0 s {2}64 MiB {2,}10:00:00 · q quits, p pauses$/,
    );
    assert.equal(health, "Connected. 1 link: bootstrapper 10.0.0.1:6001 linked.");
  });

  it("has what happened per second between the last two looks", () => {
    const view = viewOf(counted({ itemsReceived: 500, itemDuplicate: 100 }), {
      uptimeMs: 3_000,
      ...counted({ itemsReceived: 530, itemDuplicate: 104, itemExpired: 3 }),
    });
    const lines = textOf(view, WIDE);
    assert.deepEqual(wordsOf(lines, "Items/s").slice(1, 4), [
      "received 15",
      "new 0",
      "duplicates 2.0",
    ]);
    assert.deepEqual(wordsOf(lines, "Drops/s").slice(1, 3), ["rejected 0", "expired 1.5"]);
  });

  it("says that there are no rates before the second look", () => {
    assert.match(
      textOf(viewOf({}), WIDE).join("\n"),
      /^Items\/s {3}counted from the next look on$/m,
    );
  });

  it("has a row for each link, with its own rates", () => {
    const before = aLink({ itemsIn: 10, itemsOut: 0 });
    const now = aLink({ itemsIn: 12, itemsOut: 40, peer: "extended", delayMs: 20 });
    const lines = textOf(viewOf({ links: [before] }, { links: [now] }), WIDE);
    assert.deepEqual(wordsOf(lines, "1 "), [
      "1",
      "10.0.0.1:6001",
      "us",
      "extended",
      "20 ms",
      "2 KiB",
      "2.0",
      "40",
      "0",
    ]);
  });

  it("says what a link still waits for, and that it is held back", () => {
    const links = [
      aLink({ phase: "solving" }),
      aLink({ link: linkId(2), direction: "inbound", reading: "held" }),
    ];
    const lines = textOf(viewOf({ links }), WIDE);
    assert.equal(wordsOf(lines, "1 ")[3], "solving its puzzle");
    assert.deepEqual(wordsOf(lines, "2 ").slice(2, 4), ["the peer", "base, held back"]);
  });

  it("has a row for each module, with its quirks", () => {
    const subscribers = [
      aModule({ verdicts: 4, verdictMeanMs: 3.2 }),
      aModule({ subscriber: subscriberId(2), role: "observer", notificationsDropped: 9 }),
    ];
    const lines = textOf(viewOf({ links: [], subscribers }), WIDE);
    assert.deepEqual(wordsOf(lines, "1 "), ["1", "1337", "3.2 ms", "1 of 8", "0", "0", "none"]);
    assert.equal(wordsOf(lines, "2 ").at(-1), "not waited for, lagging");
  });

  it("draws stores against the bound that is nearer", () => {
    const stores = [
      aStore({ entries: 250 }),
      aStore({ name: "knowledgeBase", entries: 1, bytes: 2 ** 19, bytesMax: 2 ** 20 }),
    ];
    const text = textOf(viewOf({ stores }), { columns: 70, rows: 40 }).join("\n");
    assert.match(text, /^Items waiting for a verdict ██▌░{7} {2}25 % of 1 k$/m);
    assert.match(text, /^Knowledge base {14}█{5}░{5} {2}50 % of 1 MiB$/m);
  });

  it("has the latest items with what became of them", () => {
    const model = new MonitorModel();
    const tell = (...event: Parameters<typeof anItem>): void =>
      model.onEvent({ name: "item", data: anItem(...event) });
    tell(1, 0, { step: "arrived", dataType: 1337, ttl: 4, bytes: 12, link: 3 });
    tell(1, 1, { step: "asked", subscriber: 1, role: "validator" });
    tell(1, 5, { step: "verdict", subscriber: 1, verdict: "reject", tookMs: 4 });
    tell(1, 5, { step: "rejected" });
    tell(2, 0, { step: "announced", dataType: 7, ttl: 0, bytes: 1, subscriber: 2 });
    model.onEvent({ name: "lost", data: { count: 1_234 } });
    const lines = textOf(viewAfter(model, [{}]), WIDE);
    const at = lines.findIndex((text) => text.startsWith("item "));
    assert.match(lines[at] ?? "", /\(1,234 steps left out\)$/);
    assert.deepEqual(lines[at + 1]?.split(/ {2,}/).slice(1), [
      "7",
      "module 2",
      "0",
      "our own",
      "–",
      "0",
    ]);
    assert.deepEqual(lines[at + 2]?.split(/ {2,}/).slice(1), [
      "1337",
      "link 3",
      "1",
      "rejected, 4.0 ms",
      "–",
      "0",
    ]);
  });

  it("says so where there is nothing", () => {
    const text = textOf(viewOf({ links: [], subscribers: [] }), WIDE).join("\n");
    assert.match(text, /^links: none$/m);
    assert.match(text, /^modules: none, so items of peers are not passed on$/m);
    assert.match(text, /^items: none since this began$/m);
  });

  it("says that it is paused, however narrow it is", () => {
    for (const columns of [25, 60, 160]) {
      assert.match(
        textOf(viewOf({}), { columns, rows: 20 }, "paused")[0] ?? "",
        /^PAUSED, p goes on/,
      );
    }
  });
});

describe("the screen of a node that does not answer", () => {
  const silent: NodeView = {
    ...viewOf({}, {}),
    contact: { kind: "lost", sinceMs: new Date(2026, 10, 28, 9, 59, 56).getTime(), reason: "gone" },
  };

  it("says since when and why, and that it is asked again", () => {
    const [, second] = screenOf(silent, WIDE, "running");
    assert.deepEqual(second, { text: "No answer for 4.0 s, trying again: gone.", tone: "bad" });
  });

  it("keeps what it said last, but faint", () => {
    const [, , ...rest] = screenOf(silent, WIDE, "running");
    assert.ok(rest.some(({ text }) => text.includes("10.0.0.1:6001")));
    assert.deepEqual([...new Set(rest.map(({ tone }) => tone))], ["faint"]);
  });
});

describe("a screen that is too small", () => {
  const busy = viewOf(
    { links: manyLinks(40, () => ({ itemsIn: 0 })) },
    {
      links: manyLinks(40, (at) => ({ itemsIn: at })),
      subscribers: [1, 2, 3, 4, 5].map((subscriber) =>
        aModule({ subscriber: subscriberId(subscriber) }),
      ),
      stores: Array.from({ length: 15 }, () => aStore({ entries: 5 })),
    },
  );

  it("never gets more rows than it has", () => {
    for (let rows = 1; rows <= 80; rows++) {
      const shown = screenOf(busy, { columns: 60, rows }, "running").length;
      assert.ok(shown <= rows, `${shown} of ${rows}`);
    }
  });

  it("gets tables that fit its width", () => {
    for (const columns of [60, 80, 100, 160]) {
      const tooLong = textOf(busy, { columns, rows: 50 }).filter(({ length }) => length > columns);
      assert.deepEqual(tooLong, []);
    }
  });

  it("shows the busiest links, and says how many more there are", () => {
    const lines = textOf(busy, SMALL);
    const at = lines.findIndex((text) => text.startsWith("link "));
    assert.match(lines[at + 1] ?? "", /^ +40 {2}10\.0\.0\.39:6001/);
    assert.match(lines.slice(at).join("\n"), /^… 3\d more$/m);
  });

  it("accounts for every row: shown and more are all there are", () => {
    for (const rows of [15, 20, 24, 30, 40, 50]) {
      const lines = textOf(busy, { columns: 60, rows });
      const at = lines.findIndex((text) => text.startsWith("link "));
      const rest = lines.slice(at + 1);
      const shown = rest.findIndex((text) => !/^ +\d/.test(text));
      const [, more = "0"] = /^… (\d+) more$/.exec(rest[shown] ?? "") ?? [];
      assert.equal(shown + Number(more), 40, `${rows} rows`);
    }
  });

  it("has modules and rates even at 60 by 15", () => {
    const lines = textOf(busy, SMALL);
    for (const word of ["Items/s", "Drops/s", "link ", "module "]) wordsOf(lines, word);
  });
});

describe("a node in one line", () => {
  it("has its health, its connections and its rates", () => {
    const view = viewOf(
      counted({ itemsReceived: 5 }),
      counted({ itemsReceived: 9, itemRejected: 1 }),
    );
    assert.equal(
      summaryOf(view).text,
      "10:00:00  Connected. 1 link: bootstrapper 10.0.0.1:6001 linked. 1 link, 1 module. " +
        "Items/s: received 4.0, new 0, duplicates 0, announced here 0, notified 0, forwarded 0. " +
        "Drops/s: rejected 1.0, expired 0, not wanted 0, no room 0, slow peers 0, slow modules 0.",
    );
  });

  it("has no rates before the second look", () => {
    assert.match(summaryOf(viewOf({})).text, /1 link, 1 module\.$/);
  });

  it("says that the node does not answer, and why", () => {
    const contact = { kind: "lost", sinceMs: 0, reason: "gone" } as const;
    assert.equal(summaryOf({ ...viewOf({}), contact }).text, "10:00:00  No answer: gone.");
    const { at, ...record } = recordOf({ ...viewOf({}), contact }) as { readonly at: string };
    assert.ok(Date.parse(at) > 0);
    assert.deepEqual(record, { contact: "lost", reason: "gone" });
  });
});
