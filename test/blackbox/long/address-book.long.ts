import assert from "node:assert/strict";
import { chmodSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, it } from "node:test";

import { bookSize, survivesKills, tellAddresses } from "../support/address-book.ts";
import { Daemon } from "../support/daemon.ts";

describe("[protocol §7.2] the address book on the disk", () => {
  it("survives 100 kills in the middle of saving", async (t) => {
    const folder = mkdtempSync(join(tmpdir(), "vg-"));
    t.after(() => {
      rmSync(folder, { recursive: true });
    });
    await survivesKills(t, folder, 100);
  });

  it("that may not be written any more is complained about once, while the daemon goes on", async (t) => {
    const daemon = await Daemon.start(t, {}, { user: "ordinary" });
    chmodSync(daemon.dataDir, 0o500);
    // One save for all changes of 15 s.
    await tellAddresses(t, daemon, 0);
    await daemon.event("bookNotSaved");
    await tellAddresses(t, daemon, 100);
    assert.ok((await bookSize(daemon)) >= 2);
    const { code } = await daemon.terminate();
    chmodSync(daemon.dataDir, 0o700);
    assert.equal(code, 0);
    assert.equal(daemon.events("bookNotSaved").length, 1);
  });
});
