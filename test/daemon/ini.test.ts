import assert from "node:assert/strict";
import { describe, it } from "node:test";
import fc from "fast-check";
import ini from "ini";
import { parseIni } from "../../src/daemon/ini.ts";

/** `section/key=value@line` for each entry. */
const entriesOf = (text: string): string[] =>
  parseIni(text).entries.map(
    ({ section, key, value, line }) => `${section}/${key}=${value}@${line}`,
  );
const valueOf = (line: string): string | undefined => parseIni(line).entries[0]?.value;

describe("an INI text", () => {
  it("is entries in sections, those before the first header in none", () => {
    assert.deepEqual(entriesOf("hostkey = /k.pem\n\n[gossip]\ndegree=3\n[onion]\nhops = 2"), [
      "/hostkey=/k.pem@1",
      "gossip/degree=3@4",
      "onion/hops=2@6",
    ]);
  });

  it("ends its lines in LF, CRLF or CR, and counts each once", () => {
    for (const end of ["\n", "\r\n", "\r"]) {
      assert.deepEqual(entriesOf(["[a]", "", "b=1", "c=2"].join(end)), ["a/b=1@3", "a/c=2@4"]);
    }
  });

  it("may begin with a byte order mark", () => {
    assert.deepEqual(entriesOf("\ufeff[a]\nb=1"), ["a/b=1@2"]);
    assert.deepEqual(entriesOf("\ufeffb=1"), ["/b=1@1"]);
  });

  it("may open a section twice, in any case", () => {
    assert.deepEqual(entriesOf("[A]\nb=1\n[c]\n[ a ] ; again\nD=2"), ["a/b=1@2", "a/D=2@5"]);
  });

  it("keeps what stands behind the first equals sign, and empty values", () => {
    assert.deepEqual(entriesOf("a = b = c\nd =\n e= f g \n"), ["/a=b = c@1", "/d=@2", "/e=f g@3"]);
  });

  it("has comments on lines of their own", () => {
    assert.deepEqual(entriesOf("; a = 1\n# b = 2\n   ;c\n  # d\n[e] # f\ng=1"), ["e/g=1@6"]);
  });

  it("has comments behind values only after white space", () => {
    assert.equal(valueOf("a = host:6001 ; mine"), "host:6001");
    assert.equal(valueOf("a = host:6001\t# mine"), "host:6001");
    assert.equal(valueOf("a = x;y"), "x;y");
    assert.equal(valueOf("a = x#y ;z"), "x#y");
    assert.equal(valueOf("a = ; nothing"), "");
    assert.equal(valueOf("a =;nothing"), "");
    assert.equal(valueOf("a = x\u2028 ; y"), "x");
  });

  it("takes quoted values literally", () => {
    assert.equal(valueOf('a = "x ; y" ; z'), "x ; y");
    assert.equal(valueOf("a = ' x # y '"), " x # y ");
    assert.equal(valueOf('a = "C:\\keys\\"'), "C:\\keys\\");
    assert.equal(valueOf('a = ""'), "");
    assert.equal(valueOf(`a = "it's"`), "it's");
    assert.equal(valueOf(`a = it's`), "it's");
  });
});

describe("a faulty INI text", () => {
  it("tells the kind, the line and the section of each fault, and nothing of its text", () => {
    const text = ["secret", "[a]", "= 1", 'b = "x', 'c = "x" y', "d = 1", "D = 2"].join("\n");
    assert.deepEqual(parseIni(text).faults, [
      { kind: "notKeyValue", section: "", line: 1 },
      { kind: "notKeyValue", section: "a", line: 3 },
      { kind: "openQuote", section: "a", line: 4, key: "b" },
      { kind: "textAfterQuote", section: "a", line: 5, key: "c" },
      { kind: "duplicateKey", section: "a", line: 7, key: "D", firstLine: 6 },
    ]);
  });

  it("leaves out what follows a header that cannot be read, up to the next one", () => {
    for (const header of ["[a", "[]", "[ ]", "[a] b", "[a]]"]) {
      const document = parseIni(`x=1\n${header}\ny=2\nz\n[b]\nw=3`);
      assert.deepEqual(document.faults, [{ kind: "brokenHeader", line: 2 }], header);
      assert.deepEqual(
        document.entries.map((entry) => entry.key),
        ["x", "w"],
      );
    }
  });

  it("tells apart equal keys of different sections", () => {
    assert.deepEqual(parseIni("a=1\n[b]\na=1\n[c]\na=1").faults, []);
  });

  it("never makes the parser throw", () => {
    const pieces = fc.constantFrom("[", "]", "=", ";", "#", '"', "'", "\n", "\r", " ", "a", "\0");
    const text = fc.oneof(fc.string({ unit: "binary" }), fc.string({ unit: pieces }));
    fc.assert(
      fc.property(text, (written) => {
        const lines = written.split(/\r\n|\n|\r/).length;
        const { entries, faults } = parseIni(written);
        assert.ok(entries.length <= lines);
        assert.ok([...entries, ...faults].every(({ line }) => line >= 1 && line <= lines));
      }),
      { numRuns: 1_000 },
    );
  });
});

// What follows is the dialect that both parsers speak: no quotes, escapes, dots or `a[]`.

const word = fc.stringMatching(/^[a-z][a-z0-9_]{0,8}$/);
// A value that the oracle does not turn into something else.
const plainValue = fc.stringMatching(/^v(?:[\w:.,/ -]{0,12}\w)?$/);
const gap = fc.constantFrom("", " ", "\t", "   ");
const comment = fc.constantFrom("", " ; a = 1", "\t# [b]", " ;");
const noise = fc.constantFrom("", "; c", "# [d]", "   ", "  ;e = f");
const entryLine = fc.tuple(gap, word, gap, gap, plainValue, comment);
const section = fc.record({ name: word, lines: fc.array(fc.tuple(entryLine, noise)) });

describe("the parser and the package ini", () => {
  it("agree on texts that both understand", () => {
    const property = fc.property(
      fc.array(fc.tuple(entryLine, noise)),
      fc.uniqueArray(section, { selector: ({ name }) => name }),
      fc.constantFrom("\n", "\r\n"),
      (global, sections, end) => {
        const lines: string[] = [];
        const write = (entries: typeof global, prefix: string): void => {
          for (const [at, [[before, key, left, right, value, after], other]] of entries.entries()) {
            // Numbered, because what a key given twice means is where the two differ.
            lines.push(`${before}${prefix}${at}_${key}${left}=${right}${value}${after}`, other);
          }
        };
        write(global, "k");
        for (const { name, lines: entries } of sections) {
          lines.push(`[s_${name}]`);
          write(entries, "k");
        }
        const text = lines.join(end);
        const found: Record<string, unknown> = {};
        for (const { name } of sections) found[`s_${name}`] = {};
        const document = parseIni(text);
        for (const { section: home, key, value } of document.entries) {
          const target = home === "" ? found : (found[home] as Record<string, unknown>);
          target[key] = value;
        }
        assert.deepEqual(document.faults, []);
        assert.deepEqual(found, JSON.parse(JSON.stringify(ini.parse(text))));
      },
    );
    fc.assert(property, { numRuns: 300 });
  });
});
