import "./support/browser.ts";
import assert from "node:assert/strict";
import { beforeEach, describe, it } from "node:test";
import { render } from "preact";
import { act } from "preact/test-utils";
import type { PlayedNode, PlaygroundAction } from "../../src/cli/playground/playground-event.ts";
import { App } from "../../web/demo/app.tsx";
import { DemoModel } from "../../web/demo/demo-model.ts";
import { keyOf } from "../monitor/support/items.ts";

const aNode = (node: number, parts: Partial<PlayedNode> = {}): PlayedNode => ({
  node,
  life: "running",
  verdict: "accept",
  p2p: `127.0.0.1:60${node}`,
  api: `127.0.0.1:70${node}`,
  monitor: `127.0.0.1:80${node}`,
  ...parts,
});

let model = new DemoModel();
let actions: PlaygroundAction[] = [];
let answer: string | undefined;
let version = 0;

async function draw(rights: "play" | "look" = "play"): Promise<void> {
  version++;
  const perform = (action: PlaygroundAction): Promise<string | undefined> => {
    actions.push(action);
    return Promise.resolve(answer);
  };
  await act(() => render(<App {...{ model, version, rights }} act={perform} />, document.body));
}

const textOf = (selector: string): string => document.querySelector(selector)?.textContent ?? "";

async function click(label: string): Promise<void> {
  const button = [...document.querySelectorAll("button")].find(
    (one) => (one.getAttribute("aria-label") ?? one.textContent) === label,
  );
  assert.ok(button !== undefined, `no button ${label}`);
  await act(() => button.click());
}

describe("the page of the demonstration", () => {
  beforeEach(async () => {
    await act(() => render(null, document.body));
    [model, actions, answer] = [new DemoModel(), [], undefined];
    model.onNetwork({
      difficultyBits: 0,
      dataType: 1337,
      nodes: [aNode(1), aNode(2, { verdict: "reject" }), aNode(3, { life: "stopped" })],
      links: [{ from: 2, to: 1 }],
    });
  });

  it("counts what runs, and says so when nothing answers any more", async () => {
    await draw();
    assert.match(textOf("h1"), /2 of 3 nodes running, 1 link\./);
    model.contact = "lost";
    await draw();
    assert.match(textOf(".contact"), /ended/);
  });

  it("announces what is typed, at the node and with the TTL that are chosen", async () => {
    await draw();
    const form = document.querySelector("form");
    const [text, ttl] = [...document.querySelectorAll("form input")];
    const select = document.querySelector("form select");
    assert.ok(text !== undefined && ttl !== undefined && select !== null && form !== null);
    await act(() => {
      for (const [field, value] of [
        [text, "psst"],
        [ttl, "0"],
      ] as const) {
        (field as HTMLInputElement).value = value;
        field.dispatchEvent(new Event("input", { bubbles: true }));
      }
      (select as HTMLSelectElement).value = "1";
      select.dispatchEvent(new Event("change", { bubbles: true }));
    });
    await act(() => void form.dispatchEvent(new Event("submit", { cancelable: true })));
    assert.deepEqual(actions, [{ action: "announce", node: 1, ttl: 0, text: "psst" }]);
  });

  it("makes a node reject, accept again, stop and come back", async () => {
    await draw();
    await click("Reject at node 1");
    await click("Reject at node 2");
    await click("Stop node 1");
    await click("Start node 3");
    assert.deepEqual(actions, [
      { action: "reject", node: 1 },
      { action: "accept", node: 2 },
      { action: "stop", node: 1 },
      { action: "start", node: 3 },
    ]);
  });

  it("says why something was not done", async () => {
    answer = "node 1 is stopped";
    await draw();
    await click("Stop node 1");
    const alerts = [...document.querySelectorAll("[role=alert]")];
    assert.ok(alerts.some((alert) => alert.textContent === answer));
  });

  it("only looks without the token", async () => {
    await draw("look");
    assert.match(textOf("main"), /You may look/);
    for (const button of document.querySelectorAll(".actions button")) {
      assert.ok((button as HTMLButtonElement).disabled);
    }
    assert.ok(document.querySelector("fieldset")?.disabled);
  });

  it("sums up a wave in one sentence", async () => {
    const place = { key: keyOf(1), node: 1 };
    model.onStep({ ...place, atMs: 10, kind: "announced", ttl: 8, text: "hello" });
    model.onStep({ ...place, atMs: 11, kind: "sent", to: [2], ttl: 8 });
    model.onStep({ ...place, node: 2, atMs: 12.5, kind: "arrived", from: 1, ttl: 8 });
    await draw();
    assert.equal(
      textOf(".outcome"),
      "2 of 2 running nodes reached in 2.5 ms, over 1 hop at most, with 0 duplicate copies. TTL 8.",
    );
  });
});
