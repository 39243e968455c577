import assert from "node:assert/strict";
import { once } from "node:events";
import { createServer } from "node:net";
import type { AddressInfo } from "node:net";
import { describe, it } from "node:test";

import { blackHole } from "./support/black-hole.ts";
import { Daemon } from "./support/daemon.ts";
import type { Settings } from "./support/daemon.ts";
import { loadData } from "./support/load.ts";
import type { Scope } from "./support/patience.ts";
import { RawModule } from "./support/raw-module.ts";
import { RawPeer, anItem } from "./support/raw-peer.ts";
import { total } from "./support/status.ts";

const topic = 1337;

interface Finding {
  readonly severity: string;
  readonly cause: string;
  readonly what: string;
  readonly advice: string;
}

/** What the doctor says, as causes of faults; the exit code must say the same. */
async function faultsOf(t: Scope, commandLine: readonly string[]): Promise<string[]> {
  const exit = await Daemon.runToExit(t, {}, { commandLine: ["doctor", "--json", ...commandLine] });
  assert.equal(exit.stderr, "");
  const findings = JSON.parse(exit.stdout) as readonly Finding[];
  for (const { what, advice } of findings) assert.ok(what !== "" && advice !== "");
  const faults = findings.filter(({ severity }) => severity === "fault");
  assert.equal(exit.code, faults.length > 0 ? 1 : 0);
  return faults.map(({ cause }) => cause);
}

const faultsAt = (t: Scope, daemon: Daemon, ...more: readonly string[]): Promise<string[]> =>
  faultsOf(t, ["--socket", daemon.controlSocket, ...more]);

/** A configuration that no daemon runs with: `doctor -c FILE`. */
async function faultsIn(t: Scope, settings: Settings): Promise<string[]> {
  const exit = await Daemon.runToExit(t, settings, { command: ["doctor", "--json", "-c"] });
  const findings = JSON.parse(exit.stdout) as readonly Finding[];
  return findings.filter(({ severity }) => severity === "fault").map(({ cause }) => cause);
}

describe("voidgossip doctor names the right cause", () => {
  it("of nothing, when nothing is wrong", async (t) => {
    const daemon = await Daemon.start(t);
    await RawModule.subscribed(t, daemon, topic);
    await RawPeer.dial(t, daemon);
    assert.deepEqual(await faultsAt(t, daemon, "--type", `${topic}`), []);
  });

  it("1: faults in the configuration", async (t) => {
    assert.deepEqual(await faultsIn(t, { degree: "many", cache_size: -1 }), ["config", "config"]);
  });

  it("2: a port that another process has", async (t) => {
    const other = createServer().listen(0, "127.0.0.1");
    await once(other, "listening");
    t.after(() => other.close());
    const { port } = other.address() as AddressInfo;
    assert.deepEqual(await faultsIn(t, { api_address: `127.0.0.1:${port}` }), ["portTaken"]);
  });

  it("3: a node that does not run", async (t) => {
    assert.deepEqual(await faultsIn(t, {}), ["notRunning"]);
  });

  it("4: a bootstrapper that refuses", async (t) => {
    const daemon = await Daemon.start(t, { bootstrapper: "127.0.0.1:1" });
    await RawModule.subscribed(t, daemon, topic);
    await daemon.event("dialFailed");
    assert.deepEqual(await faultsAt(t, daemon), ["bootstrapRefused"]);
  });

  it("5: a bootstrapper that does not answer", async (t) => {
    const daemon = await Daemon.start(t, { bootstrapper: await blackHole(t) });
    await RawModule.subscribed(t, daemon, topic);
    await daemon.event("dialFailed", { reason: "timedOut" });
    assert.deepEqual(await faultsAt(t, daemon), ["bootstrapSilent"]);
  });

  it("6: a bootstrapper whose name leads nowhere", async (t) => {
    const daemon = await Daemon.start(t, { bootstrapper: "nowhere.invalid:6001" });
    await RawModule.subscribed(t, daemon, topic);
    await daemon.event("dialFailed", { reason: "unknownHost" });
    assert.deepEqual(await faultsAt(t, daemon), ["bootstrapUnknown"]);
  });

  it("7: another pow_difficulty than the rest of the network", async (t) => {
    const strict = await Daemon.start(t, { pow_difficulty: 20 });
    const lax = await Daemon.start(t, { bootstrapper: strict.p2pAuthority, pow_difficulty: 0 });
    await RawModule.subscribed(t, lax, topic);
    await lax.event("linkClosed");
    assert.deepEqual(await faultsAt(t, lax), ["proofsRefused"]);
  });

  it("8: a puzzle that is too hard for this machine", async (t) => {
    const other = await Daemon.start(t, { pow_difficulty: 28 });
    const settings = { bootstrapper: other.p2pAuthority, pow_difficulty: 28, pow_timeout: 1 };
    const daemon = await Daemon.start(t, { ...settings, pow_workers: 1 });
    await RawModule.subscribed(t, daemon, topic);
    assert.deepEqual(await faultsAt(t, daemon), ["puzzleTooSlow"]);
  });

  it("9: no subscriber, or none for the type", async (t) => {
    const daemon = await Daemon.start(t);
    assert.deepEqual(await faultsAt(t, daemon), ["noSubscriber"]);
    await RawModule.subscribed(t, daemon, topic);
    assert.deepEqual(await faultsAt(t, daemon, "--type", "9"), ["typeNotSubscribed"]);
  });

  it("10: verdicts that do not come", async (t) => {
    const daemon = await Daemon.start(t, { validation_timeout: 0.2 });
    await RawModule.subscribed(t, daemon, topic);
    const peer = await RawPeer.dial(t, daemon);
    peer.send(anItem(topic, "hello?"));
    await daemon.statusUntil("the deadline", (status) => total(status, "itemExpired") > 0);
    assert.deepEqual(await faultsAt(t, daemon), ["verdictsMissing"]);
  });

  it("11: modules that reject everything", async (t) => {
    const daemon = await Daemon.start(t);
    const module = await RawModule.subscribed(t, daemon, topic);
    const peer = await RawPeer.dial(t, daemon);
    peer.send(anItem(topic, "no"));
    module.reject(await module.nextNotification("the item"));
    await daemon.statusUntil("the verdict", (status) => total(status, "itemRejected") > 0);
    assert.deepEqual(await faultsAt(t, daemon), ["modulesReject"]);
  });

  it("12: a module that reads too slowly", async (t) => {
    const daemon = await Daemon.start(t, { api_queue_bytes: 65_536 });
    const module = await RawModule.subscribed(t, daemon, topic);
    module.socket.stopReading();
    const speaker = await RawModule.connect(t, daemon);
    await RawPeer.dial(t, daemon);
    for (let item = 0; item < 8; item++) speaker.announce(topic, loadData(item));
    await daemon.statusUntil("a loss", (status) => total(status, "notificationsDropped") > 0);
    assert.deepEqual(await faultsAt(t, daemon), ["slowModule"]);
  });
});
