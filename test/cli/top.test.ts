import assert from "node:assert/strict";
import { join } from "node:path";
import { describe, it } from "node:test";
import { Daemon } from "../blackbox/support/daemon.ts";
import { Cli } from "./support/cli.ts";

describe("voidgossip top", () => {
  it("writes a plain line for each look where there is no terminal", async (t) => {
    const daemon = await Daemon.start(t);
    const args = ["top", "--socket", daemon.controlSocket, "--count", "2", "--interval", "0.1"];
    const exit = await Cli.run(t, args, { env: { TERM: "xterm-256color", LANG: "C.UTF-8" } });
    const [first = "", second = "", ...rest] = exit.stdout.trimEnd().split("\n");
    assert.match(first, /^\d\d:\d\d:\d\d {2}Alone\. .* 0 links, 0 modules\.$/);
    assert.match(second, /0 links, 0 modules\. Items\/s: received 0, .* Drops\/s: rejected 0, /);
    assert.deepEqual([exit.code, exit.stderr, rest], [0, "", []]);
    assert.doesNotMatch(exit.stdout, /\u001b/);
  });

  it("writes a JSON object for each look if it is to", async (t) => {
    const daemon = await Daemon.start(t);
    const args = ["top", "--socket", daemon.controlSocket, "--count", "2", "--interval", "0.1"];
    const exit = await Cli.run(t, [...args, "--json"]);
    const [, second] = exit.stdout
      .trimEnd()
      .split("\n")
      .map((text) => JSON.parse(text) as Record<string, unknown>);
    assert.equal(second?.["contact"], "live");
    assert.equal((second["measured"] as Record<string, unknown>)["received"], 0);
  });

  it("asks a monitor just as well", async (t) => {
    const daemon = await Daemon.start(t, { monitor_address: "127.0.0.1:0" });
    const exit = await Cli.run(t, ["top", "--monitor", daemon.monitorUrl, "--count", "1"]);
    assert.match(exit.stdout, /Alone\. /);
    assert.equal(exit.code, 0);
  });

  it("says that the daemon went away, and goes on with the next one", async (t) => {
    const daemon = await Daemon.start(t);
    const top = Cli.start(t, ["top", "--socket", daemon.controlSocket, "--interval", "0.1"]);
    await top.says("stdout", /Alone\./);
    await daemon.terminate();
    await top.says("stdout", /No answer: .*: there is no such socket/);
    await Daemon.start(t, { data_dir: join(daemon.folder, "d") });
    await top.says("stdout", /No answer.*\n.*Alone\./);
    top.kill("SIGTERM");
    const exit = await top.exit;
    assert.deepEqual([exit.code, exit.signal, exit.stderr], [0, null, ""]);
  });

  it("ends with code 6 where no daemon is", async (t) => {
    const exit = await Cli.run(t, ["top", "--socket", "/nowhere/control.sock"]);
    assert.equal(exit.stdout, "");
    assert.match(exit.stderr, /^no daemon answers at .*: there is no such socket.*\n$/);
    assert.equal(exit.code, 6);
  });
});
