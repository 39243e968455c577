import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { PLAIN, styleFor } from "../../../src/cli/style.ts";
import { left, right } from "../../../src/cli/table.ts";
import {
  bar,
  charsetOf,
  fittingTable,
  fittingWords,
  line,
  paint,
  sparkline,
  spread,
  wrap,
} from "../../../src/cli/top/line.ts";
import type { Ink } from "../../../src/cli/top/line.ts";

const PLAIN_INK: Ink = { style: PLAIN, charset: "unicode" };
const ASCII_INK: Ink = { style: PLAIN, charset: "ascii" };
const COLOURED_INK: Ink = { style: styleFor({ isTTY: true }, {}), charset: "unicode" };

describe("painting a line", () => {
  it("colours all of it, and nothing that is plain", () => {
    assert.equal(paint(line("ok", "good"), 80, COLOURED_INK), "\u001b[32mok\u001b[39m");
    assert.equal(paint(line("ok"), 80, COLOURED_INK), "ok");
    assert.equal(paint(line("ok", "good"), 80, PLAIN_INK), "ok");
  });

  it("lets nothing through that a terminal obeys, whoever wrote it", () => {
    const hostile = "\u001b[2J\u001b]0;title\u0007\r\n\u009b31m\u202ereversed\u0000";
    for (const ink of [PLAIN_INK, ASCII_INK]) {
      const shown = paint(line(hostile), 200, ink);
      assert.doesNotMatch(shown, /[\p{C}\p{Zl}\p{Zp}]/u);
      assert.match(shown, /^\\u\{1b\}\[2J/);
    }
  });

  it("cuts after the escapes were made visible, so that no line is too long", () => {
    for (const ink of [PLAIN_INK, ASCII_INK]) {
      assert.equal(paint(line("\u0007".repeat(50)), 20, ink).length, 20);
    }
    assert.equal(paint(line("twelve chars"), 12, PLAIN_INK), "twelve chars");
    assert.equal(paint(line("twelve chars"), 8, PLAIN_INK), "twelve…");
    assert.equal(paint(line("twelve chars"), 8, ASCII_INK), "twelve~");
  });

  it("writes ASCII alone where the terminal knows no more", () => {
    assert.equal(paint(line("█▌░ – … 日本"), 80, ASCII_INK), "#:. - ... ??");
  });
});

describe("the characters a terminal knows", () => {
  const cases: readonly (readonly [Record<string, string>, Ink["charset"]])[] = [
    [{}, "ascii"],
    [{ LANG: "C" }, "ascii"],
    [{ LANG: "C.UTF-8" }, "unicode"],
    [{ LANG: "de_DE.utf8" }, "unicode"],
    [{ LANG: "C", LC_CTYPE: "en_US.UTF-8" }, "unicode"],
    [{ LANG: "en_US.UTF-8", LC_ALL: "C" }, "ascii"],
    [{ LANG: "en_US.UTF-8", LC_ALL: "" }, "unicode"],
  ];
  for (const [env, charset] of cases) {
    it(`are ${charset} with ${JSON.stringify(env)}`, () => assert.equal(charsetOf(env), charset));
  }
});

describe("fitting into a width", () => {
  it("breaks between words only", () => {
    assert.deepEqual(wrap("one two three", 7), ["one two", "three"]);
    assert.deepEqual(wrap("unbreakable word", 5), ["unbreakable", "word"]);
  });

  it("leaves out what stands to the right before it overlaps", () => {
    assert.equal(spread("left", "right", 12), "left   right");
    assert.equal(spread("left", "right", 10), "left");
  });

  it("drops the words of the highest rank first", () => {
    const words = [
      { text: "a 1", rank: 1 },
      { text: "b 2", rank: 0 },
      { text: "c 3", rank: 2 },
    ];
    assert.deepEqual(
      [13, 12, 8, 1].map((columns) => fittingWords(words, columns)),
      ["a 1  b 2  c 3", "a 1  b 2", "a 1  b 2", "b 2"],
    );
  });

  it("drops the columns of the highest rank first", () => {
    const columns = [
      { ...right("n"), rank: 0, cell: (n: number) => String(n) },
      { ...left("words"), rank: 2, cell: () => "some words" },
      { ...right("square"), rank: 1, cell: (n: number) => String(n * n) },
    ];
    assert.deepEqual(fittingTable(columns, [3], 21), [
      "n  words       square",
      "3  some words       9",
    ]);
    assert.deepEqual(fittingTable(columns, [3], 20), ["n  square", "3       9"]);
    assert.deepEqual(fittingTable(columns, [3], 1), ["n", "3"]);
  });
});

describe("small drawings", () => {
  it("a bar has eighths, and shows whatever is more than nothing", () => {
    assert.deepEqual(
      [0, 0.001, 0.25, 0.5, 1, 7].map((share) => bar(share, 4)),
      ["░░░░", "▏░░░", "█░░░", "██░░", "████", "████"],
    );
  });

  it("a course is drawn against its highest value, the latest to the right", () => {
    assert.equal(sparkline([9, 0, 5, 10], 3), "▁▅█");
    assert.equal(sparkline([0, 0], 5), "▁▁");
    assert.equal(sparkline([], 5), "");
  });
});
