import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { describe, it } from "node:test";
import { fileURLToPath } from "node:url";

/** Seen from `dist/test/tidy`, where the compiled tests run. */
const TIDY = fileURLToPath(new URL("../../../tools/tidy.mjs", import.meta.url));

/** A project in which everything is in order. */
const ORDERLY: Readonly<Record<string, string>> = {
  "README.md": "See [the clause](docs/protocol.md#11-frame) and [the folder](src).\n",
  "docs/protocol.md": `# Protocol

## 1 Framing

### 1.1 Frame

| no. | message | class | socket | direction | size | body |
|---|---|---|---|---|---|---|
| 600 | KNOCK | \`Knock\` | P2P | both | ≥ 5 | a byte, or more |

<!-- vectors: begin -->
| no. | kind | what | fields | frame | also received |
|---|---|---|---|---|---|
| 600 | \`knock\` | one byte | door \`01\` | \`0005025801\` |  |
<!-- vectors: end -->

| constant | file | value | unit | clause | from |
|---|---|---|---|---|---|
| \`PATIENCE_MS\` | core/door.ts | 1,500 | ms | §1.1 | guess |
`,
  "src/wire/message-type.ts": `export const MessageType = {
  knock: 600,
} as const;
export const FRAME_SIZES = {
  [MessageType.knock]: atLeast(5),
};
`,
  "src/wire/p2p/knock.ts": `/** [protocol §1.1] */
export class Knock {
  readonly kind = "knock";
}
`,
  "src/core/door.ts": `/** As [protocol
 * §1.1] says. */
const PATIENCE_MS = 3 * 5_00;
`,
  "test/golden/vectors.json": JSON.stringify([
    { message: "knock", number: 600, about: "one byte", fields: { door: "01" }, hex: "0005025801" },
  ]),
  "test/door.test.ts": `it("opens", { skip: !hasDoor }, () => knockAt("/home/op"));\n`,
};

interface TidyRun {
  readonly exitCode: number | null;
  readonly findings: readonly string[];
  readonly protocol: string;
}

function tidy(changed: Readonly<Record<string, string>>, ...flags: string[]): TidyRun {
  const root = mkdtempSync(join(tmpdir(), "tidy-"));
  try {
    for (const [path, text] of Object.entries({ ...ORDERLY, ...changed })) {
      mkdirSync(join(root, dirname(path)), { recursive: true });
      writeFileSync(join(root, path), text);
    }
    const run = spawnSync(process.execPath, [TIDY, ...flags, root], { encoding: "utf8" });
    const protocol = readFileSync(join(root, "docs/protocol.md"), "utf8");
    return { exitCode: run.status, findings: run.stderr.split("\n").slice(0, -2), protocol };
  } finally {
    rmSync(root, { recursive: true });
  }
}

/** The one finding that a project with this change has. */
function findingOf(changed: Readonly<Record<string, string>>): string {
  const { exitCode, findings } = tidy(changed);
  assert.equal(exitCode, 1);
  assert.equal(findings.length, 1, findings.join("\n"));
  return findings[0] ?? "";
}

function replaced(path: string, from: string, to: string): Readonly<Record<string, string>> {
  const text = ORDERLY[path] ?? "";
  assert.ok(text.includes(from), from);
  return { [path]: text.replace(from, to) };
}

/** Put together, or the rules would find this file. */
const mark = (text: string): string => text.replaceAll("_", "");

describe("the checker of house rules", () => {
  it("is content with a project in order", () => {
    assert.deepEqual(tidy({}), {
      exitCode: 0,
      findings: [],
      protocol: ORDERLY["docs/protocol.md"],
    });
  });

  it("finds a cited clause that the protocol does not have, with its line", () => {
    const code = `const a = "a";\n/** Twice [${mark("prot_ocol §1._7, §1.1")}]. */\n`;
    assert.equal(
      findingOf({ "src/core/wall.ts": code }),
      `src/core/wall.ts:2: cites §1.7, which docs/protocol.md does not have`,
    );
  });

  it("finds a message class without a number", () => {
    const path = "src/wire/p2p/bell.ts";
    const text = `export class Bell {\n  readonly kind = "bell";\n}\n`;
    assert.match(findingOf({ [path]: text }), /bell\.ts: Bell has no number/);
  });

  it("finds a message class without a golden vector", () => {
    const vectors = "test/golden/vectors.json";
    const changed = {
      ...replaced("docs/protocol.md", "| 600 | `knock`", "| 601 | `knock`"),
      ...replaced(vectors, "600", "601"),
    };
    assert.match(findingOf(changed), /Knock has no golden vector/);
  });

  it("finds a message class without a row, or with another size", () => {
    const path = "docs/protocol.md";
    assert.match(findingOf(replaced(path, "| `Knock` |", "| |")), /Knock \(600\) has no row/);
    assert.equal(
      findingOf(replaced(path, "| ≥ 5 |", "| 5 |")),
      `docs/protocol.md: size of Knock is "5", in the code "≥ 5"`,
    );
  });

  it("finds a table of vectors that differs from the file, and writes it anew when told to", () => {
    const changed = replaced("docs/protocol.md", "`0005025801`", "`0005025802`");
    assert.match(findingOf(changed), /test vectors differs from/);
    assert.deepEqual(tidy(changed, "--write"), tidy({}));
  });

  it("finds a constant with another value, without a row, and a row without a constant", () => {
    const path = "docs/protocol.md";
    assert.equal(
      findingOf(replaced(path, "1,500", "1,600")),
      "docs/protocol.md: PATIENCE_MS (core/door.ts) is 1,600, in the code 1500",
    );
    assert.match(
      findingOf({ "src/core/wall.ts": "export const BRICKS_MAX: number = 2 ** 4;\n" }),
      /^src\/core\/wall\.ts: BRICKS_MAX = 16 has no row/,
    );
    const { findings } = tidy(replaced("src/core/door.ts", "PATIENCE_MS", "TRUST_MS"));
    assert.deepEqual(findings, [
      "src/core/door.ts: TRUST_MS = 1500 has no row in docs/protocol.md §10",
      "docs/protocol.md: PATIENCE_MS is not in src/core/door.ts, or is no plain number there",
    ]);
  });

  it("finds marks of unfinished work", () => {
    const text = `// ${mark("TO_DO")}: a roof\n`;
    assert.match(findingOf({ "src/core/house.ts": text }), /^src\/core\/house\.ts:1: /);
  });

  it("finds paths of one machine, but lets tests invent a home", () => {
    for (const path of ["/ho_me/anna/x", "/wo_rk/x", "/ro_ot/x", "/Us_ers/anna/x", "/t_mp/x"]) {
      assert.match(findingOf({ "docs/a.md": `in ${mark(path)}\n` }), /^docs\/a\.md:1: the path /);
    }
    assert.match(findingOf({ "test/a.ts": `f("${mark("/wo_rk/x")}");\n` }), /^test\/a\.ts:1: /);
  });

  it("finds code of more than 500 lines, but lets documents be long", () => {
    const text = "\n".repeat(501);
    assert.equal(
      findingOf({ "src/core/long.ts": text, "docs/long.md": text }),
      "src/core/long.ts: 501 lines, at most 500",
    );
  });

  it("finds tests that keep others, or themselves, from running", () => {
    for (const text of ["it.on_ly(f);", "describe.sk_ip(f);", "it(f, { sk_ip: true });"]) {
      assert.match(findingOf({ "test/a.test.ts": `${mark(text)}\n` }), /keeps tests from running/);
    }
  });

  it("finds links to files and headings that are not there, outside of code", () => {
    const text = (link: string): Readonly<Record<string, string>> => ({ "docs/a.md": link });
    assert.match(findingOf(text("[x](b.md)\n")), /^docs\/a\.md:1: the link to b\.md/);
    assert.match(findingOf(text("\n[x](protocol.md#12-none)\n")), /^docs\/a\.md:2: .*#12-none/);
    assert.equal(tidy(text("[x](https://b.example/c)\n\n```\n[x](b.md)\n```\n")).exitCode, 0);
  });
});
