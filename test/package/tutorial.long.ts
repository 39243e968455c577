import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { before, describe, it } from "node:test";
import { suiteScope } from "../blackbox/support/patience.ts";
import {
  assertShown,
  bash,
  blocksOf,
  codeOf,
  ownHost,
  section,
  someHost,
} from "../cli/support/readme.ts";
import { Cli } from "../cli/support/cli.ts";
import { emptyFolder, pack } from "./support/packed.ts";

/** Releases of Node that the package is for, as the npm package `node` has them. */
const NODES = ["20", "24"] as const;

for (const release of NODES) {
  describe(`the installed package on Node ${release}`, () => {
    const scope = suiteScope();
    let folder: string;
    let path: string;

    before(() => {
      const { tarball } = pack(emptyFolder(scope));
      folder = emptyFolder(scope);
      writeFileSync(join(folder, "package.json"), '{ "private": true, "type": "module" }');
      const args = ["install", "--no-audit", "--no-fund", tarball, `node@${release}`];
      execFileSync("npm", args, { cwd: folder, stdio: "pipe" });
      path = `${join(folder, "node_modules", ".bin")}:${process.env["PATH"] ?? ""}`;
      const version = execFileSync("node", ["--version"], {
        env: { PATH: path },
        encoding: "utf8",
      });
      assert.ok(version.startsWith(`v${release}.`), version);
    });

    it("passes the README's tutorial in an empty folder", async (t) => {
      const tutorial = blocksOf(section("Tutorial")).filter(({ text }) => !text.startsWith("npm "));
      const host = someHost();
      const checkout = "VG=dist/src/cli/main.js";
      const script = codeOf(tutorial, "sh");
      assert.ok(script.includes(checkout), "the tutorial names the command of a clone");
      const installed = script.replace(checkout, "VG=node_modules/voidgossip/dist/src/cli/main.js");
      const { code, output } = await bash(t, ownHost(installed, host), { cwd: folder, path });
      assert.equal(code, 0, output);
      assertShown(output, ownHost(codeOf(tutorial, "text"), host));
    });

    it("runs the README's example of a node inside a program", async (t) => {
      const example = blocksOf(section("A node inside your program"));
      const file = join(folder, "embed.mjs");
      writeFileSync(file, codeOf(example, "js"));
      const node = join(folder, "node_modules", ".bin", "node");
      const env = { TMPDIR: emptyFolder(t) };
      const { code, stdout, stderr } = await Cli.run(t, [], { node, script: file, env });
      assert.deepEqual([code, stderr], [0, ""]);
      assertShown(stdout, codeOf(example, "text"));
    });
  });
}
