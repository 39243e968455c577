import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { TestContext } from "node:test";

/** A new folder, which is removed after the test. */
export function aFolder(test: TestContext): string {
  const folder = mkdtempSync(join(tmpdir(), "voidgossip-test-"));
  test.after(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}
