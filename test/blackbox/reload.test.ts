import assert from "node:assert/strict";
import { chmodSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { delimiter, join } from "node:path";
import { describe, it } from "node:test";

import { Cli } from "../cli/support/cli.ts";
import { Daemon, iniText, testSettings } from "./support/daemon.ts";
import type { Settings } from "./support/daemon.ts";
import { announceFrame } from "./support/raw-frames.ts";
import { RawModule } from "./support/raw-module.ts";
import { RawSocket } from "./support/raw-socket.ts";

const topic = 1337;

function rewrite(daemon: Daemon, settings: Settings): void {
  const all = { ...testSettings, data_dir: "d", ...settings };
  writeFileSync(join(daemon.folder, "gossip.ini"), iniText(all));
  daemon.signal("SIGHUP");
}

describe("[protocol §5] SIGHUP reads the configuration again", () => {
  it("takes over what a running node can, and names every other key", async (t) => {
    const daemon = await Daemon.start(t);
    const module = await RawModule.subscribed(t, daemon, topic);
    rewrite(daemon, { api_strict: "yes", api_connections: 2, degree: 20, cache_size: 60 });
    const { keys } = await daemon.event("reloaded");
    assert.equal(keys, "api_strict, api_connections");
    await daemon.event("needsRestart", { key: "degree" });
    await daemon.event("needsRestart", { key: "cache_size" });
    assert.equal(daemon.events("needsRestart").length, 2);

    const announcer = await RawModule.connect(t, daemon);
    const third = await RawSocket.dial(daemon.api);
    await third.expectClosed("one client more than allowed from now on");
    announcer.socket.send(announceFrame(topic, Buffer.from("not subscribed")));
    await announcer.socket.expectClosed("an announcement without a subscription, strictly judged");
    assert.ok(module.socket.isOpen, "who was there stays");
  });

  it("takes over a lower bound without closing what is open", async (t) => {
    const daemon = await Daemon.start(t);
    const modules = [
      await RawModule.subscribed(t, daemon, topic),
      await RawModule.subscribed(t, daemon, topic),
    ];
    rewrite(daemon, { api_connections: 1 });
    await daemon.event("reloaded");
    modules[0]?.announce(topic, Buffer.from("still served"));
    await modules[1]?.expectAndAccept(Buffer.from("still served"), "an announcement");
  });

  it("changes the level of the log", async (t) => {
    const daemon = await Daemon.start(t, { log_level: "info" });
    await RawModule.connect(t, daemon);
    rewrite(daemon, { log_level: "debug" });
    assert.equal((await daemon.event("reloaded"))["keys"], "log_level");
    await RawModule.connect(t, daemon);
    await daemon.event("subscriberOpened");
    assert.equal(daemon.events("subscriberOpened").length, 1, "the first one was not worth a line");
  });

  it("keeps everything when the file has faults, and says all of them", async (t) => {
    const daemon = await Daemon.start(t);
    rewrite(daemon, { api_strict: "perhaps", degree: 0 });
    await daemon.eventCount("reloadRefused", 2);
    const said = daemon.events("reloadRefused").map(({ message }) => String(message));
    assert.match(said.join("\n"), /gossip\.ini:\d+: api_strict = perhaps: /);
    assert.match(said.join("\n"), /gossip\.ini:\d+: degree = 0: /);
    rmSync(join(daemon.folder, "gossip.ini"));
    daemon.signal("SIGHUP");
    await daemon.eventCount("reloadRefused", 3);
    assert.deepEqual(daemon.events("reloaded"), []);
    const module = await RawModule.subscribed(t, daemon, topic);
    (await RawModule.connect(t, daemon)).announce(topic, Buffer.from("lenient as before"));
    await module.expectAndAccept(Buffer.from("lenient as before"), "an announcement");
    assert.equal((await daemon.terminate()).code, 0);
  });

  it("says that nothing has changed", async (t) => {
    const daemon = await Daemon.start(t);
    daemon.signal("SIGHUP");
    assert.equal((await daemon.event("reloaded"))["keys"], "none");
    assert.deepEqual(daemon.events("needsRestart"), []);
  });
});

describe("readiness", () => {
  /** A folder with a program of this name, and a PATH that finds it. */
  function withProgram(name: string, script: string): { folder: string; path: string } {
    const folder = mkdtempSync(join(tmpdir(), "vg-"));
    writeFileSync(join(folder, name), script);
    chmodSync(join(folder, name), 0o755);
    return { folder, path: `${folder}${delimiter}${process.env["PATH"] ?? ""}` };
  }

  const listenAnywhere = iniText({ ...testSettings, data_dir: "d" });

  it("is told to systemd once both sockets are served", async (t) => {
    const script =
      '#!/bin/sh\necho "$NOTIFY_SOCKET $*" > "${0%/*}/told.part"\nmv "${0%/*}/told.part" "${0%/*}/told"\n' +
      'kill -TERM "$PPID"\n';
    const { folder, path } = withProgram("systemd-notify", script);
    t.after(() => rmSync(folder, { recursive: true, force: true }));
    const file = join(folder, "gossip.ini");
    writeFileSync(file, listenAnywhere);
    const env = { PATH: path, NOTIFY_SOCKET: "@voidgossip-test" };
    // The program stops the node that it was started by, so its end shows that it ran.
    const exit = await Cli.run(t, ["run", "-c", file], { env });
    assert.deepEqual([exit.code, exit.stderr], [0, ""]);
    assert.equal(readFileSync(join(folder, "told"), "utf8"), "@voidgossip-test --ready\n");
    assert.match(exit.stdout, /"listening"[\s\S]*"stopping"/);
  });

  it("that nobody could be told is logged, and the node goes on", async (t) => {
    const { folder, path } = withProgram("systemd-notify", "#!/bin/sh\nexit 3\n");
    t.after(() => rmSync(folder, { recursive: true, force: true }));
    const file = join(folder, "gossip.ini");
    writeFileSync(file, listenAnywhere);
    const cli = Cli.start(t, ["run", "-c", file], {
      env: { PATH: path, NOTIFY_SOCKET: "@voidgossip-test" },
    });
    await cli.says("stdout", /"notReported","reason":"systemd-notify ended with code 3"/);
    cli.kill("SIGTERM");
    assert.equal((await cli.exit).code, 0);
  });

  it("is told to nobody who has not asked", async (t) => {
    const { folder, path } = withProgram("systemd-notify", "#!/bin/sh\nexit 3\n");
    t.after(() => rmSync(folder, { recursive: true, force: true }));
    const file = join(folder, "gossip.ini");
    writeFileSync(file, listenAnywhere);
    const cli = Cli.start(t, ["run", "-c", file], { env: { PATH: path } });
    await cli.says("stdout", /"listening"/);
    cli.kill("SIGHUP");
    await cli.says("stdout", /"reloaded"/);
    cli.kill("SIGTERM");
    const exit = await cli.exit;
    assert.equal(exit.code, 0);
    assert.doesNotMatch(exit.stdout, /notReported/);
  });
});
