import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { DEFAULT_LIMITS } from "../../src/core/core-config.ts";
import { Counters } from "../../src/core/counters.ts";
import { linkId } from "../../src/core/ports.ts";
import type {
  BootstrapSnapshot,
  CoreSnapshot,
  LinkSnapshot,
  OverlaySnapshot,
  Shortage,
} from "../../src/core/snapshot.ts";
import { Config } from "../../src/daemon/config.ts";
import { describeLinks } from "../../src/daemon/overlay-words.ts";
import { effectiveConfig, peersOf, statusOf } from "../../src/daemon/status.ts";

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
  listensAt: { host: "::1", port: 9 },
  delayMs: 12,
  openForMs: 5,
  reading: "open",
  queueBytes: 0,
  queueFrames: 0,
  itemsIn: 0,
  itemsOut: 0,
  framesDropped: 0,
};

const overlay: OverlaySnapshot = {
  extensions: "on",
  outboundLinks: 0,
  outboundLinksTarget: 8,
  shortage: { kind: "nobodyElse" },
};

function aSnapshot(parts: Partial<CoreSnapshot> = {}): CoreSnapshot {
  const counters = new Counters().snapshot();
  return { links: [], subscribers: [], stores: [], bootstrap: [], overlay, counters, ...parts };
}

describe("the status", () => {
  it("says in words how joining goes", () => {
    const said = (...bootstrap: BootstrapSnapshot[]): string =>
      describeLinks(aSnapshot({ bootstrap }));
    assert.equal(
      said(waiting),
      "0 of 8 links: bootstrapper 10.0.0.1:6001 refused 12 times, next try in 31 s",
    );
    assert.equal(
      said({ ...waiting, failures: 1, lastFailure: "timedOut", state: "dialing" }),
      "0 of 8 links: bootstrapper 10.0.0.1:6001 did not answer once, trying now",
    );
    assert.equal(
      said({ ...waiting, failures: 0, lastFailure: "none", state: "dialing" }),
      "0 of 8 links: bootstrapper 10.0.0.1:6001 trying now",
    );
    assert.equal(
      said({ ...waiting, lastFailure: "stalled" }, waiting),
      "0 of 8 links: bootstrapper 10.0.0.1:6001 lost its link (stalled) 12 times, next try in 31 s; " +
        "bootstrapper 10.0.0.1:6001 refused 12 times, next try in 31 s",
    );
    assert.equal(said(), "0 of 8 links: no bootstrapper is configured, others come to us");
  });

  it("says in words why there are too few links", () => {
    const linked: BootstrapSnapshot = { ...waiting, state: "linked" };
    const inbound: LinkSnapshot = { ...link, direction: "inbound" };
    const said = (shortage: Shortage): string =>
      describeLinks(
        aSnapshot({
          links: [link, inbound],
          bootstrap: [linked],
          overlay: { ...overlay, outboundLinks: 1, shortage },
        }),
      );
    const start = "1 of 8 links, 1 more opened by others";
    assert.equal(said({ kind: "none" }), start);
    assert.equal(said({ kind: "nobodyElse" }), `${start}: no other address is known`);
    assert.equal(said({ kind: "proving", proofs: 1 }), `${start}: 1 proof of work under way`);
    assert.equal(said({ kind: "dialing", dials: 3 }), `${start}: dialling 3 addresses`);
    assert.equal(
      said({ kind: "proofBudget", retryInMs: 59_001 }),
      `${start}: all proofs of work that are allowed were spent, next one in 60 s`,
    );
    assert.equal(
      said({ kind: "sources", retryInMs: 4_000 }),
      `${start}: waiting for addresses from more than one neighbor, next try in 4 s`,
    );
    assert.equal(
      said({ kind: "backoff", addresses: 5, retryInMs: 700 }),
      `${start}: 5 other addresses failed lately, next try in 1 s`,
    );
  });

  it("counts established links only", () => {
    const halfOpen: LinkSnapshot = { ...link, phase: "awaitingVerify", direction: "inbound" };
    const ours = { ...overlay, outboundLinks: 1 };
    assert.match(
      describeLinks(aSnapshot({ links: [link, halfOpen], overlay: ours })),
      /^1 of 8 links:/,
    );
  });

  it("without extensions there are bootstrappers, and those who come", () => {
    const base: OverlaySnapshot = { ...overlay, extensions: "off", outboundLinksTarget: 1 };
    const parts = { overlay: base, links: [link] };
    assert.equal(
      describeLinks(aSnapshot({ ...parts, bootstrap: [{ ...waiting, state: "linked" }] })),
      "1 link: bootstrapper 10.0.0.1:6001 linked",
    );
    assert.equal(
      describeLinks(aSnapshot(parts)),
      "1 link: no bootstrapper is configured, others come to us",
    );
  });

  it("survives a way through JSON unchanged", () => {
    const status = statusOf(aSnapshot({ links: [link], bootstrap: [waiting] }), {
      phase: "running",
      startedAt: 1,
      uptimeMs: 1,
      api: { host: "127.0.0.1", port: 7001 },
      p2p: { host: "::", port: 6001 },
      monitor: undefined,
      dataDir: "/tmp/x",
      proof: undefined,
      eventLoopDelay: { p50Ms: 0, p99Ms: 0, maxMs: 0 },
      durations: { eventLoopDelay: { counts: [], sumMs: 0 }, proof: { counts: [], sumMs: 0 } },
      limits: DEFAULT_LIMITS,
      journal: { size: 1, sizeMax: 2 },
      eventReaders: 3,
    });
    assert.deepEqual(JSON.parse(JSON.stringify(status)), status);
    assert.equal(status.p2p, "[::]:6001");
    assert.equal(status.links[0]?.remote, "[::1]:9");
    assert.equal(status.bootstrap.addresses[0]?.address, "10.0.0.1:6001");
    assert.equal(status.links[0].listensAt, "[::1]:9");
    assert.match(status.version, /^\d+\.\d+\.\d+/);
  });
});

describe("the peers", () => {
  it("are the links and the address book, with addresses as text", () => {
    const peers = peersOf(aSnapshot({ links: [link] }), [
      {
        address: { host: "::1", port: 8 },
        table: "new",
        state: "waiting",
        failures: 2,
        proofsWasted: 0,
        lastFailure: "refused",
        retryInMs: 900,
      },
    ]);
    assert.deepEqual(JSON.parse(JSON.stringify(peers)), peers);
    assert.equal(peers.addresses[0]?.address, "[::1]:8");
    assert.equal(peers.links[0]?.remote, "[::1]:9");
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
