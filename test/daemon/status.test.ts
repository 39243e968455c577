import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { Counters } from "../../src/core/counters.ts";
import { linkId } from "../../src/core/ports.ts";
import type { BootstrapSnapshot, CoreSnapshot, LinkSnapshot } from "../../src/core/snapshot.ts";
import { Config } from "../../src/daemon/config.ts";
import { describeBootstrap, effectiveConfig, statusOf } from "../../src/daemon/status.ts";

const waiting: BootstrapSnapshot = {
  address: { host: "10.0.0.1", port: 6001 },
  state: "waiting",
  failures: 12,
  lastFailure: "refused",
  retryInMs: 30_200,
};

const link: LinkSnapshot = {
  link: linkId(1),
  direction: "outbound",
  remote: { host: "::1", port: 9 },
  phase: "established",
  peer: "extended",
  delayMs: 12,
  openForMs: 5,
  reading: "open",
  queueBytes: 0,
  queueFrames: 0,
  itemsIn: 0,
  itemsOut: 0,
  framesDropped: 0,
};

function aSnapshot(parts: Partial<CoreSnapshot> = {}): CoreSnapshot {
  const counters = new Counters().snapshot();
  return { links: [], subscribers: [], stores: [], bootstrap: [], counters, ...parts };
}

describe("the status", () => {
  it("says in words how joining goes", () => {
    const said = (...bootstrap: BootstrapSnapshot[]): string =>
      describeBootstrap(aSnapshot({ bootstrap }));
    assert.equal(
      said(waiting),
      "0 links: bootstrapper 10.0.0.1:6001 refused 12 times, next try in 31 s",
    );
    assert.equal(
      said({ ...waiting, failures: 1, lastFailure: "timedOut", state: "dialing" }),
      "0 links: bootstrapper 10.0.0.1:6001 did not answer once, trying now",
    );
    assert.equal(
      said({ ...waiting, failures: 0, lastFailure: "none", state: "dialing" }),
      "0 links: bootstrapper 10.0.0.1:6001 trying now",
    );
    assert.equal(
      said({ ...waiting, state: "linked" }, waiting),
      "0 links: bootstrapper 10.0.0.1:6001 linked; " +
        "bootstrapper 10.0.0.1:6001 refused 12 times, next try in 31 s",
    );
    assert.equal(said(), "0 links: no bootstrapper is configured, others come to us");
  });

  it("counts established links only", () => {
    const halfOpen: LinkSnapshot = { ...link, phase: "awaitingVerify" };
    assert.match(describeBootstrap(aSnapshot({ links: [link, halfOpen] })), /^1 link:/);
  });

  it("survives a way through JSON unchanged", () => {
    const status = statusOf(aSnapshot({ links: [link], bootstrap: [waiting] }), {
      phase: "running",
      uptimeMs: 1,
      api: { host: "127.0.0.1", port: 7001 },
      p2p: { host: "::", port: 6001 },
      monitor: undefined,
      dataDir: "/tmp/x",
      proof: undefined,
      eventLoopDelay: { p50Ms: 0, p99Ms: 0, maxMs: 0 },
    });
    assert.deepEqual(JSON.parse(JSON.stringify(status)), status);
    assert.equal(status.p2p, "[::]:6001");
    assert.equal(status.links[0]?.remote, "[::1]:9");
    assert.equal(status.bootstrap.addresses[0]?.address, "10.0.0.1:6001");
    assert.match(status.version, /^\d+\.\d+\.\d+/);
  });
});

describe("the configuration in effect", () => {
  it("is JSON with addresses and ranges as text", () => {
    const config = Config.defaults({
      bootstrappers: [{ host: "2001:db8::1", port: 6001 }],
      dataDir: "/tmp/x",
    });
    const effective = effectiveConfig(config);
    assert.deepEqual(JSON.parse(JSON.stringify(effective)), effective);
    assert.deepEqual(effective["bootstrappers"], ["[2001:db8::1]:6001"]);
    assert.equal(effective["apiAddress"], "127.0.0.1:7001");
    assert.ok((effective["localRanges"] as string[]).includes("fe80::/10"));
    assert.equal(effective["degree"], 30);
  });
});
