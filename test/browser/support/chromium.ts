import assert from "node:assert/strict";
import { existsSync, readFileSync } from "node:fs";
import { createRequire } from "node:module";
import type { AxeResults } from "axe-core";
import { chromium } from "playwright-core";
import type { Browser, Page } from "playwright-core";
import type { Scope } from "../../blackbox/support/patience.ts";

const executablePath = process.env["CHROMIUM"] ?? "/usr/bin/chromium";
if (!existsSync(executablePath)) {
  console.error(
    `no Chromium at ${executablePath}: install it (Debian: apt-get install chromium) or set CHROMIUM to its path`,
  );
  process.exit(1);
}

const axeSource = readFileSync(createRequire(import.meta.url).resolve("axe-core"), "utf8");

export interface Look {
  readonly colorScheme?: "light" | "dark";
  readonly width?: number;
}

/** One browser for a whole suite. */
export async function launchChromium(scope: Scope): Promise<Browser> {
  // Root has no sandbox, and QUIC would be the only thing not to go through the request log.
  const args = ["--no-sandbox", "--disable-quic"];
  const browser = await chromium.launch({ executablePath, args });
  scope.after(() => browser.close());
  return browser;
}

/** A page of ours, and everything it should not have done. */
export class VisitedPage {
  readonly page: Page;
  readonly #complaints: string[] = [];

  private constructor(page: Page, origin: string) {
    this.page = page;
    page.on("console", (message) => {
      const isComplaint = message.type() === "error" || message.type() === "warning";
      if (isComplaint) this.#complaints.push(`console: ${message.text()}`);
    });
    page.on("pageerror", (error) => this.#complaints.push(`uncaught: ${error.message}`));
    page.on("request", (request) => {
      if (new URL(request.url()).origin === origin) return;
      this.#complaints.push(`request to elsewhere: ${request.url()}`);
    });
  }

  static async open(browser: Browser, url: string, look: Look = {}): Promise<VisitedPage> {
    const { colorScheme = "light", width = 1_440 } = look;
    const page = await browser.newPage({ colorScheme, viewport: { width, height: 900 } });
    const visited = new VisitedPage(page, new URL(url).origin);
    await page.goto(url);
    return visited;
  }

  /** Neither an error nor a warning, and no request that left the host. */
  assertFaultless(): void {
    assert.deepEqual(this.#complaints, []);
  }

  /** Everything axe finds, WCAG 2.2 AA and best practices. */
  async assertAccessible(): Promise<void> {
    await this.page.evaluate(axeSource);
    const { violations } = await this.page.evaluate<Pick<AxeResults, "violations">>(
      "axe.run(document, { resultTypes: ['violations'] })",
    );
    const found = violations.map(({ id, nodes }) => [id, ...nodes.map(({ html }) => html)]);
    assert.deepEqual(found, []);
  }

  /** Everything fits the window; what is too wide scrolls inside its own frame. */
  async assertNoSidewaysScrolling(): Promise<void> {
    const excess = await this.page.evaluate(
      "document.documentElement.scrollWidth - document.documentElement.clientWidth",
    );
    assert.equal(excess, 0, "the page scrolls sideways");
  }

  /** The cells of a table, row by row, by its caption. */
  async tableRows(caption: string): Promise<string[][]> {
    const rows = this.page.locator("table", {
      has: this.page.locator("caption", { hasText: new RegExp(`^${caption}$`) }),
    });
    return rows
      .locator("tbody tr")
      .evaluateAll((found) =>
        found.map((row) => [...row.querySelectorAll("td")].map((cell) => cell.innerText.trim())),
      );
  }
}
