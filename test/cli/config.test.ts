import assert from "node:assert/strict";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, describe, it } from "node:test";
import { configCommand } from "../../src/cli/config.ts";
import { CONFIG_KEYS } from "../../src/daemon/config-keys.ts";

const folder = mkdtempSync(join(tmpdir(), "voidgossip-cli-config-"));
after(() => rmSync(folder, { recursive: true }));

function fileWith(text: string): string {
  const file = join(folder, "host.ini");
  writeFileSync(file, text);
  return file;
}

interface Run {
  readonly stdout: string;
  readonly stderr: string;
  readonly exitCode: unknown;
}

async function run(...words: string[]): Promise<Run> {
  let stdout = "";
  let stderr = "";
  const command = configCommand();
  for (const part of [command, ...command.commands]) {
    part.configureOutput({
      writeOut: (text) => (stdout += text),
      writeErr: (text) => (stderr += text),
    });
  }
  await command.parseAsync(words, { from: "user" });
  const { exitCode } = process;
  process.exitCode = undefined;
  return { stdout, stderr, exitCode };
}

describe("config check", () => {
  it("says ok, the addresses in effect and the warnings", async () => {
    const file = fileWith(
      "[gossip]\np2p_address = [::1]:6001\nbootstrapper = a:1, b:2\ndata_dir = /d\ndegre = 1",
    );
    assert.deepEqual(await run("check", file), {
      stdout: [
        `${file}: ok`,
        "  modules connect to  127.0.0.1:7001",
        "  peers connect to    [::1]:6001",
        "  joins at            a:1, b:2",
        "  keeps its state in  /d",
        `warning: ${file}:5: degre: unknown, ignored (did you mean degree?)`,
        "",
      ].join("\n"),
      stderr: "",
      exitCode: 0,
    });
  });

  it("says so when this node is the bootstrapper", async () => {
    const { stdout } = await run("check", fileWith("[gossip]\nbootstrapper = 127.0.0.1:6001"));
    assert.match(stdout, /joins at {12}nobody: this node is the bootstrapper\n/);
  });

  it("writes all faults to stderr, one in a line, and ends with 3", async () => {
    const file = fileWith("[gossip]\ndegree = 0\ncache_size = -1\nnope = 1");
    assert.deepEqual(await run("check", file), {
      stdout: "",
      stderr: [
        `${file}:2: degree = 0: a whole number from 1 to 1024`,
        `${file}:3: cache_size = -1: a whole number from 0 to 65536`,
        `warning: ${file}:4: nope: unknown, ignored`,
        "",
      ].join("\n"),
      exitCode: 3,
    });
  });

  it("ends with 3 and one line when the file cannot be read", async () => {
    const file = join(folder, "nowhere.ini");
    const stderr = `cannot read the configuration ${file}: there is no such file\n`;
    assert.deepEqual(await run("check", file), { stdout: "", stderr, exitCode: 3 });
  });

  it("says the same to machines with --json", async () => {
    const good = await run("check", "--json", fileWith("[gossip]\ndata_dir = /d"));
    assert.equal(good.exitCode, 0);
    assert.deepEqual(JSON.parse(good.stdout), {
      file: join(folder, "host.ini"),
      usable: true,
      apiAddress: "127.0.0.1:7001",
      p2pAddress: "127.0.0.1:6001",
      bootstrappers: [],
      dataDir: "/d",
      faults: [],
      warnings: [],
    });
    const file = fileWith("[gossip]\ndegree = 0");
    const bad = await run("check", "--json", file);
    assert.equal(bad.exitCode, 3);
    assert.equal(bad.stderr, "");
    const message = `${file}:2: degree = 0: a whole number from 1 to 1024`;
    const faults = [{ file, line: 2, key: "degree", message }];
    assert.deepEqual(JSON.parse(bad.stdout), { file, usable: false, faults, warnings: [] });
    const missing = await run("check", "--json", join(folder, "nowhere.ini"));
    assert.equal(missing.exitCode, 3);
    assert.match(missing.stdout, /"usable": false,[^]*there is no such file/);
  });
});

describe("config explain", () => {
  it("lists every key within 80 columns", async () => {
    const { stdout, exitCode } = await run("explain");
    assert.equal(exitCode, 0);
    for (const { name } of CONFIG_KEYS) assert.match(stdout, new RegExp(`^  ${name} `, "m"));
    assert.deepEqual(
      stdout.split("\n").filter((line) => line.length > 80),
      [],
    );
  });

  it("tells everything about one key, also by its older name", async () => {
    const { stdout } = await run("explain", "LISTEN_ADDRESS");
    for (const part of ["p2p_address", "in [gossip]", "127.0.0.1:6001", "listen_address", "§5.1"]) {
      assert.ok(stdout.includes(part), part);
    }
    for (const { name } of CONFIG_KEYS) {
      const one = (await run("explain", name)).stdout;
      assert.ok(one.startsWith(`${name} (`));
      const long = one.split("\n").filter((line) => line.length > 80);
      assert.deepEqual(long, [], name);
    }
  });

  it("names the nearest key on a typo, and ends with 2", async () => {
    assert.deepEqual(await run("explain", "cash_size"), {
      stdout: "",
      stderr: "there is no configuration key cash_size (did you mean cache_size?)\n",
      exitCode: 2,
    });
  });

  it("gives the table to machines with --json", async () => {
    const all = JSON.parse((await run("explain", "--json")).stdout) as { name: string }[];
    assert.deepEqual(
      all.map(({ name }) => name),
      CONFIG_KEYS.map(({ name }) => name),
    );
    assert.deepEqual(JSON.parse((await run("explain", "degree", "--json")).stdout), {
      name: "degree",
      aliases: [],
      section: "gossip",
      group: "Spreading",
      meaning: "To how many links an item is forwarded at most.",
      allowed: "a whole number from 1 to 1024",
      unit: "links",
      default: "30",
      raising: "items arrive sooner and survive more failures; more duplicate copies",
      lowering: "less traffic; below 3 or so some nodes may miss an item",
      provenance: "protocol §4.7, §5.1; 0 would never forward and is refused",
    });
  });

  it("prints the tables that docs/configuration.md holds", async () => {
    const document = readFileSync(
      new URL("../../../docs/configuration.md", import.meta.url),
      "utf8",
    );
    const [, rest = ""] = document.split("<!-- keys: voidgossip config explain --markdown -->\n\n");
    const [written] = rest.split("<!-- end of keys -->");
    const { stdout } = await run("explain", "--markdown");
    assert.equal(
      written,
      stdout,
      "put the output of `voidgossip config explain --markdown` between the two comments",
    );
  });
});
