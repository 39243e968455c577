import assert from "node:assert/strict";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, it } from "node:test";
import { Daemon } from "../blackbox/support/daemon.ts";
import type { Scope } from "../blackbox/support/patience.ts";
import { Cli } from "./support/cli.ts";

const apiOf = (daemon: Daemon): string => `${daemon.api.host}:${daemon.api.port}`;

/** Resolves when the daemon knows of the subscription. */
async function subscribe(scope: Scope, daemon: Daemon, ...args: readonly string[]): Promise<Cli> {
  const cli = Cli.start(scope, ["subscribe", "--api", apiOf(daemon), "--type", "1337", ...args]);
  await daemon.event("subscribed", { dataType: 1337 });
  return cli;
}

const announce = (
  scope: Scope,
  daemon: Daemon,
  args: readonly string[],
  input?: string | Uint8Array,
): Promise<{ readonly code: number | null; readonly stdout: string; readonly stderr: string }> =>
  Cli.run(
    scope,
    ["announce", "--api", apiOf(daemon), "--type", "1337", ...args],
    input === undefined ? {} : { input },
  );

describe("announce and subscribe", () => {
  it("a word goes from one to the other, in a line for people", async (t) => {
    const daemon = await Daemon.start(t);
    const listener = await subscribe(t, daemon, "--count", "1");
    const exit = await announce(t, daemon, ["--ttl", "3", "hello"]);
    assert.equal(exit.stderr, "");
    assert.equal(exit.stdout, `announced 5 bytes as type 1337 at ${apiOf(daemon)}, for 3 hops\n`);
    const heard = await listener.exit;
    assert.equal(heard.code, 0);
    assert.match(heard.stdout, /^\d\d:\d\d:\d\d {2}type 1337 {2}5 bytes, accepted: hello\n$/);
  });

  it("bytes of all values go through standard input and come out as base64", async (t) => {
    const daemon = await Daemon.start(t);
    const listener = await subscribe(t, daemon, "--json", "--count", "2");
    const bytes = Uint8Array.from({ length: 65_523 }, (_, at) => at % 256);
    assert.equal((await announce(t, daemon, ["-"], bytes)).code, 0);
    assert.equal((await announce(t, daemon, [], "")).code, 0, "empty data is legal");
    const { stdout } = await listener.exit;
    const [first, second] = stdout
      .trimEnd()
      .split("\n")
      .map((line) => JSON.parse(line) as Record<string, unknown>);
    assert.equal(first?.["bytes"], 65_523);
    assert.equal(first["data"], Buffer.from(bytes).toString("base64"));
    assert.deepEqual([first["dataType"], first["verdict"]], [1337, "accept"]);
    assert.deepEqual([second?.["bytes"], second?.["data"]], [0, ""]);
  });

  it("one byte too many is refused before it is sent, and both numbers are named", async (t) => {
    const daemon = await Daemon.start(t);
    const exit = await announce(t, daemon, ["-"], Buffer.alloc(65_524));
    assert.equal(exit.code, 2);
    assert.match(exit.stderr, /^[^\n]*65524[^\n]*65523[^\n]*\n$/);
    assert.equal((await daemon.status()).totals["itemsAnnounced"], 0);
  });

  it("--reject gives that verdict, and Ctrl-C ends with code 0", async (t) => {
    const daemon = await Daemon.start(t);
    const listener = await subscribe(t, daemon, "--reject");
    await announce(t, daemon, ["no"]);
    await listener.says("stdout", /rejected: no\n/);
    await daemon.statusUntil("a verdict", ({ totals }) => totals["verdictsReject"] === 1);
    listener.kill("SIGINT");
    assert.equal((await listener.exit).code, 0);
  });

  it("a subscriber comes back when its node comes back", async (t) => {
    const first = await Daemon.start(t);
    const listener = await subscribe(t, first, "--count", "1");
    await first.terminate();
    await listener.says("stderr", /trying again in/);
    const second = await Daemon.start(t, { api_address: apiOf(first) });
    await second.event("subscribed", { dataType: 1337 });
    await announce(t, second, ["again"]);
    const heard = await listener.exit;
    assert.match(heard.stdout, /accepted: again/);
    assert.match(heard.stderr, /connected to \S+ again/);
  });

  it("no daemon: one line and code 6", async (t) => {
    const daemon = await Daemon.start(t);
    await daemon.terminate();
    for (const command of ["announce", "subscribe"]) {
      const exit = await Cli.run(t, [command, "--api", apiOf(daemon), "--type", "1"]);
      assert.equal(exit.code, 6, exit.stderr);
      assert.equal(exit.stdout, "");
      assert.match(exit.stderr, /^[^\n]*cannot connect[^\n]*\n$/);
    }
  });
});

describe("status", () => {
  it("asks the daemon by its data_dir, its socket or its configuration", async (t) => {
    const daemon = await Daemon.start(t);
    const dataDir = join(daemon.folder, "d");
    const ways = [
      ["--data-dir", dataDir],
      ["--socket", join(dataDir, "control.sock")],
      ["-c", join(daemon.folder, "gossip.ini")],
    ];
    for (const way of ways) {
      const exit = await Cli.run(t, ["status", ...way]);
      assert.equal(exit.code, 0, exit.stderr);
      assert.match(exit.stdout, /^Alone\. /);
      assert.ok(exit.stdout.includes(`modules connect to ${apiOf(daemon)}`), exit.stdout);
    }
  });

  it("--json is one object with everything", async (t) => {
    const daemon = await Daemon.start(t);
    await subscribe(t, daemon);
    const exit = await Cli.run(t, ["status", "--data-dir", join(daemon.folder, "d"), "--json"]);
    const status = JSON.parse(exit.stdout) as Record<string, unknown>;
    assert.equal(status["api"], apiOf(daemon));
    assert.equal((status["subscribers"] as unknown[]).length, 1);
  });

  it("no daemon: one line that names the socket, and code 6", async (t) => {
    const daemon = await Daemon.start(t);
    const dataDir = join(daemon.folder, "d");
    await daemon.terminate();
    for (const way of [dataDir, "/nowhere"]) {
      const exit = await Cli.run(t, ["status", "--data-dir", way]);
      assert.deepEqual([exit.code, exit.stdout], [6, ""]);
      assert.match(exit.stderr, /^no daemon answers at [^\n]*control\.sock: [^\n]*\n$/);
      assert.ok(exit.stderr.includes(way));
    }
  });

  it("a configuration with faults gives code 3 and all of them", async (t) => {
    const folder = mkdtempSync(join(tmpdir(), "vg-"));
    t.after(() => rmSync(folder, { recursive: true, force: true }));
    const file = join(folder, "gossip.ini");
    writeFileSync(file, "[gossip]\ndegree = 0\ncache_size = -1\n");
    const exit = await Cli.run(t, ["status", "-c", file]);
    assert.equal(exit.code, 3);
    assert.match(
      exit.stderr,
      /^[^\n]*:2: degree = 0: [^\n]*\n[^\n]*:3: cache_size = -1: [^\n]*\n$/,
    );
  });
});
