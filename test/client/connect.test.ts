import assert from "node:assert/strict";
import { once } from "node:events";
import { describe, it } from "node:test";
import { parseEndpoint } from "../../src/client/endpoint.ts";
import { ConnectError, GossipClientError, InvalidArgumentError } from "../../src/client/errors.ts";
import { GossipClient } from "../../src/client/gossip-client.ts";
import type { ConnectOptions } from "../../src/client/options.ts";
import { systemTimers } from "../../src/client/timers.ts";
import type { Timers } from "../../src/client/timers.ts";
import { notifyHex } from "./frames.ts";
import { HandTimers } from "./hand-timers.ts";
import { connected, rejectionOf } from "./harness.ts";
import { ScriptedServer } from "./scripted-server.ts";

/** A port where nobody listens (any more). */
async function freePort(): Promise<number> {
  const server = await ScriptedServer.start();
  await server.stop();
  return server.port;
}

describe("addresses", () => {
  it("are host, host:port, [IPv6] or [IPv6]:port; the default is 127.0.0.1:7001", () => {
    for (const [address, host, port] of [
      ["127.0.0.1:7002", "127.0.0.1", 7002],
      ["127.0.0.1", "127.0.0.1", 7001],
      ["gossip.example:1", "gossip.example", 1],
      ["localhost", "localhost", 7001],
      ["[::1]:65535", "::1", 65_535],
      ["[fe80::1%eth0]", "fe80::1%eth0", 7001],
      ["[::ffff:10.0.0.1]:7001", "::ffff:10.0.0.1", 7001],
    ] as const) {
      assert.deepEqual(parseEndpoint(address), { host, port }, address);
    }
  });

  it("of any other form are refused before anything is dialled", async () => {
    for (const address of [
      "",
      ":7001",
      "::1",
      "::1:7001",
      "a b:1",
      "[]:1",
      "h:",
      "h:0",
      "h:65536",
    ]) {
      assert.throws(() => parseEndpoint(address), InvalidArgumentError, address);
      assert.ok((await rejectionOf(GossipClient.connect(address))) instanceof InvalidArgumentError);
    }
    for (const options of [{ host: "" }, { port: 0 }, { port: 1.5 }, { port: 65_536 }]) {
      const error = await rejectionOf(GossipClient.connect(options));
      assert.ok(error instanceof InvalidArgumentError);
    }
  });
});

describe("connect", () => {
  it("resolves to a connected client that has sent nothing yet", async (context) => {
    const { client, side } = await connected(context);
    assert.equal(client.state, "connected");
    client.subscribe(7);
    assert.equal(await side.receive(8), notifyHex(7));
    assert.equal(side.unread, "");
  });

  it("takes host and port as options too", async (context) => {
    const server = await ScriptedServer.start();
    context.after(() => server.stop());
    const client = await GossipClient.connect({ host: "127.0.0.1", port: server.port });
    assert.equal(client.state, "connected");
    const side = await server.accept();
    side.stream.end();
    await client.close();
  });

  it("rejects with one line that names the address when nobody listens", async () => {
    const port = await freePort();
    const error = await rejectionOf(GossipClient.connect(`127.0.0.1:${port}`));
    assert.ok(error instanceof ConnectError && error instanceof GossipClientError);
    assert.equal(error.code, "connectFailed");
    assert.equal(error.name, "ConnectError");
    assert.ok(error.message.startsWith(`cannot connect to 127.0.0.1:${port}: `));
    assert.ok(error.message.includes("ECONNREFUSED"));
    assert.ok(!error.message.includes("\n"));
  });

  it("rejects when an attempt takes too long", async (context) => {
    const server = await ScriptedServer.start();
    context.after(() => server.stop());
    const impatient: Timers = {
      after(delayMs, action) {
        if (delayMs !== 77) return systemTimers.after(delayMs, action);
        queueMicrotask(action);
        return () => undefined;
      },
    };
    const error = await rejectionOf(
      GossipClient.connect(server.address, { connectTimeoutMs: 77, timers: impatient }),
    );
    assert.ok(error instanceof ConnectError);
    assert.match(error.message, /no answer within 77 ms/);
  });

  it("rejects with the signal's reason when it is aborted before or during the attempt", async (context) => {
    const server = await ScriptedServer.start();
    context.after(() => server.stop());
    const reason = new Error("changed my mind");
    const before = AbortSignal.abort(reason);
    assert.equal(
      await rejectionOf(GossipClient.connect(server.address, { signal: before })),
      reason,
    );
    const during = new AbortController();
    const attempt = GossipClient.connect(server.address, { signal: during.signal });
    during.abort(reason);
    assert.equal(await rejectionOf(attempt), reason);
    const other = new AbortController();
    const second = GossipClient.connect(server.address, { signal: other.signal });
    other.abort("a reason that is no Error");
    assert.equal((await rejectionOf(second)).cause, "a reason that is no Error");
  });

  it("is not touched by the signal any more once it has resolved", async (context) => {
    const controller = new AbortController();
    const { client, side } = await connected(context, { signal: controller.signal });
    controller.abort();
    client.subscribe(1);
    assert.equal(await side.receive(8), notifyHex(1));
    assert.equal(client.state, "connected");
  });

  it("waits for a server that starts later, when asked to", async (context) => {
    const timers = new HandTimers();
    const port = await freePort();
    const options: ConnectOptions = {
      port,
      timers,
      reconnect: { firstAttempt: "retry", delayMinMs: 100, random: () => 0 },
    };
    const connecting = GossipClient.connect(options);
    await timers.running(50);
    const server = await ScriptedServer.start(port);
    context.after(() => server.stop());
    timers.fire(50);
    const client = await connecting;
    assert.equal(client.state, "connected");
    const closed = client.close();
    (await server.accept()).stream.end();
    await closed;
  });

  it("ends that wait when the signal fires", async () => {
    const timers = new HandTimers();
    const controller = new AbortController();
    const connecting = GossipClient.connect({
      port: await freePort(),
      timers,
      signal: controller.signal,
      reconnect: { firstAttempt: "retry", random: () => 0 },
    });
    await timers.running(500);
    controller.abort(new Error("enough"));
    assert.equal((await rejectionOf(connecting)).message, "enough");
    assert.deepEqual(timers.delaysMs, []);
  });

  it("refuses options that make no sense, naming them", async () => {
    const options: readonly (readonly [ConnectOptions, RegExp])[] = [
      [{ connectTimeoutMs: 0 }, /connectTimeoutMs/],
      [{ reconnect: { delayMinMs: NaN } }, /delayMinMs/],
      [{ reconnect: { delayMaxMs: 2 ** 31 } }, /delayMaxMs/],
      [{ reconnect: { delayMinMs: 100, delayMaxMs: 99 } }, /delayMaxMs \(99\).*delayMinMs \(100\)/],
      [{ bufferedCountMax: 0 }, /bufferedCountMax/],
      [{ bufferedBytesMax: 65_526 }, /bufferedBytesMax .* 65527/],
      [{ backlogBytesMax: 1.5 }, /backlogBytesMax/],
    ];
    for (const [option, message] of options) {
      const error = await rejectionOf(GossipClient.connect(option));
      assert.ok(error instanceof InvalidArgumentError);
      assert.match(error.message, message);
    }
  });

  it("reports a failure of every address of a name in one line", async () => {
    const error = await rejectionOf(
      GossipClient.connect({ host: "localhost", port: await freePort() }),
    );
    assert.ok(error instanceof ConnectError);
    assert.match(error.message, /cannot connect to localhost:\d+: .*ECONNREFUSED/);
  });

  it("emits connected only for later connections: the first one is its own result", async (context) => {
    const { client, server } = await connected(context);
    const again = once(client, "connected");
    const renewed = client.renew();
    await server.accept();
    await Promise.all([again, renewed]);
  });
});
