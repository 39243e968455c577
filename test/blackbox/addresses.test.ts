import assert from "node:assert/strict";
import { describe, it } from "node:test";

import { Daemon } from "./support/daemon.ts";
import type { Exit } from "./support/daemon.ts";
import type { Scope } from "./support/patience.ts";

const good = [
  "127.0.0.1:1",
  "127.0.0.1:65535",
  "10.1.2.3:6001",
  "255.255.255.255:6001",
  "[::1]:6001",
  "[2001:db8::1]:6001",
  "[2001:DB8:0:0:0:0:0:1]:6001",
  "[::ffff:127.0.0.1]:6001",
  "[fe80::1]:6001",
  "localhost:6001",
  "LOCALHOST:6001",
  "example.invalid:6001",
  "a-b.c-d.invalid:6001",
  "xn--bcher-kva.invalid:6001",
  "host1:6001",
  "1host.invalid:6001",
  `${"a".repeat(63)}.invalid:6001`,
  "fulda.net.invalid:6001",
];

const bad = [
  // Places to listen, not to dial.
  "0.0.0.0:6001",
  "[::]:6001",
  "127.0.0.1",
  "127.0.0.1:",
  ":6001",
  "[::1]",
  "[::1]:",
  "[::1]6001",
  "::1:6001",
  "[::1:6001",
  "::1]:6001",
  "[127.0.0.1]:6001",
  "[localhost]:6001",
  "127.0.0.1:65536",
  "127.0.0.1:99999999999",
  "127.0.0.1:-1",
  "127.0.0.1:+80",
  "127.0.0.1:6001x",
  "127.0.0.1:0x10",
  "127.0.0.1:60.1",
  "256.0.0.1:6001",
  "1.2.3:6001",
  "[12345::1]:6001",
  "[::1]:6001:6002",
  "host name:6001",
  `${"a".repeat(64)}.invalid:6001`,
];

async function checkConfig(scope: Scope, bootstrapper: string): Promise<Exit> {
  const configText = `[gossip]\nbootstrapper = ${bootstrapper}\n`;
  return Daemon.runToExit(scope, {}, { configText, command: ["config", "check"] });
}

describe("conformance §3.5: `[::1]:port`, `host:port` parsing, a table of addresses", () => {
  it("good ones are taken", async (t) => {
    const exit = await checkConfig(t, good.join(", "));
    assert.equal(exit.code, 0, exit.stderr);
  });

  it("bad ones are faults that name file, line, key and value", async (t) => {
    for (const address of bad) {
      const { code, stdout, stderr } = await checkConfig(t, address);
      const said = stdout + stderr;
      assert.equal(code, 3, `${address}: ${said}`);
      assert.ok(said.includes(address), `${address}: ${said}`);
      assert.match(said, /gossip\.ini:2/);
      assert.match(said, /bootstrapper/);
    }
  });
});
