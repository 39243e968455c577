import assert from "node:assert/strict";
import { existsSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, it } from "node:test";
import { Daemon } from "../blackbox/support/daemon.ts";
import { within } from "../blackbox/support/patience.ts";
import type { Scope } from "../blackbox/support/patience.ts";
import { Cli } from "./support/cli.ts";
import {
  assertShown,
  bash,
  blocksOf,
  codeOf,
  ownHost,
  readme,
  root,
  section,
  someHost,
} from "./support/readme.ts";

/** An example as a file inside the package, where `import "voidgossip"` means this package. */
function exampleFile(scope: Scope, name: string, host: string): string {
  const block = blocksOf(readme).find(({ text }) => text.startsWith(`// ${name}\n`));
  assert.ok(block !== undefined, `an example ${name}`);
  const folder = mkdtempSync(join(root, "dist", "readme-"));
  scope.after(() => rmSync(folder, { recursive: true, force: true }));
  const file = join(folder, name);
  writeFileSync(file, ownHost(block.text, host));
  return file;
}

describe("the README", () => {
  it("has a tutorial that works when it is pasted into a shell", async (t) => {
    const tutorial = blocksOf(section("Tutorial")).filter(({ text }) => !text.startsWith("npm "));
    const host = someHost();
    const { code, output } = await bash(t, ownHost(codeOf(tutorial, "sh"), host));
    assert.equal(code, 0, output);
    assertShown(output, ownHost(codeOf(tutorial, "text"), host));
  });

  it("has a listener and a speaker that understand each other", async (t) => {
    const host = someHost();
    const daemon = await Daemon.start(t, { api_address: `${host}:7001` });
    const listener = Cli.start(t, [], { script: exampleFile(t, "listen.mjs", host) });
    await daemon.event("subscribed");
    const speaker = await Cli.run(t, [], { script: exampleFile(t, "say.mjs", host) });
    assert.deepEqual([speaker.code, speaker.stderr], [0, ""]);
    const { code, stdout } = await within(listener.exit, "the end of the listener");
    assert.equal(code, 0);
    assertShown(stdout, codeOf(blocksOf(section("A module in JavaScript")), "text"));
  });

  it("has a node inside a program", async (t) => {
    const place = mkdtempSync(join(tmpdir(), "vg-"));
    t.after(() => rmSync(place, { recursive: true, force: true }));
    const script = exampleFile(t, "embed.mjs", "127.0.0.1");
    const { code, stdout, stderr } = await Cli.run(t, [], { script, env: { TMPDIR: place } });
    assert.deepEqual([code, stderr], [0, ""]);
    assertShown(stdout, codeOf(blocksOf(section("A node inside your program")), "text"));
  });

  it("names only files that are there", () => {
    const targets = [...readme.matchAll(/\]\((?!https?:)([^)#]+)/g)].map(
      ([, target = ""]) => target,
    );
    assert.notEqual(targets.length, 0);
    assert.deepEqual(
      targets.filter((target) => !existsSync(join(root, target))),
      [],
    );
  });

  it("names every exit code, with the same words as --help", async (t) => {
    const { stdout } = await Cli.run(t, ["--help"]);
    const rows = [...stdout.matchAll(/^ {2}(\d+) {2,}(.*)$/gm)];
    assert.equal(rows.length, 8);
    for (const [, code = "", meaning = ""] of rows) {
      const row = new RegExp(`^\\| ${code} \\| (.*) \\|$`, "m").exec(readme)?.[1] ?? "";
      assert.ok(row.replaceAll("`", "").startsWith(meaning), `${code}: ${meaning}`);
    }
  });
});
