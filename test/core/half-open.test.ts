import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { HALF_OPEN_MAX, HalfOpenLinks } from "../../src/core/half-open.ts";
import type { Link } from "../../src/core/link.ts";
import { LinkMaker } from "../support/core-links.ts";

/** Adds links of these hosts without asking for admission. */
function fill(halfOpen: HalfOpenLinks, links: LinkMaker, hosts: readonly string[]): Link[] {
  return hosts.map((host) => {
    const link = links.halfOpen(host);
    halfOpen.add(link);
    return link;
  });
}

/** `count` hosts, each in a /16 of its own. */
const farApart = (count: number): string[] =>
  Array.from({ length: count }, (_, n) => `${1 + (n >>> 8)}.${n & 255}.0.1`);

describe("[protocol §3.5] half-open links", () => {
  it("are eight per address at most", () => {
    const [halfOpen, links] = [new HalfOpenLinks(), new LinkMaker()];
    for (let n = 0; n < 8; n++) {
      const link = links.halfOpen("203.0.113.1");
      assert.ok(halfOpen.mayAdmit(link.hostKey));
      halfOpen.add(link);
    }
    assert.equal(halfOpen.mayAdmit(links.halfOpen("203.0.113.1").hostKey), false);
    assert.equal(halfOpen.mayAdmit(links.halfOpen("::ffff:203.0.113.1").hostKey), false);
    assert.ok(halfOpen.mayAdmit(links.halfOpen("203.0.113.2").hostKey));
  });

  it("are eight per IPv6 /64 at most", () => {
    const [halfOpen, links] = [new HalfOpenLinks(), new LinkMaker()];
    fill(
      halfOpen,
      links,
      Array.from({ length: 8 }, (_, n) => `2001:db8:0:1:${n}::1`),
    );
    assert.equal(halfOpen.mayAdmit(links.halfOpen("2001:db8:0:1:ffff::").hostKey), false);
    assert.ok(halfOpen.mayAdmit(links.halfOpen("2001:db8:0:2::1").hostKey));
  });

  it("make room for their host again when they go", () => {
    const [halfOpen, links] = [new HalfOpenLinks(), new LinkMaker()];
    const [first] = fill(halfOpen, links, Array<string>(8).fill("203.0.113.1"));
    assert.ok(first !== undefined);
    halfOpen.remove(first);
    halfOpen.remove(first);
    assert.ok(halfOpen.mayAdmit(first.hostKey));
    assert.equal(halfOpen.size, 7);
  });

  it("of exempt ranges each count as a host and a group of their own", () => {
    const [halfOpen, links] = [new HalfOpenLinks(), new LinkMaker(["127.0.0.0/8", "::1"])];
    fill(halfOpen, links, Array<string>(20).fill("127.0.0.1"));
    assert.ok(halfOpen.mayAdmit(links.halfOpen("127.0.0.1").hostKey));
    const [a, b] = [links.halfOpen("::1"), links.halfOpen("::1")];
    assert.notEqual(a.hostKey, b.hostKey);
    assert.notEqual(a.groupKey, b.groupKey);
  });

  it("have no victim while there is room", () => {
    const [halfOpen, links] = [new HalfOpenLinks(), new LinkMaker()];
    fill(halfOpen, links, farApart(HALF_OPEN_MAX));
    assert.equal(halfOpen.victim(), undefined);
  });

  it("give up the oldest of the host that holds most", () => {
    const [halfOpen, links] = [new HalfOpenLinks(), new LinkMaker()];
    fill(halfOpen, links, farApart(HALF_OPEN_MAX - 3));
    const flood = fill(halfOpen, links, Array<string>(4).fill("198.51.100.7"));
    assert.equal(halfOpen.victim(), flood[0]);
  });

  it("give up the oldest of the group that holds most when all hosts hold the same", () => {
    const [halfOpen, links] = [new HalfOpenLinks(), new LinkMaker()];
    const honest = fill(halfOpen, links, farApart(HALF_OPEN_MAX - 3));
    const flood = fill(halfOpen, links, ["9.9.1.1", "9.9.1.2", "9.9.1.3", "9.9.1.4"]);
    assert.equal(halfOpen.victim(), flood[0]);
    for (const link of flood) halfOpen.remove(link);
    fill(halfOpen, links, ["8.1.0.1", "8.2.0.1", "8.3.0.1", "8.4.0.1"]);
    assert.equal(halfOpen.victim(), honest[0]);
  });
});
