import assert from "node:assert/strict";
import { chmodSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, it } from "node:test";

import {
  bookFile,
  bookSize,
  bookText,
  survivesKills,
  tellAddresses,
} from "./support/address-book.ts";
import { Daemon } from "./support/daemon.ts";

describe("[protocol §7.2] the address book on the disk", () => {
  it("is the old one or the new one after a kill in the middle of saving", async (t) => {
    const folder = mkdtempSync(join(tmpdir(), "vg-"));
    t.after(() => {
      rmSync(folder, { recursive: true });
    });
    await survivesKills(t, folder, 6);
  });

  it("that is damaged is set aside with one warning, and the daemon starts without", async (t) => {
    const text = bookText(100).slice(0, -10);
    const daemon = await Daemon.start(t, { data_dir: "." }, { files: { [bookFile]: text } });
    assert.equal(await bookSize(daemon), 0);
    const aside = join(daemon.dataDir, `${bookFile}.damaged`);
    const [warning, ...others] = daemon.events("bookDamaged");
    assert.equal(warning?.["setAside"], aside);
    assert.deepEqual(others, []);
    assert.equal(readFileSync(aside, "utf8"), text);
    await daemon.terminate();
    const again = await Daemon.start(t, { data_dir: daemon.dataDir });
    assert.deepEqual(again.events("bookDamaged"), []);
  });

  it("that may not be written any more is complained about, and ends nothing badly", async (t) => {
    const daemon = await Daemon.start(t, {}, { user: "ordinary" });
    await tellAddresses(t, daemon, 0);
    chmodSync(daemon.dataDir, 0o500);
    const { code } = await daemon.terminate();
    chmodSync(daemon.dataDir, 0o700);
    assert.equal(code, 0);
    const [complaint, ...others] = daemon.events("bookNotSaved");
    assert.match(String(complaint?.["reason"]), /EACCES/);
    assert.deepEqual(others, []);
  });

  it("has no place in a folder that may not be written: one line says so", async (t) => {
    const before = await Daemon.start(t, {}, { user: "ordinary" });
    await before.terminate();
    chmodSync(before.dataDir, 0o500);
    const { code, stderr } = await Daemon.runToExit(
      t,
      { data_dir: before.dataDir },
      { user: "ordinary" },
    );
    chmodSync(before.dataDir, 0o700);
    assert.equal(code, 5);
    assert.match(stderr, /may not write/);
    assert.equal(stderr.trim().split("\n").length, 1, stderr);
  });
});
