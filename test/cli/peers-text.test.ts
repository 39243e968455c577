import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { isDeepStrictEqual } from "node:util";
import { peersText } from "../../src/cli/peers-text.ts";
import { PLAIN } from "../../src/cli/style.ts";
import { linkId } from "../../src/core/ports.ts";
import type { AddressStatus, LinkStatus, PeersStatus } from "../../src/monitor/status.ts";

const aLink = (differences: Partial<LinkStatus> = {}): LinkStatus => ({
  link: linkId(1),
  direction: "outbound",
  remote: "10.0.0.1:6001",
  phase: "established",
  peer: "extended",
  listensAt: "10.0.0.1:6001",
  delayMs: 12,
  openForMs: 65_000,
  reading: "open",
  queueBytes: 0,
  queueFrames: 0,
  itemsIn: 1_234,
  itemsOut: 5,
  framesDropped: 0,
  ...differences,
});

const anAddress = (differences: Partial<AddressStatus> = {}): AddressStatus => ({
  address: "10.0.0.9:6001",
  table: "new",
  state: "ready",
  failures: 0,
  proofsWasted: 0,
  lastFailure: "none",
  retryInMs: 0,
  ...differences,
});

const peers = (differences: Partial<PeersStatus> = {}): PeersStatus => ({
  links: [],
  bootstrap: { summary: "0 of 8 links: no other address is known", addresses: [] },
  overlay: {
    extensions: "on",
    outboundLinks: 0,
    outboundLinksTarget: 8,
    shortage: { kind: "nobodyElse" },
  },
  addresses: [],
  ...differences,
});

const linesOf = (differences: Partial<PeersStatus>): string[] =>
  peersText(peers(differences), PLAIN);

function assertRows(lines: readonly string[], rows: readonly (readonly string[])[]): void {
  const cells = lines.map((line) => line.trim().split(/ {2,}/));
  for (const row of rows) {
    assert.ok(
      cells.some((found) => isDeepStrictEqual(found, row)),
      `${row.join(" | ")} in\n${lines.join("\n")}`,
    );
  }
}

describe("the peers of a node, in words", () => {
  it("begin with how many links there are and why not more", () => {
    assert.deepEqual(linesOf({}), [
      "0 of 8 links: no other address is known.",
      "",
      "Links",
      "  none",
      "",
      "Known addresses without a link",
      "  none",
    ]);
  });

  it("have a row for each link: who, by whom, which protocol, since when, ping, items", () => {
    const inbound = aLink({
      link: linkId(2),
      direction: "inbound",
      remote: "10.0.0.2:40000",
      peer: "base",
      listensAt: null,
      delayMs: null,
    });
    const solving = aLink({ link: linkId(3), phase: "solving", peer: "unknown" });
    assertRows(linesOf({ links: [aLink(), inbound, solving] }), [
      ["1", "10.0.0.1:6001", "us", "extended", "10.0.0.1:6001", "1 min 5 s", "12 ms", "1,234", "5"],
      ["2", "10.0.0.2:40000", "the peer", "base", "-", "1 min 5 s", "-", "1,234", "5"],
      ["3", "10.0.0.1:6001", "us", "solving", "10.0.0.1:6001", "1 min 5 s", "12 ms", "1,234", "5"],
    ]);
  });

  it("say why an address has no link, and when it is tried again, soonest first", () => {
    const refused = anAddress({
      table: "tried",
      state: "waiting",
      failures: 3,
      lastFailure: "refused",
      retryInMs: 4_000,
    });
    const wasted = anAddress({
      address: "10.0.0.8:6001",
      state: "waiting",
      proofsWasted: 1,
      lastFailure: "remoteClosed",
      retryInMs: 30_000,
    });
    const dialed = anAddress({ address: "10.0.0.7:6001", state: "dialing" });
    const linked = anAddress({ address: "10.0.0.6:6001", state: "linked" });
    const lines = linesOf({ addresses: [anAddress(), wasted, refused, linked, dialed] });
    assertRows(lines, [
      ["10.0.0.7:6001", "heard of", "0", "0", "-", "now"],
      ["10.0.0.9:6001", "connected before", "3", "0", "refused", "in 4.0 s"],
      ["10.0.0.8:6001", "heard of", "0", "1", "remoteClosed", "in 30 s"],
      ["10.0.0.9:6001", "heard of", "0", "0", "-", "when needed"],
    ]);
    const shown = lines.filter((line) => line.includes("10.0.0.")).map((line) => line.trim());
    assert.deepEqual(
      shown.map((line) => line.slice(0, 8)),
      ["10.0.0.7", "10.0.0.9", "10.0.0.8", "10.0.0.9"],
      "what is linked is in the other table",
    );
  });

  it("show bootstrappers that have no link", () => {
    const bootstrap: PeersStatus["bootstrap"] = {
      summary: "0 of 8 links: bootstrapper 10.0.0.1:6001 refused 12 times, next try in 31 s",
      addresses: [
        {
          address: "10.0.0.1:6001",
          state: "waiting",
          failures: 12,
          lastFailure: "refused",
          retryInMs: 30_200,
        },
      ],
    };
    assertRows(linesOf({ bootstrap }), [
      ["Bootstrappers without a link"],
      ["10.0.0.1:6001", "12", "refused", "in 30 s"],
    ]);
  });

  it("show twenty addresses and count the others", () => {
    const addresses = Array.from({ length: 1_250 }, (_, index) =>
      anAddress({ address: `10.1.${index >> 8}.${index & 0xff}:6001` }),
    );
    const lines = linesOf({ addresses });
    assert.equal(lines.filter((line) => line.includes("10.1.")).length, 20);
    assert.equal(lines.at(-1), "  and 1,230 more: --json has all of them");
  });
});
