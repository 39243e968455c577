import assert from "node:assert/strict";
import { generateKeyPairSync, randomBytes } from "node:crypto";
import { statSync } from "node:fs";
import { createServer } from "node:net";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { describe, it } from "node:test";

import { blackHole } from "./support/black-hole.ts";
import { Daemon, iniText, testSettings } from "./support/daemon.ts";
import type { Exit } from "./support/daemon.ts";
import type { Scope } from "./support/patience.ts";
import { within } from "./support/patience.ts";
import { initFrame } from "./support/raw-frames.ts";
import { RawModule } from "./support/raw-module.ts";
import { RawAcceptor, RawPeer, anItem } from "./support/raw-peer.ts";
import { RawSocket } from "./support/raw-socket.ts";

const topic = 1337;
const challenge = Buffer.from("0123456789abcdef", "hex");

/** A port that somebody listens at. */
async function takenPort(scope: Scope): Promise<number> {
  const server = createServer((socket) => socket.destroy());
  await new Promise<void>((resolve) => {
    server.listen(0, "127.0.0.1", resolve);
  });
  scope.after(() => {
    server.close();
  });
  return (server.address() as AddressInfo).port;
}

/** Ended by itself, with this code, saying why in lines for people. */
function expectFailure(exit: Exit, code: number, ...words: readonly string[]): void {
  assert.equal(exit.code, code, exit.stderr);
  assert.doesNotMatch(exit.stderr, /^\s+at /m, "no stack trace");
  for (const word of words) {
    assert.ok(exit.stderr.includes(word), `"${word}" in: ${exit.stderr}`);
  }
}

const oneLine = ({ stderr }: Exit): void => {
  assert.equal(stderr.trim().split("\n").length, 1, stderr);
};

/** Both sockets are served, whatever the bootstrapper does. */
async function expectServed(scope: Scope, daemon: Daemon): Promise<void> {
  const module = await RawModule.subscribed(scope, daemon, topic);
  const peer = await RawPeer.dial(scope, daemon);
  const item = anItem(topic, randomBytes(8), { ttl: 1 });
  peer.send(item);
  await module.expectAndAccept(item.data, "an item");
  module.socket.destroy();
  peer.socket.destroy();
}

describe("[protocol §3.7] bootstrapping", () => {
  it("connects once: the bootstrapper starts later than we do", async (t) => {
    const host = "127.83.41.8";
    const reserved = await RawAcceptor.listen(t, { host });
    const port = Number(reserved.bootstrapper.split(":")[1]);
    await reserved.close();
    const daemon = await Daemon.start(t, { bootstrapper: `${host}:${port}` });
    await daemon.event("dialFailed", { reason: "refused" });
    await expectServed(t, daemon);
    const acceptor = await RawAcceptor.listen(t, { host, port });
    await acceptor.handshake(challenge);
    await daemon.event("linkEstablished", { direction: "outbound" });
    assert.equal(daemon.events("dialFailed").length, 1, "one line per change of state");
  });

  it("error handler attached too late: refused", async (t) => {
    const daemon = await Daemon.start(t, { bootstrapper: "127.0.0.1:1" });
    await daemon.event("dialFailed", { reason: "refused" });
    await expectServed(t, daemon);
  });

  it("error handler attached too late: unroutable", async (t) => {
    // A multicast address: no TCP connection leads there, on any network.
    const daemon = await Daemon.start(t, { bootstrapper: "224.0.0.1:6001" });
    await daemon.event("dialFailed");
    await expectServed(t, daemon);
  });

  it("error handler attached too late: unknown host", async (t) => {
    // Never a name of anything (RFC 6761).
    const daemon = await Daemon.start(t, { bootstrapper: "nobody.invalid:6001" });
    await expectServed(t, daemon);
    await daemon.event("dialFailed");
    await expectServed(t, daemon);
  });

  it("error handler attached too late: reset right after accept, and in the middle of the handshake", async (t) => {
    const acceptor = await RawAcceptor.listen(t, { count: 2 });
    const daemon = await Daemon.start(t, { bootstrapper: acceptor.bootstrapper });
    (await acceptor.accept()).reset();
    const second = await acceptor.accept();
    second.send(initFrame(challenge));
    second.reset();
    await expectServed(t, daemon);
    await acceptor.handshake(challenge);
  });

  it('only "refused" is caught, no connect timeout, under a lock: a black-hole address', async (t) => {
    const daemon = await Daemon.start(t, { bootstrapper: await blackHole(t) });
    await expectServed(t, daemon);
    await daemon.event("dialFailed", { reason: "timedOut" });
    await expectServed(t, daemon);
  });

  it("a link to the bootstrapper that goes down is dialled again", async (t) => {
    const acceptor = await RawAcceptor.listen(t);
    await Daemon.start(t, { bootstrapper: acceptor.bootstrapper });
    const first = await acceptor.accept();
    first.destroy();
    const second = await acceptor.accept("a second dial");
    second.destroy();
    await acceptor.accept("a third dial");
  });

  it("host names, IPv6 in brackets and several addresses are understood", async (t) => {
    const byName = await RawAcceptor.listen(t);
    const port = Number(byName.bootstrapper.split(":")[1]);
    const six = await RawAcceptor.listen(t, { host: "::1" });
    const sixPort = /:(\d+)$/.exec(six.bootstrapper)?.[1] ?? "";
    await Daemon.start(t, { bootstrapper: `localhost:${port}, [::1]:${sixPort}` });
    await byName.handshake(challenge);
    await six.handshake(challenge);
  });

  it("both sockets listen on IPv6 loopback", async (t) => {
    const daemon = await Daemon.start(t, { p2p_address: "[::1]:0", api_address: "[::1]:0" });
    assert.equal(daemon.api.host, "::1");
    await expectServed(t, daemon);
  });
});

describe("starting", () => {
  it("waits for another module before serving: a file as the course hands it out, and an unreachable bootstrapper", async (t) => {
    const text = [
      "hostkey = /hostkey.pem",
      "",
      "; a comment",
      "[onion]",
      "listen_address = 127.0.0.1:1",
      "p2p_hostname = nowhere",
      "[gossip]",
      "cache_size = 50",
      "degree = 30",
      "bootstrapper = 192.0.2.1:6001",
      "p2p_address = 127.0.0.1:0",
      "api_address = 127.0.0.1:0",
      "# the end",
      "log_format = json",
      "data_dir = d",
      "[rps]",
      "cache_size = many",
      "",
    ].join("\r\n");
    const daemon = await Daemon.start(t, {}, { configText: text });
    const module = await RawModule.subscribed(t, daemon, topic);
    (await RawModule.connect(t, daemon)).announce(topic, Buffer.from("served"));
    await module.expectAndAccept(Buffer.from("served"), "an announcement");
    const peer = await RawSocket.dial(daemon.p2p);
    await peer.next("INIT");
    peer.destroy();
  });

  for (const key of ["api_address", "p2p_address"]) {
    it(`bind failure swallowed / exit 0 / random port: a taken ${key} gives code 4 and one clear line`, async (t) => {
      const port = await takenPort(t);
      const exit = await Daemon.runToExit(t, { [key]: `127.0.0.1:${port}` });
      expectFailure(exit, 4, `127.0.0.1:${port}`);
      oneLine(exit);
    });
  }

  it("a second daemon on one data_dir ends with code 5 and one line", async (t) => {
    const first = await Daemon.start(t);
    const dataDir = join(first.folder, "d");
    const exit = await Daemon.runToExit(t, { data_dir: dataDir });
    expectFailure(exit, 5, dataDir);
    oneLine(exit);
    await expectServed(t, first);
  });

  it("after a killed daemon its data_dir is free again", async (t) => {
    const first = await Daemon.start(t);
    first.signal("SIGKILL");
    await within(first.exit, "the killed daemon");
    // The folder stays until the end of the test.
    await expectServed(t, await Daemon.start(t, { data_dir: join(first.folder, "d") }));
  });

  it("a missing configuration file gives code 3 and one clear line", async (t) => {
    const file = "/nowhere/gossip.ini";
    const exit = await Daemon.runToExit(t, {}, { commandLine: ["run", "-c", file] });
    expectFailure(exit, 3, file);
    oneLine(exit);
  });

  it("crash on cache_size 0, degree 0: all faults are reported at once, with line, key and value", async (t) => {
    const lines = [
      "[gossip]",
      "cache_size = -1",
      "degree = 0",
      "p2p_address = 127.0.0.1:66000",
      "api_address = [::1:7001",
      "bootstrapper = :6001",
      "pow_difficulty = 29",
      "validation_policy = sometimes",
      "",
    ];
    const exit = await Daemon.runToExit(t, {}, { configText: lines.join("\n") });
    expectFailure(exit, 3, "gossip.ini");
    for (const [index, line] of lines.entries()) {
      const [key, value] = line.split(" = ");
      if (key !== undefined && value !== undefined) {
        const said = exit.stderr.split("\n").filter((words) => words.includes(key));
        assert.ok(
          said.some((words) => words.includes(value) && words.includes(String(index + 1))),
          `${line} in line ${index + 1}: ${exit.stderr}`,
        );
      }
    }
  });

  it("an unknown key is a warning with the nearest known name, not a fault", async (t) => {
    const daemon = await Daemon.start(t, { cache_sise: 3, known_peers: "x", search_cooldown: 1 });
    const warnings = daemon
      .events("configWarning")
      .map((line) => String(line["message"]))
      .join("\n");
    assert.match(warnings, /cache_sise/);
    assert.match(warnings, /cache_size/);
  });

  it("[protocol §2.7] a listener on a non-loopback address starts with a warning", async (t) => {
    const open = await Daemon.start(t, { api_address: "0.0.0.0:0" });
    assert.match(
      open
        .events("configWarning")
        .map((line) => String(line["message"]))
        .join(),
      /api_address/,
    );
    const local = await Daemon.start(t);
    assert.deepEqual(local.events("configWarning"), []);
  });

  it("[protocol §5.2] the state is served at control.sock, to nobody but the owner", async (t) => {
    const daemon = await Daemon.start(t);
    await daemon.turn();
    assert.equal(statSync(join(daemon.folder, "d", "control.sock")).mode & 0o777, 0o600);
  });

  it("crash on cache_size 0, degree 0: nothing is kept for later, the rest works", async (t) => {
    await expectServed(t, await Daemon.start(t, { cache_size: 0, degree: 1 }));
  });

  it("unknown commands and options give code 2", async (t) => {
    expectFailure(
      await Daemon.runToExit(t, {}, { commandLine: ["run", "--nonsense"] }),
      2,
      "nonsense",
    );
    expectFailure(await Daemon.runToExit(t, {}, { commandLine: ["rnu"] }), 2, "rnu");
  });

  it("plain `-c FILE` is `run -c FILE`, as the course's modules are started", async (t) => {
    await expectServed(t, await Daemon.start(t, {}, { command: ["-c"] }));
  });

  it("cwd dependence: started from `/`, with relative paths resolved against the file elsewhere", async (t) => {
    const daemon = await Daemon.start(t, { data_dir: "d", hostkey: "key.pem" }, { cwd: "/" });
    await expectServed(t, daemon);
    // The control socket answers where the file says, not where the daemon was started.
    await daemon.turn();
  });

  it("key handling: no secret in any log at any level", async (t) => {
    const { privateKey } = generateKeyPairSync("rsa", { modulusLength: 2_048 });
    const pem = privateKey.export({ type: "pkcs8", format: "pem" }).toString();
    for (const level of ["trace", "info"]) {
      const gossip = iniText({
        ...testSettings,
        log_level: level,
        pow_difficulty: 8,
        data_dir: "d",
      });
      const daemon = await Daemon.start(
        t,
        {},
        { configText: `hostkey = key.pem\n${gossip}`, files: { "key.pem": pem } },
      );
      const peer = await RawPeer.dial(t, daemon, { difficultyBits: 8 });
      const module = await RawModule.subscribed(t, daemon, topic);
      const secret = "a payload that must stay private";
      peer.send(anItem(topic, secret));
      module.reject(await module.nextNotification("the item"));
      module.announce(topic, Buffer.from(secret));
      module.socket.send(Buffer.concat([Buffer.from("00ff", "hex"), Buffer.from(secret)]));
      await module.socket.ending("a malformed message");
      const exit = await daemon.terminate();
      const said = exit.stdout + exit.stderr;
      const keyLine = pem.split("\n")[2] ?? "";
      assert.ok(keyLine.length > 40);
      for (const piece of [
        secret,
        Buffer.from(secret).toString("hex"),
        Buffer.from(secret).toString("base64").slice(0, 20),
        keyLine,
        "PRIVATE",
      ]) {
        assert.ok(!said.includes(piece), `"${piece}" at level ${level}`);
      }
    }
  });
});

describe("[protocol §7.4] stopping", () => {
  for (const signal of ["SIGTERM", "SIGINT"] as const) {
    it(`${signal} ends with code 0, and modules see a reset`, async (t) => {
      const daemon = await Daemon.start(t);
      const module = await RawModule.subscribed(t, daemon, topic);
      const idle = await RawModule.connect(t, daemon);
      await RawPeer.dial(t, daemon);
      await daemon.turn();
      daemon.signal(signal);
      const exit = await within(daemon.exit, "the end");
      assert.deepEqual([exit.code, exit.signal], [0, null]);
      assert.equal(await module.socket.expectClosed("shutdown"), "reset");
      assert.equal(await idle.socket.expectClosed("shutdown"), "reset");
      assert.equal(exit.stderr, "");
    });
  }

  it("what is queued is flushed before the sockets close", async (t) => {
    const daemon = await Daemon.start(t);
    const peer = await RawPeer.dial(t, daemon);
    const module = await RawModule.connect(t, daemon);
    const listener = await RawModule.subscribed(t, daemon, topic + 1);
    for (let count = 0; count < 10; count += 1) {
      module.announce(topic, Buffer.alloc(50_000, count + 1));
    }
    module.announce(topic + 1, Buffer.from("the last one"));
    await listener.expectAndAccept(Buffer.from("the last one"), "all of them were read");
    daemon.signal("SIGTERM");
    for (let count = 0; count < 10; count += 1) {
      await peer.expectItem(Buffer.alloc(50_000, count + 1), `item ${count}`);
    }
    assert.equal((await daemon.exit).code, 0);
  });

  it("a peer and a module that read nothing do not hold up the end", async (t) => {
    const daemon = await Daemon.start(t);
    const peer = await RawPeer.dial(t, daemon);
    peer.socket.stopReading();
    const module = await RawModule.subscribed(t, daemon, topic);
    module.socket.stopReading();
    const speaker = await RawModule.connect(t, daemon);
    for (let count = 0; count < 100; count += 1) {
      speaker.announce(topic, Buffer.alloc(60_000, count));
    }
    await daemon.turn();
    assert.equal((await daemon.terminate()).code, 0);
  });

  it("a second signal ends it at once", async (t) => {
    const daemon = await Daemon.start(t);
    const peer = await RawPeer.dial(t, daemon);
    peer.socket.stopReading();
    const speaker = await RawModule.connect(t, daemon);
    for (let count = 0; count < 100; count += 1) {
      speaker.announce(topic, Buffer.alloc(60_000, count));
    }
    await daemon.turn();
    daemon.signal("SIGTERM");
    await daemon.event("stopping");
    daemon.signal("SIGTERM");
    await within(daemon.exit, "the end");
    assert.deepEqual(daemon.events("stopped"), [], "it did not wait for the peer");
  });

  it("SIGTERM while a puzzle is being solved and a dial is under way ends it, too", async (t) => {
    const acceptor = await RawAcceptor.listen(t);
    const daemon = await Daemon.start(t, {
      bootstrapper: `${acceptor.bootstrapper}, ${await blackHole(t)}`,
      pow_difficulty: 28,
    });
    const socket = await acceptor.accept();
    socket.send(initFrame(challenge));
    await daemon.turn();
    assert.equal((await daemon.terminate()).code, 0);
  });
});
