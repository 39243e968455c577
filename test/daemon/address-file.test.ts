import assert from "node:assert/strict";
import {
  existsSync,
  mkdirSync,
  readFileSync,
  rmdirSync,
  statSync,
  truncateSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import { describe, it } from "node:test";
import type { TestContext } from "node:test";
import type { SavedBook } from "../../src/core/saved-book.ts";
import { BOOK_FILE, BookWriter, loadBook, saveBook } from "../../src/daemon/address-file.ts";
import { aFolder } from "./support/folders.ts";
import { aNode } from "./support/nodes.ts";

const BOOK: SavedBook = {
  secret: "0123456789abcdef0123456789abcdef",
  anchors: [{ host: "203.0.113.1", port: 6001 }],
  entries: [
    {
      host: "203.0.113.1",
      port: 6001,
      sourceGroup: "4:203.0",
      table: "tried",
      ageSeconds: 77,
      failures: 0,
    },
    {
      host: "2001:db8::7",
      port: 65_535,
      sourceGroup: "6:32.1.13.184",
      table: "new",
      ageSeconds: 0,
      failures: 3,
    },
  ],
};

const bookPath = (test: TestContext): string => join(aFolder(test), BOOK_FILE);
const valid = (): Record<string, unknown> => ({ format: 1, ...structuredClone(BOOK) });

describe("[protocol §7.2] the file of the address book", () => {
  it("comes back as it was saved, readable by its owner alone", async (test) => {
    const path = bookPath(test);
    assert.deepEqual(await saveBook(path, BOOK), { kind: "saved" });
    assert.deepEqual(loadBook(path), { kind: "loaded", book: BOOK });
    assert.equal(statSync(path).mode & 0o777, 0o600);
  });

  it("is none at the first start", (test) => {
    assert.deepEqual(loadBook(bookPath(test)), { kind: "none" });
  });

  it("does not matter as a draft that a crash left behind", async (test) => {
    const path = bookPath(test);
    await saveBook(path, BOOK);
    writeFileSync(`${path}.new`, '{"format":1,"secr');
    assert.deepEqual(loadBook(path), { kind: "loaded", book: BOOK });
  });

  it("that cannot be written says so, and the old one stays", async (test) => {
    const path = bookPath(test);
    await saveBook(path, BOOK);
    mkdirSync(`${path}.new`);
    const save = await saveBook(path, { ...BOOK, entries: [] });
    assert.ok(save.kind === "failed" && save.reason.includes("EISDIR"), JSON.stringify(save));
    assert.deepEqual(loadBook(path), { kind: "loaded", book: BOOK });
  });

  it("that stays unwritable is complained about once, and again after it could be written", async (test) => {
    const path = bookPath(test);
    const said: string[] = [];
    const writer = new BookWriter(path, (reason) => said.push(reason));
    const failThrice = async (): Promise<void> => {
      mkdirSync(`${path}.new`);
      for (let save = 0; save < 3; save++) await writer.save(BOOK);
      rmdirSync(`${path}.new`);
    };
    await failThrice();
    assert.equal(said.length, 1);
    await writer.save(BOOK);
    assert.deepEqual(loadBook(path), { kind: "loaded", book: BOOK });
    await failThrice();
    assert.equal(said.length, 2);
  });

  it("is the last of many books that come while one is written, and nobody waits for the disk", async (test) => {
    const path = bookPath(test);
    const writer = new BookWriter(path, (reason) => assert.fail(reason));
    const bookOf = (entries: number): SavedBook => ({
      ...BOOK,
      entries: BOOK.entries.slice(0, entries),
    });
    const saves = [0, 1, 2].map((entries) => writer.save(bookOf(entries)));
    assert.deepEqual(loadBook(path), { kind: "none" }, "nobody waits for the disk");
    await Promise.all(saves);
    assert.deepEqual(loadBook(path), { kind: "loaded", book: bookOf(2) });
    await writer.save(bookOf(0));
    assert.deepEqual(loadBook(path), { kind: "loaded", book: bookOf(0) });
  });

  const entry = BOOK.entries[0];
  const damages: readonly (readonly [string, unknown, RegExp])[] = [
    ["is empty", "", /JSON/],
    ["ends in the middle", JSON.stringify(valid()).slice(0, -20), /JSON/],
    ["is no object", "[]", /format/],
    ["is null", "null", /not an object/],
    ["is of another format", { ...valid(), format: "1" }, /format is not 1/],
    ["is of a later version", { ...valid(), format: 2 }, /format 2 is of a later version/],
    ["has no secret", { ...valid(), secret: undefined }, /secret/],
    ["has a short secret", { ...valid(), secret: "abcd" }, /secret/],
    ["has no entries", { ...valid(), entries: undefined }, /entries/],
    ["has too many entries", { ...valid(), entries: Array(5_121).fill(entry) }, /at most 5120/],
    ["has anchors that are no list", { ...valid(), anchors: {} }, /anchors/],
    ["names a host", { ...valid(), entries: [{ ...entry, host: "peer.example" }] }, /IP address/],
    ["has port 0", { ...valid(), entries: [{ ...entry, port: 0 }] }, /port/],
    ["has a port too large", { ...valid(), anchors: [{ host: "::1", port: 65_536 }] }, /port/],
    ["has half a failure", { ...valid(), entries: [{ ...entry, failures: 0.5 }] }, /failures/],
    ["has a negative age", { ...valid(), entries: [{ ...entry, ageSeconds: -1 }] }, /ageSeconds/],
    ["has a third table", { ...valid(), entries: [{ ...entry, table: "old" }] }, /table/],
    ["has no source", { ...valid(), entries: [{ ...entry, sourceGroup: 4 }] }, /sourceGroup/],
  ];
  for (const [what, content, reason] of damages) {
    it(`that ${what} is set aside, and nothing is lost of it`, (test) => {
      const path = bookPath(test);
      const text = typeof content === "string" ? content : JSON.stringify(content);
      writeFileSync(path, text);
      const load = loadBook(path);
      assert.ok(load.kind === "damaged", load.kind);
      assert.match(load.reason, reason);
      assert.equal(load.setAside, `${path}.damaged`);
      assert.equal(readFileSync(load.setAside, "utf8"), text);
      assert.deepEqual(loadBook(path), { kind: "none" });
    });
  }

  it("that has a billion entries is set aside before a byte of it is in memory", (test) => {
    const path = bookPath(test);
    writeFileSync(path, '{"format":1,"entries":[');
    // The rest is a hole: it takes no room on the disk.
    truncateSync(path, 1_024 ** 3);
    const before = process.memoryUsage.rss();
    const load = loadBook(path);
    assert.ok(load.kind === "damaged");
    assert.match(load.reason, /1073741824 bytes, a book has at most/);
    assert.ok(process.memoryUsage.rss() - before < 64 * 1_024 ** 2);
  });

  it("may be as large as full tables of the longest addresses make it", async (test) => {
    const path = bookPath(test);
    const longest: SavedBook = {
      ...BOOK,
      entries: Array.from({ length: 5_120 }, (_, at) => {
        const host = `2001:db8:ffff:ffff:ffff:ffff:ffff:${(at + 0x1000).toString(16)}`;
        return {
          host,
          port: 65_535,
          sourceGroup: `${host} 65535`,
          table: "tried",
          ageSeconds: Number.MAX_SAFE_INTEGER,
          failures: Number.MAX_SAFE_INTEGER,
        } as const;
      }),
    };
    await saveBook(path, longest);
    assert.equal(loadBook(path).kind, "loaded");
  });

  it("has addresses in one spelling, whoever wrote them", (test) => {
    const path = bookPath(test);
    const host = "::FFFF:203.0.113.9";
    writeFileSync(path, JSON.stringify({ ...valid(), entries: [{ ...entry, host }] }));
    const load = loadBook(path);
    assert.ok(load.kind === "loaded");
    assert.equal(load.book.entries[0]?.host, "203.0.113.9");
  });

  it("that cannot even be set aside stops nothing", (test) => {
    const folder = aFolder(test);
    const path = join(folder, BOOK_FILE);
    writeFileSync(path, "damaged");
    mkdirSync(`${path}.damaged`);
    writeFileSync(join(`${path}.damaged`, "full"), "");
    const load = loadBook(path);
    assert.ok(load.kind === "damaged");
    assert.equal(load.setAside, path);
  });
});

describe("[protocol §7.2, §7.4] a daemon and its address book", () => {
  it("starts in spite of a damaged file, names it in the log, and saves at the end", async (test) => {
    const { gossip, log } = aNode(test);
    const path = join(gossip.config.dataDir, BOOK_FILE);
    mkdirSync(gossip.config.dataDir, { recursive: true });
    writeFileSync(path, "{");
    await gossip.start();
    assert.ok(log.names.includes("bookDamaged"));
    assert.ok(log.lines.some((line) => line.includes(`${BOOK_FILE}.damaged`)));
    await gossip.stop();
    const load = loadBook(path);
    assert.ok(load.kind === "loaded");
    assert.deepEqual(load.book.entries, []);
  });

  it("comes back to its neighbour without a bootstrapper", async (test) => {
    const neighbor = aNode(test);
    await neighbor.gossip.start();
    const bootstrappers =
      neighbor.gossip.p2pAddress === undefined ? [] : [neighbor.gossip.p2pAddress];
    const dataDir = join(aFolder(test), "restarted");
    const first = aNode(test, { bootstrappers, dataDir });
    await first.gossip.start();
    await first.log.until("linkExtended");
    await first.gossip.stop();
    const again = aNode(test, { dataDir });
    await again.gossip.start();
    await again.log.until("linkExtended");
    assert.equal(again.gossip.status().links[0]?.peer, "extended");
  });

  it("leaves no file with extensions = no", async (test) => {
    const { gossip } = aNode(test, { extensions: "off" });
    await gossip.start();
    await gossip.stop();
    assert.equal(existsSync(join(gossip.config.dataDir, BOOK_FILE)), false);
  });
});
