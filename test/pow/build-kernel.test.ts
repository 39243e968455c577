import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, it } from "node:test";
import { fileURLToPath } from "node:url";

/** From dist/test/pow. */
const root = fileURLToPath(new URL("../../..", import.meta.url));

describe("the kernel build", () => {
  it("gives the same bytes from the same source", (context) => {
    const folder = mkdtempSync(join(tmpdir(), "voidgossip-kernel-"));
    context.after(() => rmSync(folder, { recursive: true }));
    execFileSync(process.execPath, [join(root, "tools/build-kernel.mjs"), folder]);
    for (const name of ["kernel.wasm", "kernel-javascript.js"]) {
      const shipped = readFileSync(join(root, "dist/src/pow", name));
      assert.ok(shipped.equals(readFileSync(join(folder, name))), name);
    }
  });
});
