import assert from "node:assert/strict";
import { createServer } from "node:http";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, it } from "node:test";
import { CommandError } from "../../../src/cli/failure.ts";
import { TopSession } from "../../../src/cli/top/session.ts";
import type { TopPlan } from "../../../src/cli/top/session.ts";
import { within } from "../../blackbox/support/patience.ts";
import type { Scope } from "../../blackbox/support/patience.ts";
import { arrival } from "../../monitor/support/items.ts";
import { aLink, aStatus } from "../../monitor/support/statuses.ts";
import type { Facts } from "../../monitor/support/statuses.ts";
import { FakeTerminal } from "../support/fake-terminal.ts";

/** What answers at a control socket, by hand. */
class FakeNode {
  readonly socketPath: string;
  facts: Partial<Facts> = {};
  looks = 0;
  /** Each tells of one item, over a link with its own number. */
  streams = 0;
  readonly #server = createServer((request, response) => {
    if (request.url === "/events") {
      this.streams++;
      const item = arrival(this.streams, this.streams);
      response.writeHead(200).write(`event: item\ndata: ${JSON.stringify(item)}\n\n`);
      return;
    }
    this.looks++;
    response.end(JSON.stringify(aStatus({ uptimeMs: this.looks * 1_000, ...this.facts })));
  });

  constructor(folder: string) {
    this.socketPath = join(folder, "control.sock");
  }

  static async start(scope: Scope): Promise<FakeNode> {
    const folder = mkdtempSync(join(tmpdir(), "vg-"));
    const node = new FakeNode(folder);
    scope.after(async () => {
      await node.stop();
      rmSync(folder, { recursive: true });
    });
    await node.listen();
    return node;
  }

  listen(): Promise<void> {
    return new Promise((resolve) => this.#server.listen(this.socketPath, resolve));
  }

  async stop(): Promise<void> {
    const closed = new Promise((resolve) => this.#server.close(resolve));
    this.#server.closeAllConnections();
    await closed;
  }
}

interface Running {
  readonly terminal: FakeTerminal;
  readonly session: TopSession;
  readonly end: Promise<"live" | "lost" | "quit">;
}

function start(scope: Scope, node: FakeNode, plan: Partial<TopPlan> = {}): Running {
  const terminal = new FakeTerminal();
  const session = new TopSession(
    { place: node.socketPath, intervalMs: 1, count: Infinity, format: "screen", ...plan },
    { output: terminal.output, input: terminal.input, env: { LANG: "C.UTF-8" } },
  );
  const end = session.run();
  scope.after(async () => {
    session.quit();
    await Promise.allSettled([end]);
  });
  return { terminal, session, end };
}

describe("watching a node in a terminal", () => {
  it("shows it until q, and gives the terminal back", async (t) => {
    const { terminal, end } = start(t, await FakeNode.start(t));
    await terminal.shows(/^Connected\./m);
    await terminal.shows(/^Items\/s +received/m);
    await terminal.shows(/ link 1 .* waiting/);
    terminal.type("q");
    assert.equal(await within(end, "the end"), "quit");
    assert.equal(terminal.input.mode, "cooked");
    assert.match(terminal.output.written, /\u001b\[\?1049l$/);
  });

  it("ends at once while it waits for the next look", async (t) => {
    const { terminal, end } = start(t, await FakeNode.start(t), { intervalMs: 3_600_000 });
    await terminal.shows(/^Connected\./m);
    terminal.type("\u0003");
    assert.equal(await within(end, "the end"), "quit");
  });

  it("says that it is paused, fits a new size all the same, and goes on", async (t) => {
    const { terminal } = start(t, await FakeNode.start(t));
    await terminal.shows(/^Connected\./m);
    terminal.type("p");
    await terminal.shows(/^PAUSED/);
    terminal.resize(60, 3);
    assert.equal(terminal.lines.length, 3);
    terminal.type("p");
    await terminal.shows(/q quits/);
  });

  it("says that the node is gone, and goes on when it is back", async (t) => {
    const node = await FakeNode.start(t);
    const { terminal } = start(t, node);
    await terminal.shows(/ link 1 /);
    await node.stop();
    await terminal.shows(/No answer for .*no such socket/s);
    assert.match(terminal.lines.join("\n"), /10\.0\.0\.1:6001/);
    await node.listen();
    await terminal.shows(/^Connected\./m);
    assert.doesNotMatch(terminal.lines.join("\n"), /No answer/);
    await terminal.shows(/ link 2 .* waiting/);
  });

  it("tells that the node was gone at the last look", async (t) => {
    const node = await FakeNode.start(t);
    const { terminal, end } = start(t, node, { count: 2, intervalMs: 3_600_000 });
    await terminal.shows(/^Connected\./m);
    await node.stop();
    // Going on after a pause looks at once.
    terminal.type("pp");
    assert.equal(await within(end, "the end"), "lost");
  });

  it("obeys nothing that the node says", async (t) => {
    const node = await FakeNode.start(t);
    node.facts = {
      p2p: "\u001b]0;owned\u0007",
      links: [aLink({ remote: "\u001b[2J\u009b2J" })],
    };
    const { terminal } = start(t, node);
    await terminal.shows(/owned/);
    assert.doesNotMatch(terminal.output.written, /\u001b\]|\u001b\[2J|\u0007|\u009b/);
  });

  it("leaves the last picture in the shell when it was to end by itself", async (t) => {
    const { terminal, end } = start(t, await FakeNode.start(t), { count: 2 });
    assert.equal(await within(end, "the end"), "live");
    const [, left = ""] = terminal.output.written.split("\u001b[?1049l");
    assert.match(left, /Connected\./);
  });
});

describe("watching a node without a terminal", () => {
  it("writes a line for each look, and no stream is opened", async (t) => {
    const node = await FakeNode.start(t);
    const { terminal, end } = start(t, node, { count: 3, format: "json" });
    assert.equal(await within(end, "the end"), "live");
    const records = terminal.output.written
      .trimEnd()
      .split("\n")
      .map((text) => JSON.parse(text) as { contact: string; measured: unknown });
    assert.deepEqual(
      records.map(({ contact, measured }) => [contact, measured === null]),
      [
        ["live", true],
        ["live", false],
        ["live", false],
      ],
    );
    assert.equal(node.streams, 0);
  });

  it("fails when nobody answers at the start", async (t) => {
    const node = await FakeNode.start(t);
    await node.stop();
    const { end } = start(t, node);
    await assert.rejects(within(end, "the end"), CommandError);
  });
});
