import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { AddressBook } from "../../src/core/address-book.ts";
import type { BookEntry } from "../../src/core/address-book.ts";
import { instant } from "../../src/core/ports.ts";
import type { PeerAddress } from "../../src/core/ports.ts";
import { SeededRandom, sha256 } from "../support/core-harness.ts";
import { addressOf, bookOf } from "../support/extended-links.ts";

const NOW = instant(1_000_000);

const aBook = (seed = 1): AddressBook => new AddressBook(new SeededRandom(seed), sha256);

function heard(book: AddressBook, address: PeerAddress, group: string, source = "s"): BookEntry {
  book.hear(address, group, source, NOW);
  const entry = book.get(address);
  assert.ok(entry !== undefined, `${address.host} found no place`);
  return entry;
}

const at = (host: string, port = 1): PeerAddress => ({ host, port });

/** Two addresses of one group that want the same place in *tried*. */
function rivals(book: AddressBook): readonly [BookEntry, BookEntry] {
  for (let port = 1; port < 2_000; port++) {
    book.hear(at("h", port), "g", `${port}`, NOW);
    const entry = book.get(at("h", port));
    if (entry === undefined) continue;
    const outcome = book.onAlive(entry, NOW);
    if (outcome.kind === "contested") return [outcome.occupant, entry];
  }
  throw new Error("no rivals");
}

/** The share of 256 or 64 buckets that an adversary with so many groups can put addresses into. */
function shareReached(table: "new" | "tried", groups: number, seed: number): number {
  const book = aBook(seed);
  const buckets = new Set<number>();
  for (let group = 0; group < groups; group++) {
    // Whatever the adversary claims of other groups, its own group as source decides.
    for (let claimed = 0; claimed < 40; claimed++) {
      const address = at(`${group}.${claimed}`);
      book.hear(address, table === "new" ? `${claimed}` : `${group}`, `${group}`, NOW);
      const entry = book.get(address);
      if (entry === undefined) continue;
      if (table === "tried") book.onAlive(entry, NOW);
      if (entry.table === table) buckets.add(entry.slot >> 4);
    }
  }
  return buckets.size / (table === "new" ? 256 : 64);
}

describe("[protocol §7.2] the buckets of the address book", () => {
  for (const [table, groups, wanted] of [
    ["tried", 16, 0.22],
    ["tried", 64, 0.635],
    ["new", 16, 0.22],
    ["new", 64, 0.635],
  ] as const) {
    it(`${groups} groups reach about ${wanted * 100} % of ${table}`, () => {
      const shares = Array.from({ length: 60 }, (_, seed) => shareReached(table, groups, seed + 1));
      const mean = shares.reduce((sum, share) => sum + share, 0) / shares.length;
      assert.ok(Math.abs(mean - wanted) < 0.02, `${mean}`);
    });
  }

  it("give one source group four buckets of new, whatever it says", () => {
    const book = aBook();
    for (let n = 0; n < 10_000; n++) book.hear(at(`${n}`), `${n % 700}`, "one source", NOW);
    const buckets = new Set([...book.entries()].map(({ slot }) => slot >> 4));
    assert.equal(buckets.size, 4);
    assert.equal(book.newCount, 64);
  });

  it("give one group of addresses one bucket of tried", () => {
    const book = aBook();
    for (let n = 0; n < 3_000; n++) {
      book.hear(at("h", n), "g", `${n}`, NOW);
      const entry = book.get(at("h", n));
      if (entry !== undefined) book.onAlive(entry, NOW);
    }
    assert.equal(book.triedCount, 16);
  });

  it("differ from node to node, so that nobody can tell where an address lands", () => {
    const slots = [1, 2, 3, 4, 5].map((seed) => heard(aBook(seed), at("a"), "g").slot);
    assert.ok(new Set(slots).size > 3);
  });
});

describe("[protocol §7.2] an address that is heard of", () => {
  it("gets one place, however often and by whomever it is told", () => {
    const book = aBook();
    const { slot } = heard(book, at("a"), "g", "first");
    for (let n = 0; n < 100; n++) book.hear(at("a"), "g", `source ${n}`, NOW);
    assert.deepEqual([book.newCount, book.get(at("a"))?.slot], [1, slot]);
  });

  it("takes the place of another only if that was useless", () => {
    const book = aBook();
    const entries: BookEntry[] = [];
    for (let n = 0; n < 500; n++) book.hear(at("h", n), "g", "s", NOW);
    entries.push(...book.entries());
    assert.equal(entries.length, 16);
    const [useless, ...others] = entries;
    assert.ok(useless !== undefined);
    for (let failure = 0; failure < 3; failure++) book.onSilent(useless, 1, NOW, Infinity);
    for (let n = 500; n < 1_000; n++) book.hear(at("h", n), "g", "s", NOW);
    assert.equal(book.get(useless.address), undefined);
    for (const other of others) assert.equal(book.get(other.address), other);
  });

  it("that had to make room while it was dialled does not come back into another's place", () => {
    const book = aBook();
    for (let n = 0; n < 500; n++) book.hear(at("h", n), "g", "s", NOW);
    const [useless] = book.entries();
    assert.ok(useless !== undefined);
    for (let failure = 0; failure < 3; failure++) book.onSilent(useless, 1, NOW, Infinity);
    for (let n = 500; n < 1_000; n++) book.hear(at("h", n), "g", "s", NOW);
    assert.deepEqual(book.onAlive(useless, NOW), { kind: "placed" });
    assert.deepEqual([book.newCount, book.triedCount], [16, 0]);
    assert.equal([...book.entries()].length, 16);
  });
});

describe("[protocol §7.2] an address that answered", () => {
  it("moves from new to tried, is young again and may be dialled", () => {
    const book = aBook();
    const entry = heard(book, at("a"), "g");
    book.onSilent(entry, 60_000, NOW, Infinity);
    const later = instant(NOW + 5);
    assert.deepEqual(book.onAlive(entry, later), { kind: "placed" });
    assert.deepEqual([book.newCount, book.triedCount], [0, 1]);
    assert.deepEqual([entry.failures, entry.aliveAt, entry.notBefore], [0, later, later]);
  });

  it("waits in new while its place in tried is taken, and gets it when the occupant is silent", () => {
    const book = aBook();
    const [occupant, newcomer] = rivals(book);
    const { slot } = occupant;
    assert.equal(newcomer.table, "new");
    book.evict(occupant, newcomer);
    assert.equal(book.get(occupant.address), undefined);
    assert.deepEqual([newcomer.table, newcomer.slot], ["tried", slot]);
  });

  it("is given up after ten failures in a row", () => {
    const book = aBook();
    const entry = heard(book, at("a"), "g");
    book.onAlive(entry, NOW);
    for (let failure = 0; failure < 9; failure++) book.onSilent(entry, 1, NOW, Infinity);
    assert.equal(book.triedCount, 1);
    book.onSilent(entry, 1, NOW, Infinity);
    assert.deepEqual([book.triedCount, book.get(at("a"))], [0, undefined]);
  });

  it("is not given up by failures that do not count", () => {
    const book = aBook();
    const entry = heard(book, at("a"), "g");
    book.onAlive(entry, NOW);
    for (let failure = 0; failure < 50; failure++) book.onSilent(entry, 1, NOW, 6);
    assert.deepEqual([book.triedCount, entry.failures], [1, 6]);
  });
});

describe("[protocol §7.2] the choice", () => {
  it("is uniform within a group, and does not prefer fresh addresses", () => {
    const book = aBook();
    for (let port = 1; port < 400; port++) {
      book.hear(at("h", port), "g", `${port}`, instant(NOW + port));
      const entry = book.get(at("h", port));
      if (entry !== undefined) book.onAlive(entry, instant(NOW + port));
    }
    const tried = [...book.entries()].filter(({ table }) => table === "tried");
    assert.equal(tried.length, 16);
    const drawn = new Map<BookEntry, number>();
    const draws = 16_000;
    for (let n = 0; n < draws; n++) {
      const entry = book.choose(({ table }) => table === "tried");
      assert.ok(entry !== undefined);
      drawn.set(entry, (drawn.get(entry) ?? 0) + 1);
    }
    for (const entry of tried) {
      const share = (drawn.get(entry) ?? 0) / draws;
      assert.ok(share > 0.05 && share < 0.075, `${share}`);
    }
  });

  it("takes either table half of the time, however full they are", () => {
    const book = aBook();
    for (let n = 0; n < 3_000; n++) book.hear(at(`${n}`), `${n}`, `${n}`, NOW);
    book.onAlive(heard(book, at("tried"), "t", "t"), NOW);
    let tried = 0;
    for (let n = 0; n < 2_000; n++) if (book.choose(() => true)?.table === "tried") tried++;
    assert.ok(tried > 900 && tried < 1_100, `${tried} of 2000`);
  });

  it("finds the only wanted one", () => {
    const book = aBook();
    for (let n = 0; n < 1_000; n++) book.hear(at(`${n}`), `${n}`, `${n}`, NOW);
    const [wanted] = book.entries();
    assert.equal(
      book.choose((entry) => entry === wanted),
      wanted,
    );
    assert.equal(
      book.choose(() => false),
      undefined,
    );
    assert.equal(
      aBook().choose(() => true),
      undefined,
    );
  });

  it("of a sample holds no entry twice", () => {
    const book = aBook();
    for (let n = 0; n < 50; n++) book.hear(at(`${n}`), `${n}`, `${n}`, NOW);
    const sample = book.sample(32, () => true);
    assert.equal(new Set(sample).size, 32);
    assert.equal(book.sample(1_000, () => true).length, book.newCount);
  });
});

describe("[protocol §7.2] a restart", () => {
  const groupOf = ({ host }: PeerAddress): string => host.split(".").slice(0, 2).join(".");

  it("puts everything back where it was", () => {
    const book = aBook(1);
    for (let n = 0; n < 2_000; n++) {
      const address = at(`${n % 300}.${n}.0.1`);
      book.hear(address, groupOf(address), `${n % 40}`, instant(NOW - 5_000));
      const entry = book.get(address);
      if (entry !== undefined && n % 3 === 0) book.onAlive(entry, instant(NOW - 3_000));
      if (entry !== undefined && n % 7 === 0) book.onSilent(entry, 9_000, NOW, Infinity);
    }
    const saved = book.save(NOW, []);
    const again = aBook(2);
    again.restore(saved, groupOf, NOW);
    const seen = (one: AddressBook): string[] =>
      [...one.entries()]
        .map(({ address, table, slot, failures, aliveAt }) =>
          [address.host, table, slot, failures, aliveAt].join(" "),
        )
        .sort();
    assert.deepEqual(seen(again), seen(book));
    assert.ok([...again.entries()].every(({ notBefore }) => notBefore === 0));
  });

  it("keeps ages in time of its own, and the anchors", () => {
    const book = aBook();
    book.restore(bookOf(["a:1"], { ageSeconds: 77 }), groupOf, NOW);
    const anchors = [addressOf("a:1")];
    const saved = book.save(instant(NOW + 3_000), anchors);
    assert.equal(saved.entries[0]?.ageSeconds, 80);
    assert.deepEqual(saved.anchors, anchors);
    assert.equal(saved.secret, "5a".repeat(16));
  });

  it("leaves out what is there twice, and survives a secret that is none", () => {
    const book = aBook();
    book.restore({ ...bookOf(["a:1", "a:1"]), secret: "no" }, groupOf, NOW);
    assert.equal(book.triedCount, 1);
  });

  it("says when the next address may be dialled", () => {
    const book = aBook();
    book.restore(bookOf(["a:1", "b:1"]), groupOf, NOW);
    assert.equal(book.nextDialableAt(NOW), undefined);
    for (const [index, entry] of [...book.entries()].entries()) {
      book.onSilent(entry, 500 * (index + 1), NOW, Infinity);
    }
    assert.equal(book.nextDialableAt(NOW), NOW + 500);
    assert.equal(book.nextDialableAt(instant(NOW + 500)), NOW + 1_000);
  });
});
