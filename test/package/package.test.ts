import assert from "node:assert/strict";
import { execFileSync, spawnSync } from "node:child_process";
import { mkdirSync, readdirSync, readFileSync, symlinkSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { before, describe, it } from "node:test";
import { checkPackage, createPackageFromTarballData } from "@arethetypeswrong/core";
import { publint } from "publint";
import { formatMessage } from "publint/utils";
import { suiteScope } from "../blackbox/support/patience.ts";
import { root } from "../cli/support/readme.ts";
import { emptyFolder, pack } from "./support/packed.ts";
import type { Packed } from "./support/packed.ts";

/** What somebody writes who has nothing but the package. */
const CONSUMER = `
import { Config, Gossip, GossipClient, formatAddress } from "voidgossip";
import type { GossipStatus, Notification, PeerAddress } from "voidgossip";

const address: PeerAddress = { host: "127.0.0.1", port: 7001 };
const client: GossipClient = await GossipClient.connect(formatAddress(address));
await client.announce(1337, new Uint8Array([1, 2, 3]), { ttl: 3 });
// @ts-expect-error a data type is a number
await client.announce("1337", "hello");
for await (const item of client.subscribe(1337)) {
  const taken: Notification = item;
  const length: number = taken.data.length;
  if (length > 3) taken.accept();
  else taken.reject();
}
const node = new Gossip(Config.defaults({ apiAddress: address, bootstrappers: [] }));
const status: GossipStatus = node.status();
// @ts-expect-error there is no such field
console.log(status.nonsense);
await node.stop();
`;

/** For both: checked down to every declaration that the package brings. */
const common = { target: "ES2023", lib: ["ES2023"], types: ["node"], strict: true, noEmit: true };
const RESOLUTIONS = {
  "ESM of Node": { ...common, module: "NodeNext", moduleResolution: "NodeNext" },
  "a bundler": { ...common, module: "ESNext", moduleResolution: "Bundler" },
} as const;

/** Files that a document names: by links, and by images. */
const linksOf = (markdown: string): string[] =>
  [
    ...markdown.matchAll(/\]\((?!\w+:)([^()\s#]+)[^()\s]*\)/g),
    ...markdown.matchAll(/<img src="([^"]+)"/g),
  ].map(([, target = ""]) => target.replace(/\/$/, ""));

describe("the package", () => {
  const scope = suiteScope();
  let packed: Packed;
  let consumer: string;

  before(() => {
    const folder = emptyFolder(scope);
    packed = pack(folder);
    consumer = join(folder, "consumer");
    const modules = join(consumer, "node_modules");
    mkdirSync(join(modules, "voidgossip"), { recursive: true });
    execFileSync("tar", [
      ...["-xzf", packed.tarball, "--strip-components=1"],
      ...["-C", join(modules, "voidgossip")],
    ]);
    // What npm would install beside it.
    for (const name of readdirSync(join(root, "node_modules"))) {
      if (!name.startsWith(".")) symlinkSync(join(root, "node_modules", name), join(modules, name));
    }
    writeFileSync(join(consumer, "package.json"), '{ "type": "module" }');
    writeFileSync(join(consumer, "consumer.ts"), CONSUMER);
  });

  it("holds what is needed, and nothing else", () => {
    const paths = packed.files.map(({ path }) => path);
    for (const path of [
      "dist/src/index.js",
      "dist/src/index.d.ts",
      "dist/src/cli/main.js",
      "dist/src/pow/kernel.wasm",
      "dist/src/pow/kernel-javascript.js",
      "dist/src/pow/worker.js",
      "docs/status.schema.json",
      "docs/events.schema.json",
      "voidgossip.ini",
      "README.md",
      "LICENSE",
      "CHANGELOG.md",
    ]) {
      assert.ok(paths.includes(path), path);
    }
    const allowed =
      /^(dist\/src|web\/dist|docs|packaging)\/|^(README|CHANGELOG)\.md$|^(LICENSE|package\.json)$/;
    const alone = ["voidgossip.ini", "test/golden/vectors.json"];
    const others = paths.filter((path) => !allowed.test(path) && !alone.includes(path));
    assert.deepEqual(others, []);
    assert.deepEqual(
      paths.filter((path) => /tsbuildinfo|\.test\.|pow\/kernel\//.test(path)),
      [],
    );
  });

  it("has everything that its documents link to", () => {
    const paths = packed.files.map(({ path }) => path);
    const isThere = (path: string): boolean =>
      paths.some((one) => one === path || one.startsWith(`${path}/`));
    const broken = paths
      .filter((path) => path.endsWith(".md"))
      .flatMap((path) =>
        linksOf(readFileSync(join(root, path), "utf8"))
          .filter((target) => !isThere(join(dirname(path), target)))
          .map((target) => `${path}: ${target}`),
      );
    assert.deepEqual(broken, []);
  });

  it("has an entry in package.json for everything that others resolve (publint)", async () => {
    const { messages, pkg } = await publint({ pkgDir: root, strict: true });
    assert.deepEqual(
      messages.map((message) => formatMessage(message, pkg)),
      [],
    );
  });

  it("has types that resolve as its code does (@arethetypeswrong/core)", async () => {
    const tarball = createPackageFromTarballData(readFileSync(packed.tarball));
    const result = await checkPackage(tarball);
    assert.ok(result.types !== false, "types are in the package");
    // It is ESM alone: `require` takes it from Node 20.19 on, and resolution by Node 10's rules has no exports.
    const known = ["node10 NoResolution", "node16-cjs CJSResolvesToESM"];
    const problems = result.problems.map((problem) => {
      const where = "resolutionKind" in problem ? problem.resolutionKind : "";
      return `${where} ${problem.kind}`;
    });
    assert.deepEqual(problems.sort(), known);
  });

  for (const [name, compilerOptions] of Object.entries(RESOLUTIONS)) {
    it(`type-checks from outside, resolved as ${name} does`, () => {
      const file = join(consumer, `tsconfig.${compilerOptions.module}.json`);
      writeFileSync(file, JSON.stringify({ compilerOptions, files: ["consumer.ts"] }));
      const tsc = join(root, "node_modules", "typescript", "bin", "tsc");
      const { status, stdout } = spawnSync(process.execPath, [tsc, "-p", file], {
        cwd: consumer,
        encoding: "utf8",
      });
      assert.deepEqual([status, stdout], [0, ""]);
    });
  }

  it("runs from where it is installed", () => {
    const main = join(consumer, "node_modules", "voidgossip", "dist", "src", "cli", "main.js");
    const args = ["pow", "--help"];
    const { status, stdout } = spawnSync(process.execPath, [main, ...args], { encoding: "utf8" });
    assert.equal(status, 0);
    assert.match(stdout, /^Usage: voidgossip pow/);
  });
});
