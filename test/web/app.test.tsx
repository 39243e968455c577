import "./support/browser.ts";
import assert from "node:assert/strict";
import { beforeEach, describe, it } from "node:test";
import { render } from "preact";
import { act } from "preact/test-utils";
import { App } from "../../web/monitor/app.tsx";
import { MonitorModel } from "../../src/monitor/view/model.ts";
import { Pulses } from "../../web/shared/pulses.ts";
import { anItem, arrival } from "../monitor/support/items.ts";
import { aLink, aStatus, aSubscriber } from "./support/samples.ts";

let model = new MonitorModel();
let version = 0;

async function draw(): Promise<void> {
  version++;
  await act(() => render(<App {...{ model, version }} pulses={new Pulses()} />, document.body));
}

/** The cells of the body of a table, by its caption. */
function rowsOf(caption: string): string[][] {
  const table = [...document.querySelectorAll("table")].find(
    (one) => one.querySelector("caption")?.textContent === caption,
  );
  return [...(table?.querySelectorAll("tbody tr") ?? [])].map((row) =>
    [...row.querySelectorAll("td")].map((cell) => cell.textContent.trim()),
  );
}

const textOf = (selector: string): string => document.querySelector(selector)?.textContent ?? "";

describe("the page", () => {
  beforeEach(async () => {
    await act(() => render(null, document.body));
    model = new MonitorModel();
  });

  it("says that it waits until the node has answered", async () => {
    await draw();
    assert.match(textOf("main"), /Asking the node/);
    assert.equal(textOf(".contact"), "connecting");
  });

  it("begins with the health sentence and its reasons", async () => {
    const sentence = "Not connected. 0 links: bootstrapper 10.0.0.1:6001 refused once.";
    const reasons = ["Reading is held back on 1 link."];
    model.onStatus(
      aStatus({ health: { health: "ok", readiness: "notReady", sentence, reasons } }),
      1_000,
    );
    await draw();
    assert.equal(textOf("h1"), sentence);
    assert.equal(document.querySelector(".health")?.className, "health warn");
    assert.equal(textOf(".health li"), reasons[0]);
    assert.equal(document.querySelector(".health")?.getAttribute("aria-live"), "polite");
  });

  it("has what the graph shows in a table", async () => {
    const links = [
      aLink(1, { direction: "outbound", peer: "base", delayMs: null }),
      aLink(2, { queueBytes: 2_048, queueFrames: 3, reading: "held", framesDropped: 7 }),
    ];
    model.onStatus(aStatus({ links }), 1_000);
    await draw();
    assert.deepEqual(rowsOf("Links"), [
      ["1", "10.0.0.1:6001", "us", "base", "established", "–", "1.0 s", "empty", "0", "0", "0"],
      [
        "2",
        "10.0.0.2:6001",
        "the peer",
        "extended",
        "established held back",
        "10 ms",
        "1.0 s",
        "2 KiB, 3 frames",
        "0",
        "0",
        "7",
      ],
    ]);
  });

  it("shows the verdict times and quirks of modules", async () => {
    const subscribers = [
      aSubscriber(1, { verdicts: 4, verdictMeanMs: 3.25, outstanding: 2 }),
      aSubscriber(2, { role: "observer", pacing: "oneAtATime", notificationsDropped: 1 }),
    ];
    model.onStatus(aStatus({ subscribers }), 1_000);
    await draw();
    assert.deepEqual(rowsOf("Modules"), [
      ["1", "1337", "3.3 ms", "4", "2 of 16", "none", "0", "none"],
      ["2", "1337", "–", "0", "0 of 16", "none", "1", "not waited for one at a time lagging"],
    ]);
  });

  it("shows items on their way, the newest first, and holds them still", async () => {
    model.onStatus(aStatus(), 1_000);
    model.onEvent({ name: "item", data: arrival(1, 5) });
    model.onEvent({
      name: "item",
      data: anItem(2, 0, { step: "announced", dataType: 7, ttl: 2, bytes: 1, subscriber: 3 }),
    });
    await draw();
    const shown = rowsOf("Items").map(([, ...cells]) => cells);
    assert.deepEqual(shown, [
      ["7", "module 3", "–", "our own", "–", "0"],
      ["1337", "link 5", "–", "waiting", "–", "0"],
    ]);
    await act(() => document.querySelector("button")?.click());
    model.onEvent({ name: "item", data: arrival(3) });
    await draw();
    assert.equal(rowsOf("Items").length, 2);
    await act(() => document.querySelector("button")?.click());
    assert.equal(rowsOf("Items").length, 3);
  });

  it("marks a store that will refuse somebody, but no cache that is full as it should be", async () => {
    const full = { entries: 50, entriesMax: 50, bytes: 0, bytesMax: 0 };
    const stores = [
      { name: "knowledgeBase", ...full },
      { name: "pendingItems", ...full },
    ] as const;
    model.onStatus(aStatus({ stores }), 1_000);
    await draw();
    const marked = [...document.querySelectorAll(".stores .full .name")];
    assert.deepEqual(
      marked.map((one) => one.textContent),
      ["Items waiting for a verdict"],
    );
  });

  it("says what to expect when there is nothing", async () => {
    model.onStatus(aStatus(), 1_000);
    await draw();
    for (const hint of [/No links yet/, /No module is connected/, /Nothing has come by/]) {
      assert.match(textOf("main"), hint);
    }
  });

  it("says that what it shows is old, and how much it has missed", async () => {
    model.onStatus(aStatus(), 1_000);
    model.onEvent({ name: "lost", data: { count: 1_200 } });
    model.onContactLost();
    await draw();
    assert.equal(textOf(".contact"), "no answer, trying again");
    assert.match(textOf("main"), /1,200 steps were too many to be told/);
  });
});
