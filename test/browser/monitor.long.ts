import assert from "node:assert/strict";
import { before, describe, it } from "node:test";
import type { Browser } from "playwright-core";
import { Daemon } from "../blackbox/support/daemon.ts";
import { suiteScope } from "../blackbox/support/patience.ts";
import type { Scope } from "../blackbox/support/patience.ts";
import { RawModule } from "../blackbox/support/raw-module.ts";
import { anItem, RawAcceptor, RawPeer } from "../blackbox/support/raw-peer.ts";
import { launchChromium, VisitedPage } from "./support/chromium.ts";

const TYPE = 1337;

/** A node with a monitor, two peers that dialled it, one that it dialled, and a module. */
async function aNetwork(scope: Scope) {
  const acceptor = await RawAcceptor.listen(scope);
  const daemon = await Daemon.start(scope, {
    monitor_address: "127.0.0.1:0",
    bootstrapper: acceptor.bootstrapper,
  });
  const dialled = await acceptor.handshake(Buffer.alloc(8, 7));
  const peers = [await RawPeer.dial(scope, daemon), await RawPeer.dial(scope, daemon)];
  const module = await RawModule.subscribed(scope, daemon, TYPE);
  const { monitor } = await daemon.event("listening");
  await daemon.eventCount("linkEstablished", 3);
  return { daemon, peers, dialled, module, url: `http://${String(monitor)}/` };
}

describe("the page of the monitor in Chromium", () => {
  const scope = suiteScope();
  let browser: Browser;
  before(async () => {
    browser = await launchChromium(scope);
  });

  it("draws the links that /status has, in the graph and in the table", async (t) => {
    const { daemon, url } = await aNetwork(t);
    const visited = await VisitedPage.open(browser, url);
    await visited.page.locator("svg .link").nth(2).waitFor();
    const { links } = await daemon.status();
    const expected = links.map(({ link, remote, direction }) => ({ link, remote, direction }));

    const titles = await visited.page.locator("svg .link title").allTextContents();
    assert.deepEqual(
      titles.map((title) => title.split(":").slice(0, 2).join(":")).sort(),
      expected.map(({ link, remote }) => `link ${String(link)}, ${String(remote)}`).sort(),
    );
    const rows = await visited.tableRows("Links");
    assert.deepEqual(
      rows.map(([link, remote, by]) => ({ link, remote, by })),
      expected.map(({ link, remote, direction }) => ({
        link: String(link),
        remote,
        by: direction === "outbound" ? "us" : "the peer",
      })),
    );
    assert.match(await visited.page.locator("h1").innerText(), /^Connected\. /);
    visited.assertFaultless();
  });

  it("shows an item on its way, from the link it came over to those it went to", async (t) => {
    const { peers, module, url } = await aNetwork(t);
    const visited = await VisitedPage.open(browser, url);
    const row = visited.page.locator("table.waves tbody tr").first();
    // Items are told to whoever has connected to the stream: the first may come too early.
    let sent = 0;
    const accepted = module.acceptAll();
    while ((await row.count()) === 0) {
      peers[0]?.send(anItem(TYPE, `hello ${sent++}`));
      await accepted.reaches(sent, "the item at the module");
    }
    const sentOn = visited.page.locator("table.waves tr.accepted", { hasText: "2 links" }).first();
    await sentOn.waitFor();
    const cells = (await sentOn.locator("td").allInnerTexts()).slice(1);
    assert.equal(cells[0], String(TYPE));
    assert.match(cells[1] ?? "", /^link \d+$/);
    assert.equal(cells[2], "1 module");
    assert.match(cells[3] ?? "", /^accepted, /);
    assert.equal(cells[4], "2 links");
    visited.assertFaultless();
  });

  it("moves its charts", async (t) => {
    const { module, url } = await aNetwork(t);
    const visited = await VisitedPage.open(browser, url);
    const canvas = visited.page.locator("figure canvas").first();
    await canvas.waitFor();
    const still = await canvas.evaluate((drawn: HTMLCanvasElement) => drawn.toDataURL());
    const announced = visited.page
      .locator(".legend li", { hasText: "announced here" })
      .locator("b");
    for (let said = 0; (await announced.innerText()) === "0"; said++) {
      module.announce(TYPE, Buffer.from(`number ${said}`));
    }
    const moved = await canvas.evaluate((drawn: HTMLCanvasElement) => drawn.toDataURL());
    assert.notEqual(moved, still);
    visited.assertFaultless();
  });

  it("says so when the node is gone, and shows the next one", async (t) => {
    const { daemon, url } = await aNetwork(t);
    const visited = await VisitedPage.open(browser, url);
    await visited.page.locator(".contact.live").waitFor();
    await daemon.terminate();
    await visited.page.locator(".contact.lost").waitFor();
    await Daemon.start(t, { monitor_address: new URL(url).host });
    await visited.page.locator(".contact.live").waitFor();
    assert.match(await visited.page.locator("h1").innerText(), /^Alone\./);
  });

  for (const look of [
    { colorScheme: "light" },
    { colorScheme: "dark" },
    { colorScheme: "light", width: 360 },
  ] as const) {
    const name = `${look.colorScheme}, ${"width" in look ? "narrow" : "wide"}`;
    it(`has no accessibility violation: ${name}`, async (t) => {
      const { module, url } = await aNetwork(t);
      const visited = await VisitedPage.open(browser, url, look);
      await visited.page.locator("svg .link").nth(2).waitFor();
      const row = visited.page.locator("table.waves tbody tr").first();
      for (let said = 0; (await row.count()) === 0; said++) {
        module.announce(TYPE, Buffer.from(`number ${said}`));
      }
      await visited.assertAccessible();
      await visited.assertNoSidewaysScrolling();
      visited.assertFaultless();
    });
  }
});
