import assert from "node:assert/strict";
import { once } from "node:events";
import { execFile } from "node:child_process";
import { existsSync, readdirSync, writeFileSync } from "node:fs";
import { request } from "node:http";
import type { IncomingMessage } from "node:http";
import { connect, createServer } from "node:net";
import type { AddressInfo, Socket } from "node:net";
import { join } from "node:path";
import { json } from "node:stream/consumers";
import { describe, it } from "node:test";
import { promisify } from "node:util";
import { GossipClient } from "../../src/client/gossip-client.ts";
import { present } from "../../src/core/assert.ts";
import type { PeerAddress } from "../../src/core/ports.ts";
import {
  AddressInUseError,
  DataDirLockedError,
  DataDirUnusableError,
} from "../../src/daemon/gossip-error.ts";
import type { Gossip } from "../../src/daemon/gossip.ts";
import type { GossipStatus } from "../../src/monitor/status.ts";
import { GossipNotify } from "../../src/wire/api/gossip-notify.ts";
import { encodeFrame } from "../../src/wire/message.ts";
import { P2PVerify } from "../../src/wire/p2p/p2p-verify.ts";
import { aFolder } from "./support/folders.ts";
import { aNode } from "./support/nodes.ts";

const apiOf = (gossip: Gossip): PeerAddress => present(gossip.apiAddress, "the API's address");
const p2pOf = (gossip: Gossip): PeerAddress => present(gossip.p2pAddress, "the peers' address");

async function dial({ host, port }: PeerAddress): Promise<Socket> {
  const socket = connect(port, host);
  socket.on("error", () => undefined);
  await once(socket, "connect");
  return socket;
}

/** A raw peer whose link is established: the puzzles of these tests are solved by any nonce. */
async function anEstablishedPeer(address: PeerAddress): Promise<Socket> {
  const socket = await dial(address);
  await once(socket, "data");
  socket.write(encodeFrame(new P2PVerify(new Uint8Array(8))));
  const [ok] = (await once(socket, "data")) as [Buffer];
  assert.equal(ok.toString("hex"), "000401fa");
  return socket;
}

describe("a gossip node", () => {
  it("carries an item from a module of one node to a module of another", async (test) => {
    const first = aNode(test, { difficultyBits: 8 });
    await first.gossip.start();
    const second = aNode(test, { bootstrappers: [p2pOf(first.gossip)], difficultyBits: 8 });
    await second.gossip.start();
    await Promise.all([first.log.until("linkEstablished"), second.log.until("linkEstablished")]);
    const listener = await GossipClient.connect({ ...apiOf(second.gossip), reconnect: false });
    const items = listener.subscribe(7);
    await second.log.until("subscribed");
    const announcer = await first.gossip.connect();
    await announcer.announce(7, "hello", { ttl: 1 });
    const { value: notification } = await items.next();
    assert.equal(Buffer.from(notification?.data ?? []).toString(), "hello");
    await Promise.all([announcer.close(), listener.close()]);
  });

  it("lets modules of one node hear one another, over memory and over TCP", async (test) => {
    const { gossip, log } = aNode(test);
    await gossip.start();
    const inside = await gossip.connect();
    const outside = await GossipClient.connect({ ...apiOf(gossip), reconnect: false });
    const heardInside = inside.subscribe(1);
    const heardOutside = outside.subscribe(2);
    await log.until("subscribed", 2);
    await outside.announce(1, "to the inside");
    await inside.announce(2, "to the outside");
    const values = await Promise.all([heardInside.next(), heardOutside.next()]);
    assert.deepEqual(
      values.map(({ value }) => Buffer.from(value?.data ?? []).toString()),
      ["to the inside", "to the outside"],
    );
    await Promise.all([inside.close(), outside.close()]);
  });

  it("serves while its bootstrapper is unreachable, and says what it waits for", async (test) => {
    const { gossip, log } = aNode(test, { bootstrappers: [{ host: "127.0.0.1", port: 1 }] });
    await gossip.start();
    await log.until("dialFailed");
    const module = await gossip.connect();
    await module.announce(1, "kept for later");
    assert.match(
      gossip.status().bootstrap.summary,
      /^0 of 8 links: bootstrapper 127\.0\.0\.1:1 refused (once|\d times), (next try in \d+ s|trying now; dialling 1 address)$/,
    );
    await module.close();
  });

  it("serves its state on the control socket and takes the socket away at the end", async (test) => {
    const { gossip } = aNode(test);
    await gossip.start();
    const socketPath = join(gossip.config.dataDir, "control.sock");
    const asked = request({ socketPath, path: "/status", agent: false }).end();
    const [response] = (await once(asked, "response")) as [IncomingMessage];
    const status = (await json(response)) as GossipStatus;
    assert.equal(status.pid, process.pid);
    assert.equal(status.p2p, `127.0.0.1:${p2pOf(gossip).port}`);
    assert.equal(status.counters.totals.linkClosed, 0);
    await gossip.stop();
    assert.equal(existsSync(socketPath), false);
    assert.equal(existsSync(join(gossip.config.dataDir, "lock")), false);
  });

  it("closes everything again when an address is taken", async (test) => {
    const taken = createServer().listen(0, "127.0.0.1");
    await once(taken, "listening");
    const { port } = taken.address() as AddressInfo;
    const { gossip } = aNode(test, { p2pAddress: { host: "127.0.0.1", port } });
    await assert.rejects(gossip.start(), (error) => {
      assert.ok(error instanceof AddressInUseError);
      assert.equal(error.socket, "p2p_address");
      return true;
    });
    assert.equal(gossip.apiAddress, undefined);
    assert.equal(existsSync(join(gossip.config.dataDir, "lock")), false);
    taken.close();
  });

  it("refuses a data folder that another node uses, and one that is none", async (test) => {
    const first = aNode(test);
    await first.gossip.start();
    const second = aNode(test, { dataDir: first.gossip.config.dataDir });
    await assert.rejects(second.gossip.start(), DataDirLockedError);
    const third = aNode(test, { dataDir: join(first.gossip.config.dataDir, "lock") });
    await assert.rejects(third.gossip.start(), DataDirUnusableError);
  });

  it("resets its modules and ends its links when it stops", async (test) => {
    const { gossip, log } = aNode(test);
    await gossip.start();
    const module = await dial(apiOf(gossip));
    module.write(encodeFrame(new GossipNotify(1)));
    await log.until("subscribed");
    const peer = await anEstablishedPeer(p2pOf(gossip));
    const reset = new Promise((resolve) => module.on("error", resolve));
    const peerEnded = once(peer, "end");
    await gossip.stop();
    assert.equal(((await reset) as NodeJS.ErrnoException).code, "ECONNRESET");
    await peerEnded;
    peer.destroy();
  });

  it("stops although a peer takes nothing of what is queued for it", async (test) => {
    const { gossip } = aNode(test);
    await gossip.start();
    const peer = await anEstablishedPeer(p2pOf(gossip));
    peer.pause();
    const module = await gossip.connect();
    const data = new Uint8Array(60_000);
    const isQueued = (): boolean => gossip.status().links.some(({ queueBytes }) => queueBytes > 0);
    for (let sent = 0; sent < 1_000 && !isQueued(); sent++) {
      await module.announce(1, data, { ttl: 1 });
    }
    assert.ok(isQueued());
    await gossip.stop();
    peer.destroy();
    await module.close();
  });

  it("may be stopped at any time and any number of times", async (test) => {
    const never = aNode(test);
    await never.gossip.stop();
    await assert.rejects(never.gossip.start(), /started once/);
    const early = aNode(test);
    const started = early.gossip.start();
    await Promise.all([early.gossip.stop(), early.gossip.stop(), started]);
    await assert.rejects(early.gossip.connect(), /stopped, not running/);
    assert.deepEqual(early.log.names.slice(-2), ["stopping", "stopped"]);
  });

  it("closes everything and says so when something of ours is broken", async (test) => {
    let onFatal: (error: unknown) => void = () => undefined;
    const fatal = new Promise((resolve) => (onFatal = resolve));
    const bug = new Error("bug");
    const { gossip, log } = aNode(
      test,
      {},
      {
        onFatal,
        onTrace: ({ kind }) => {
          if (kind === "itemAnnounced") throw bug;
        },
      },
    );
    await gossip.start();
    const peer = await dial(p2pOf(gossip));
    peer.resume();
    const peerClosed = once(peer, "close");
    const module = await gossip.connect();
    await module.announce(1, "x");
    assert.equal(await fatal, bug);
    await peerClosed;
    assert.equal(gossip.apiAddress, undefined);
    assert.equal(log.names.filter((name) => name === "fatal").length, 1);
  });

  it("logs no payload, challenge or nonce at any level", async (test) => {
    const { gossip, log } = aNode(test);
    await gossip.start();
    const secret = "tell nobody";
    const module = await gossip.connect();
    module.subscribe(1);
    await module.announce(1, secret);
    const peer = await dial(p2pOf(gossip));
    const [init] = (await once(peer, "data")) as [Buffer];
    const nonce = Buffer.from("0123456789abcdef", "hex");
    peer.write(encodeFrame(new P2PVerify(nonce)));
    await log.until("linkEstablished");
    peer.end(Buffer.from("0003ffff", "hex"));
    await log.until("linkClosed");
    await module.close();
    await gossip.stop();
    const all = log.lines.join("");
    for (const bytes of [Buffer.from(secret), init.subarray(4), nonce]) {
      for (const encoding of ["utf8", "latin1", "hex", "base64"] as const) {
        assert.ok(!all.includes(bytes.toString(encoding)), `${encoding} of a secret in the log`);
      }
    }
    assert.ok(log.lines.length > 5);
  });

  it("leaves nothing behind that keeps a process alive, even when stopped amid a puzzle", async (test) => {
    const folder = aFolder(test);
    const script = `
      import { Config } from ${moduleText("../../src/daemon/config.js")};
      import { Gossip } from ${moduleText("../../src/daemon/gossip.js")};
      const here = { host: "127.0.0.1", port: 0 };
      const common = { apiAddress: here, p2pAddress: here, difficultyBits: 28 };
      const folder = ${JSON.stringify(folder)};
      const first = new Gossip(Config.defaults({ ...common, dataDir: folder + "/1" }));
      await first.start();
      const bootstrappers = [first.p2pAddress];
      const config = Config.defaults({ ...common, bootstrappers, dataDir: folder + "/2" });
      await new Promise((resolve) => {
        const stop = () => resolve(second.stop());
        const logger = {
          say: (event) => console.error(event),
          // The puzzle may also be solved before there is any progress to report.
          report: (event) => (event.name === "linkEstablished" ? stop() : console.error(event)),
          close: () => Promise.resolve(),
        };
        const second = new Gossip(config, { logger, onProofProgress: stop });
        second.start().then(() => second.connect()).then((module) => module.announce(1, "x"));
      });
      await first.stop();
      console.log("stopped");
    `;
    const file = join(folder, "start-and-stop.mjs");
    writeFileSync(file, script);
    const { stdout } = await promisify(execFile)(process.execPath, [file], { timeout: 30_000 });
    assert.equal(stdout, "stopped\n");
    assert.deepEqual(readdirSync(join(folder, "2")), ["addresses.json"]);
  });
});

const moduleText = (path: string): string => JSON.stringify(new URL(path, import.meta.url).href);
