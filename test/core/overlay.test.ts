import assert from "node:assert/strict";
import { describe, it } from "node:test";
import type { CoreConfig } from "../../src/core/core-config.ts";
import { OverlayNetwork } from "../support/overlay-network.ts";
import type { NetworkNode } from "../support/overlay-network.ts";

const BOOTSTRAPPER = { host: "127.0.0.1", port: 6001 };

function network(size: number, config: Partial<CoreConfig> = {}): OverlayNetwork {
  const net = new OverlayNetwork();
  net.add({ ...config, address: BOOTSTRAPPER });
  for (let at = 1; at < size; at++) {
    const address = { host: "127.0.0.1", port: 6001 + at };
    net.add({ ...config, address, bootstrappers: [BOOTSTRAPPER] });
  }
  return net;
}

describe("an overlay of ours [protocol §6, §7]", () => {
  it("grows from one bootstrapper until every node has its outbound links", () => {
    const net = network(30);
    net.advance(30_000);
    const outbound = net.nodes.slice(1).map((node) => node.links("outbound"));
    assert.ok(
      outbound.every((links) => links >= 8),
      `outbound links: ${outbound.join(" ")}`,
    );
  });

  it("delivers to all living nodes after the bootstrapper and a third of the rest are gone", () => {
    const net = network(30);
    net.advance(30_000);
    for (const node of net.nodes) node.subscribe(1337);
    const dead = net.nodes.filter((_, at) => at % 3 === 0);
    for (const node of dead) node.kill();
    net.advance(1_000);
    const living = net.nodes.filter((node) => node.isAlive);
    living[3]?.announce(1337, "still here");
    net.advance(1_000);
    const missed = living.filter((node, at) => at !== 3 && !node.heard.includes("still here"));
    assert.deepEqual(
      missed.map(({ address }) => address.port),
      [],
    );
    net.advance(50_000);
    const lonely = living.filter(
      (node) => node.links("outbound") < 8 && node.links() < living.length - 1,
    );
    assert.deepEqual(
      lonely.map((node) => `${node.address.port}: ${node.links("outbound")}`),
      [],
    );
  });

  it("forms again from the address books, without the bootstrapper", () => {
    const net = network(30);
    net.advance(60_000);
    const books = net.nodes.map((node) => node.core.savedBook());
    const again = new OverlayNetwork();
    for (const [at, node] of net.nodes.entries()) {
      if (at === 0) continue;
      const book = books[at];
      assert.ok(book !== undefined);
      again.add({ address: node.address, bootstrappers: [BOOTSTRAPPER], book });
    }
    again.advance(10_000);
    const outbound = again.nodes.map((node) => node.links("outbound"));
    assert.ok(
      outbound.every((links) => links >= 8),
      outbound.join(" "),
    );
  });

  it("never sends a base peer a frame above 507", () => {
    const net = new OverlayNetwork();
    net.add({ address: BOOTSTRAPPER });
    for (let at = 1; at < 12; at++) {
      const extensions = at % 2 === 0 ? "on" : "off";
      const address = { host: "127.0.0.1", port: 6001 + at };
      net.add({ address, bootstrappers: [BOOTSTRAPPER], extensions });
    }
    net.advance(120_000);
    const isBase = (node: NetworkNode): boolean => node.address.port % 2 === 0;
    const base = new Set(net.nodes.filter(isBase).map(({ address }) => address.port));
    for (const node of net.nodes) {
      const extended = node.sent.filter(
        ({ to, kind }) => base.has(to.port) && !kind.startsWith("p2p"),
      );
      assert.deepEqual(extended, []);
    }
    for (const node of net.nodes) node.subscribe(7);
    net.nodes[3]?.announce(7, "mixed");
    net.advance(1_000);
    const missed = net.nodes.filter((node, at) => at !== 3 && !node.heard.includes("mixed"));
    assert.equal(missed.length, 0);
  });
});
