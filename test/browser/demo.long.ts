import assert from "node:assert/strict";
import { before, describe, it } from "node:test";
import type { Browser, Locator } from "playwright-core";
import { notifyFrame, readNotification } from "../blackbox/support/raw-frames.ts";
import { suiteScope } from "../blackbox/support/patience.ts";
import type { Scope } from "../blackbox/support/patience.ts";
import { RawSocket } from "../blackbox/support/raw-socket.ts";
import { Cli } from "../cli/support/cli.ts";
import { launchChromium, VisitedPage } from "./support/chromium.ts";

const NODES = 6;
const TYPE = 1337;

async function aDemonstration(scope: Scope): Promise<string> {
  const args = ["demo", "--page", "--nodes", String(NODES), "--difficulty", "0"];
  const said = await Cli.start(scope, args).says("stdout", /http:\S+#[0-9a-f]{32}/);
  return /http:\S+/.exec(said)?.[0] ?? "";
}

/** A cell of the table of nodes, by the head of its column. */
async function cell(visited: VisitedPage, node: number, head: string): Promise<Locator> {
  const table = visited.page.getByRole("region", { name: "Nodes" });
  await table.waitFor();
  const columns = await table.locator("thead th").allInnerTexts();
  assert.ok(columns.includes(head), columns.join());
  return table
    .locator("tbody tr")
    .nth(node - 1)
    .locator("td")
    .nth(columns.indexOf(head));
}

const button = (visited: VisitedPage, name: string): Locator =>
  visited.page.getByRole("button", { name, exact: true });

/** Linked to somebody, so that an announcement has somewhere to go. */
async function whenLinked(visited: VisitedPage): Promise<void> {
  for (let node = 1; node <= NODES; node++) {
    await (await cell(visited, node, "linked to")).filter({ hasText: /\d/ }).waitFor();
  }
}

describe("the page of the demonstration in Chromium", () => {
  const scope = suiteScope();
  let browser: Browser;
  before(async () => {
    browser = await launchChromium(scope);
  });

  it("announces what is typed, and a raw socket at another node hears it", async (t) => {
    const visited = await VisitedPage.open(browser, await aDemonstration(t));
    await whenLinked(visited);
    const [host = "", port] = (await (await cell(visited, 2, "modules at")).innerText()).split(":");
    const socket = await RawSocket.dial({ host, port: Number(port) });
    t.after(() => socket.destroy());
    socket.send(notifyFrame(TYPE));

    await visited.page.getByLabel("Message").fill("written in a browser");
    await visited.page.locator("form select").selectOption(String(NODES));
    await visited.page.getByLabel(/^TTL/).fill("7");
    await button(visited, "Announce").click();

    const heard = readNotification(await socket.next("the notification"));
    assert.equal(heard.data.toString(), "written in a browser");
    assert.equal(heard.dataType, TYPE);
    const everybody = new RegExp(`^${NODES} of ${NODES} running nodes reached in .*TTL 7\\.$`);
    await visited.page.locator(".outcome").filter({ hasText: everybody }).waitFor();
    visited.assertFaultless();
  });

  it("plays the wave until everybody has it, line by line and node by node", async (t) => {
    const visited = await VisitedPage.open(browser, await aDemonstration(t));
    await whenLinked(visited);
    await button(visited, "Announce").click();
    await button(visited, "Play").waitFor();
    await visited.page
      .locator("svg .node.accept")
      .nth(NODES - 1)
      .waitFor();
    const lines = await visited.tableRows("Hop by hop");
    assert.match(lines[0]?.[2] ?? "", /announces it, TTL 8/);
    const arrivals = lines.filter(([, , what = ""]) => what.startsWith("gets it from"));
    assert.equal(arrivals.length, NODES - 1);
    // Back to the beginning, with the keyboard.
    await visited.page.getByLabel("Moment since the announcement").focus();
    await visited.page.keyboard.press("Home");
    assert.equal(await visited.page.locator("svg .node.accept").count(), 0);
    visited.assertFaultless();
  });

  it("makes a node reject, stop and come back", async (t) => {
    const visited = await VisitedPage.open(browser, await aDemonstration(t));
    await whenLinked(visited);
    await button(visited, "Reject at node 2").click();
    await visited.page
      .locator('button[aria-label="Reject at node 2"][aria-pressed=true]')
      .waitFor();
    await button(visited, "Announce").click();
    await (await cell(visited, 2, "verdict")).filter({ hasText: "reject" }).waitFor();

    await button(visited, "Stop node 3").click();
    await (await cell(visited, 3, "state")).filter({ hasText: "stopped" }).waitFor();
    await (await cell(visited, 3, "linked to")).filter({ hasText: "nobody" }).waitFor();
    await button(visited, "Announce").click();
    await visited.page.locator(".outcome").filter({ hasText: "5 of 5 running nodes" }).waitFor();
    await button(visited, "Start node 3").click();
    await (await cell(visited, 3, "linked to")).filter({ hasText: /\d/ }).waitFor();
    visited.assertFaultless();
  });

  it("lets nobody act without the token", async (t) => {
    const url = new URL(await aDemonstration(t));
    const visited = await VisitedPage.open(browser, url.origin);
    await visited.page.getByText("You may look").waitFor();
    assert.ok(await button(visited, "Announce").isDisabled());
    visited.assertFaultless();
  });

  for (const look of [
    { colorScheme: "light" },
    { colorScheme: "dark" },
    { colorScheme: "light", width: 360 },
  ] as const) {
    const name = `${look.colorScheme}, ${"width" in look ? "narrow" : "wide"}`;
    it(`has no accessibility violation: ${name}`, async (t) => {
      const visited = await VisitedPage.open(browser, await aDemonstration(t), look);
      await whenLinked(visited);
      await button(visited, "Reject at node 2").click();
      await button(visited, "Announce").click();
      await button(visited, "Play").waitFor();
      await visited.assertAccessible();
      await visited.assertNoSidewaysScrolling();
      visited.assertFaultless();
    });
  }
});
