import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { randomInt } from "node:crypto";
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, it } from "node:test";
import { fileURLToPath } from "node:url";
import { Daemon } from "../blackbox/support/daemon.ts";
import { within } from "../blackbox/support/patience.ts";
import type { Scope } from "../blackbox/support/patience.ts";
import { Cli } from "./support/cli.ts";

const root = fileURLToPath(new URL("../../..", import.meta.url));
const readme = readFileSync(join(root, "README.md"), "utf8");

interface CodeBlock {
  readonly language: string;
  readonly text: string;
}

const blocksOf = (markdown: string): CodeBlock[] =>
  [...markdown.matchAll(/^```(\w+)\n([\s\S]*?)^```$/gm)].map(([, language = "", text = ""]) => ({
    language,
    text,
  }));

function section(title: string): string {
  const found = readme.split(/^## /m).find((part) => part.startsWith(title));
  assert.ok(found !== undefined, `a section ${title}`);
  return found;
}

/** The blocks of one language, as one text. */
const codeOf = (blocks: readonly CodeBlock[], language: string): string =>
  blocks
    .filter((block) => block.language === language)
    .map(({ text }) => text)
    .join("");

/** What differs from run to run: times and message ids. */
const timeless = (text: string): string =>
  text
    .replace(/\d\d:\d\d:\d\d/g, "TIME")
    .replace(/"at":"[^"]*"/g, '"at":"TIME"')
    .replace(/"messageId":\d+/g, '"messageId":ID');

/** Every line the README shows is there. */
function assertShown(stdout: string, promised: string): void {
  const lines = timeless(stdout).split("\n");
  for (const line of timeless(promised).trimEnd().split("\n")) {
    assert.ok(lines.includes(line), `the line "${line}" in:\n${stdout}`);
  }
}

/** Another loopback address, so that the fixed ports of the README are free. */
const ownHost = (text: string, host: string): string => text.replaceAll("127.0.0.1", host);

/** All of 127.0.0.0/8 is loopback on Linux; elsewhere only one address is. */
const someHost = (): string =>
  process.platform === "linux"
    ? `127.${randomInt(1, 255)}.${randomInt(1, 255)}.${randomInt(1, 255)}`
    : "127.0.0.1";

function bash(scope: Scope, script: string): Promise<{ code: number | null; output: string }> {
  const child = spawn("bash", ["-eu"], {
    cwd: root,
    stdio: ["pipe", "pipe", "pipe"],
    detached: true,
  });
  let output = "";
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding("utf8").on("data", (text: string) => (output += text));
  }
  const ended = new Promise<number | null>((resolve) => child.on("close", resolve));
  scope.after(async () => {
    // The nodes of a tutorial that failed half-way are in its process group.
    if (child.pid !== undefined && child.exitCode === null) process.kill(-child.pid, "SIGKILL");
    await ended;
  });
  child.stdin.end(script);
  return within(ended, "the end of the tutorial").then((code) => ({ code, output }));
}

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
