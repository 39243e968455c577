// House rules that no linter has. One line per finding, exit code 1 if there is any.
//   node tools/tidy.mjs [--write] [root]    --write renews the table of test vectors in docs/protocol.md
import { existsSync, readdirSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { dirname, extname, join, relative, resolve } from "node:path";
import { fileURLToPath } from "node:url";

const PROTOCOL = "docs/protocol.md";
const VECTORS = "test/golden/vectors.json";
const CODE = new Set([".ts", ".tsx", ".mts", ".cts", ".js", ".mjs", ".cjs", ".c", ".sh"]);
const TEXT = new Set([...CODE, ".md", ".json", ".ini", ".yml", ".html", ".css"]);
const SKIPPED_FOLDERS = new Set(["node_modules", "dist", "coverage", ".git"]);
const CODE_LINES_MAX = 500;
/** Put together, so that this file does not find itself. */
const WORK_MARKS = new RegExp(`\\b(${["TO" + "DO", "FIX" + "ME", "X".repeat(3)].join("|")})\\b`);

/** Every rule gets the project and yields findings `place: what`. */
const RULES = [
  checkCitations,
  checkMessages,
  checkVectors,
  checkConstants,
  checkWorkMarks,
  checkMachinePaths,
  checkLengths,
  checkTestsRun,
  checkLinks,
];

function loadProject(root) {
  const texts = new Map();
  for (const path of walk(root, root)) texts.set(path, readFileSync(join(root, path), "utf8"));
  const of = (pattern) => [...texts].filter(([path]) => pattern.test(path));
  return { root, texts, of, text: (path) => texts.get(path) ?? "" };
}

function* walk(root, folder) {
  for (const entry of readdirSync(folder, { withFileTypes: true })) {
    const path = join(folder, entry.name);
    if (entry.isDirectory() && !SKIPPED_FOLDERS.has(entry.name)) yield* walk(root, path);
    const isText = TEXT.has(extname(entry.name)) || dirname(path) === join(root, ".ci");
    if (entry.isFile() && isText && entry.name !== "package-lock.json") yield relative(root, path);
  }
}

const lineAt = (text, index) => text.slice(0, index).split("\n").length;

/** `[protocol §2.3-§2.6, §4.3]` and the like, also across lines of a comment. */
function* checkCitations({ of, text }) {
  const clauses = new Set();
  for (const [, clause] of text(PROTOCOL).matchAll(/^#{2,3} (\d+(?:\.\d+[a-z]?)?) /gm)) {
    clauses.add(`§${clause}`);
  }
  const citation =
    /\[(?:protocol\s+(?:(?:\*|\/\/)\s+)?)?§[^\]]*\]|\bprotocol §[\d.]+[a-z]?(?:, §[\d.]+[a-z]?)*/g;
  for (const [path, content] of of(/\.(ts|mjs|md)$/)) {
    for (const { 0: cited, index } of content.matchAll(citation)) {
      for (const [clause] of cited.matchAll(/§\d+(?:\.\d+[a-z]?)?/g)) {
        if (clauses.has(clause)) continue;
        yield `${path}:${lineAt(content, index)}: cites ${clause}, which ${PROTOCOL} does not have`;
      }
    }
  }
}

/** The cells of every row of every table whose header begins with these columns. */
function tableRows(markdown, ...header) {
  const rows = [];
  let isInside = false;
  for (const line of markdown.split("\n")) {
    const cells = line.startsWith("|")
      ? line
          .split("|")
          .slice(1, -1)
          .map((cell) => cell.trim())
      : [];
    if (cells.length === 0) isInside = false;
    else if (header.every((name, at) => cells[at] === name)) isInside = true;
    else if (isInside && !/^:?-+/.test(cells[0])) rows.push(cells);
  }
  return rows;
}

const unquoted = (cell) => cell.replaceAll("`", "");
const numberIn = (cell) => Number(cell.replaceAll(",", "").replace("−", "-"));

/** Each message class of src/wire has a number, a golden vector and a row with its size. */
function* checkMessages({ of, text }) {
  const table = text("src/wire/message-type.ts");
  const numbers = new Map([...table.matchAll(/^ {2}(\w+): (\d+),$/gm)].map(([, k, n]) => [k, +n]));
  const sizes = new Map(
    [...table.matchAll(/\[MessageType\.(\w+)\]: (fixed|atLeast)\((\d+)\)/g)].map(
      ([, kind, form, bytes]) => [kind, form === "fixed" ? bytes : `≥ ${bytes}`],
    ),
  );
  const vectors = JSON.parse(text(VECTORS) || "[]");
  const rows = tableRows(text(PROTOCOL), "no.", "message", "class");
  for (const [path, content] of of(/^src\/wire\/(api|p2p)\/.*\.ts$/)) {
    for (const [, name, body] of content.matchAll(/^export class (\w+)([\s\S]*?)^}/gm)) {
      const kind = /^ {2}readonly kind = "(\w+)"/m.exec(body)?.[1];
      const number = numbers.get(kind);
      if (number === undefined) {
        yield `${path}: ${name} has no number in src/wire/message-type.ts`;
        continue;
      }
      if (!vectors.some((vector) => vector.message === kind && vector.number === number)) {
        yield `${path}: ${name} has no golden vector in ${VECTORS}`;
      }
      const row = rows.find((cells) => cells[0] === String(number) && unquoted(cells[2]) === name);
      if (row === undefined) {
        yield `${path}: ${name} (${number}) has no row in the table of ${PROTOCOL} §1.4`;
      } else if (row[5] !== sizes.get(kind)) {
        yield `${PROTOCOL}: size of ${name} is "${row[5]}", in the code "${sizes.get(kind)}"`;
      }
    }
  }
}

const VECTORS_BEGIN = "<!-- vectors: begin -->\n";
const VECTORS_END = "<!-- vectors: end -->";

function vectorTable(json) {
  const rows = JSON.parse(json).map(
    ({ message, number, about, fields, hex, alsoReceived = "" }) => {
      const said = Object.entries(fields).map(([name, value]) => `${name} ${fieldText(value)}`);
      const also = alsoReceived === "" ? "" : `\`${alsoReceived}\``;
      return `| ${number} | \`${message}\` | ${about} | ${said.join(", ")} | \`${hex}\` | ${also} |`;
    },
  );
  const header =
    "| no. | kind | what | fields | frame | also received |\n|---|---|---|---|---|---|";
  return `${header}\n${rows.join("\n")}\n`;
}

/** Byte strings look like numbers, and an empty one like nothing. */
function fieldText(value) {
  if (typeof value === "string") return value === "" ? "empty" : `\`${value}\``;
  return Array.isArray(value) || typeof value === "object" ? `\`${JSON.stringify(value)}\`` : value;
}

function splitAtVectors(markdown) {
  const begin = markdown.indexOf(VECTORS_BEGIN);
  const end = markdown.indexOf(VECTORS_END);
  if (begin < 0 || end < begin) return undefined;
  const start = begin + VECTORS_BEGIN.length;
  return {
    before: markdown.slice(0, start),
    table: markdown.slice(start, end),
    after: markdown.slice(end),
  };
}

function* checkVectors({ texts, text }) {
  if (!texts.has(VECTORS)) return;
  const parts = splitAtVectors(text(PROTOCOL));
  if (parts === undefined) yield `${PROTOCOL}: the marks around the table of test vectors are gone`;
  else if (parts.table !== vectorTable(text(VECTORS))) {
    yield `${PROTOCOL}: the table of test vectors differs from ${VECTORS}: node tools/tidy.mjs --write`;
  }
}

function writeVectors({ root, text }) {
  const parts = splitAtVectors(text(PROTOCOL));
  if (parts === undefined) return;
  const { before, after } = parts;
  writeFileSync(join(root, PROTOCOL), `${before}${vectorTable(text(VECTORS))}${after}`);
}

/** `const NAME = value` at the top of a file, as far as the value is arithmetic on numbers. */
function constantsOf({ of }) {
  const declared = [];
  const declaration = /^(?:export )?const ([A-Z][A-Z0-9_]*)(?:: number)? =\s+([^;]+);/gm;
  for (const [path, content] of of(/^src\/(wire|core)\/.*\.ts$/)) {
    for (const [, name, expression] of content.matchAll(declaration)) {
      declared.push({ file: path.slice("src/".length), name, expression });
    }
  }
  const valueOf = (name, file) => {
    const known = declared.filter((constant) => constant.name === name);
    const constant = known.find((other) => other.file === file) ?? known[0];
    return constant === undefined ? NaN : evaluate(constant);
  };
  const evaluate = ({ expression, file }) => {
    const numeric = expression
      .replace(/\b(?:0x[\da-f_]+|\d[\d_]*)/gi, (digits) => digits.replaceAll("_", ""))
      .replace(/\b[A-Z][A-Z0-9_]*\b/g, (name) => `(${valueOf(name, file)})`);
    const isArithmetic = /^(0x[\da-f]+|[\d\s()+\-*/<>.])+$/i.test(numeric);
    return isArithmetic ? Number(new Function(`return ${numeric};`)()) : NaN;
  };
  return declared
    .map((constant) => ({ ...constant, value: evaluate(constant) }))
    .filter(({ value }) => !Number.isNaN(value));
}

/** The tables of constants against the sources; those of src/wire need no row. */
function* checkConstants(project) {
  const constants = constantsOf(project);
  const rows = tableRows(project.text(PROTOCOL), "constant", "file", "value");
  const isSame = (row, { name, file }) => unquoted(row[0]) === name && row[1] === file;
  for (const constant of constants) {
    const row = rows.find((cells) => isSame(cells, constant));
    const { name, file, value } = constant;
    if (row === undefined) {
      if (file.startsWith("core/"))
        yield `src/${file}: ${name} = ${value} has no row in ${PROTOCOL} §10`;
    } else if (numberIn(row[2]) !== value) {
      yield `${PROTOCOL}: ${name} (${file}) is ${row[2]}, in the code ${value}`;
    }
  }
  for (const row of rows) {
    if (constants.some((constant) => isSame(row, constant))) continue;
    yield `${PROTOCOL}: ${unquoted(row[0])} is not in src/${row[1]}, or is no plain number there`;
  }
}

function* everyLine(files, pattern, describe) {
  for (const [path, content] of files) {
    for (const [at, line] of content.split("\n").entries()) {
      const found = pattern.exec(line);
      if (found !== null) yield `${path}:${at + 1}: ${describe(found)}`;
    }
  }
}

function* checkWorkMarks({ of }) {
  yield* everyLine(of(/./), WORK_MARKS, ([mark]) => `${mark}: do it, or open an issue`);
}

/** Paths that exist on one machine only. Tests may invent homes and temporary folders. */
function* checkMachinePaths({ of }) {
  const describe = ([path]) => `the path ${path} belongs to one machine`;
  const own = /(?<![\w.~/-])\/(work|root|Users)\//;
  const anybodys = /(?<![\w.~/-])\/(home|tmp)\//;
  yield* everyLine(of(/./), own, describe);
  yield* everyLine(of(/^(?!test\/)/), anybodys, describe);
}

function* checkLengths({ of }) {
  for (const [path, content] of of(/./)) {
    const lines = content.split("\n").length - 1;
    if (!CODE.has(extname(path)) || lines <= CODE_LINES_MAX) continue;
    yield `${path}: ${lines} lines, at most ${CODE_LINES_MAX}`;
  }
}

/** A condition may skip a test (no IPv6 on this machine); nothing else may. */
function* checkTestsRun({ of }) {
  const left = /\b(?:it|describe|test|suite)\.(?:only|skip|todo)\b|\b(?:only|skip|todo): true\b/;
  yield* everyLine(of(/^test\/.*\.tsx?$/), left, ([what]) => `${what} keeps tests from running`);
}

function anchorsOf(markdown) {
  const anchors = new Set();
  for (const [, title] of markdown.matchAll(/^#{1,6} (.+)$/gm)) {
    const words = title.toLowerCase().replace(/[^\p{L}\p{N}\s_-]/gu, "");
    anchors.add(words.trim().replace(/\s/g, "-"));
  }
  for (const [, id] of markdown.matchAll(/<a (?:id|name)="([^"]+)"/g)) anchors.add(id);
  return anchors;
}

/** Relative links in Markdown: the file is there, and so is the heading. */
function* checkLinks({ root, of, texts }) {
  for (const [path, content] of of(/\.md$/)) {
    const prose = content.replace(/^```[\s\S]*?^```/gm, (block) => block.replace(/[^\n]/g, " "));
    for (const { 1: target, index } of prose.matchAll(/\]\((?!\w+:)([^()\s]+)\)/g)) {
      const [file, anchor] = target.split("#");
      const place = `${path}:${lineAt(prose, index)}`;
      const linked = file === "" ? path : relative(root, resolve(root, dirname(path), file));
      if (!existsSync(join(root, linked))) yield `${place}: the link to ${target} leads nowhere`;
      else if (anchor && statSync(join(root, linked)).isFile() && linked.endsWith(".md")) {
        if (!anchorsOf(texts.get(linked) ?? "").has(anchor)) {
          yield `${place}: ${linked} has no heading #${anchor}`;
        }
      }
    }
  }
}

const flags = process.argv.slice(2).filter((argument) => argument.startsWith("--"));
const [place = fileURLToPath(new URL("..", import.meta.url))] = process.argv
  .slice(2)
  .filter((argument) => !argument.startsWith("--"));
const root = resolve(place);
if (flags.includes("--write")) writeVectors(loadProject(root));
const project = loadProject(root);
const findings = RULES.flatMap((rule) => [...rule(project)]);
for (const finding of findings) console.error(finding);
if (findings.length > 0) console.error(`tidy: ${findings.length} findings`);
process.exit(findings.length > 0 ? 1 : 0);
