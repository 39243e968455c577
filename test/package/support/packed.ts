import { execFileSync } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Scope } from "../../blackbox/support/patience.ts";
import { root } from "../../cli/support/readme.ts";

/** A folder that is gone when the test is. */
export function emptyFolder(scope: Scope): string {
  const folder = mkdtempSync(join(tmpdir(), "vg-"));
  scope.after(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

export interface PackedFile {
  readonly path: string;
}

export interface Packed {
  /** The tarball, as `npm publish` would send it. */
  readonly tarball: string;
  readonly files: readonly PackedFile[];
}

/** Packs what was built; nothing is built anew. */
export function pack(folder: string): Packed {
  const args = ["pack", "--json", "--ignore-scripts", "--pack-destination", folder];
  const [packed] = JSON.parse(execFileSync("npm", args, { cwd: root, encoding: "utf8" })) as [
    { readonly filename: string; readonly files: readonly PackedFile[] },
  ];
  return { tarball: join(folder, packed.filename), files: packed.files };
}
