import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { randomInt } from "node:crypto";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { within } from "../../blackbox/support/patience.ts";
import type { Scope } from "../../blackbox/support/patience.ts";

export const root: string = fileURLToPath(new URL("../../../..", import.meta.url));
export const readme: string = readFileSync(join(root, "README.md"), "utf8");

interface CodeBlock {
  readonly language: string;
  readonly text: string;
}

export const blocksOf = (markdown: string): CodeBlock[] =>
  [...markdown.matchAll(/^```(\w+)\n([\s\S]*?)^```$/gm)].map(([, language = "", text = ""]) => ({
    language,
    text,
  }));

export function section(title: string): string {
  const found = readme.split(/^## /m).find((part) => part.startsWith(title));
  assert.ok(found !== undefined, `a section ${title}`);
  return found;
}

/** The blocks of one language, as one text. */
export const codeOf = (blocks: readonly CodeBlock[], language: string): string =>
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
export function assertShown(stdout: string, promised: string): void {
  const lines = timeless(stdout).split("\n");
  for (const line of timeless(promised).trimEnd().split("\n")) {
    assert.ok(lines.includes(line), `the line "${line}" in:\n${stdout}`);
  }
}

/** Another loopback address, so that the fixed ports of the README are free. */
export const ownHost = (text: string, host: string): string => text.replaceAll("127.0.0.1", host);

/** All of 127.0.0.0/8 is loopback on Linux; elsewhere only one address is. */
export const someHost = (): string =>
  process.platform === "linux"
    ? `127.${randomInt(1, 255)}.${randomInt(1, 255)}.${randomInt(1, 255)}`
    : "127.0.0.1";

/** Runs a script, at the root of this package with the usual PATH unless told. */
export function bash(
  scope: Scope,
  script: string,
  { cwd = root, path = process.env["PATH"] }: { cwd?: string; path?: string | undefined } = {},
): Promise<{ code: number | null; output: string }> {
  const child = spawn("bash", ["-eu"], {
    cwd,
    env: { ...process.env, PATH: path },
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
