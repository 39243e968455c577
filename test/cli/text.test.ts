import assert from "node:assert/strict";
import { describe, it } from "node:test";
import {
  formatBytes,
  formatDelay,
  formatDuration,
  formatRate,
  formatRough,
  formatShare,
} from "../../src/monitor/quantities.ts";
import { PLAIN, styleFor } from "../../src/cli/style.ts";
import { left, right, table } from "../../src/cli/table.ts";

describe("numbers for people", () => {
  const durations: readonly (readonly [number, string])[] = [
    [0, "0 ms"],
    [999.4, "999 ms"],
    [999.6, "1.0 s"],
    [9_400, "9.4 s"],
    [9_500, "10 s"],
    [59_499, "59 s"],
    [59_500, "1 min 0 s"],
    [3_599_000, "59 min 59 s"],
    [3_600_000, "1 h 0 min"],
    [86_400_000, "1 d 0 h"],
    [1e9, "11 d 13 h"],
  ];
  for (const [ms, text] of durations) {
    it(`${ms} ms is ${text}`, () => assert.equal(formatDuration(ms), text));
  }

  const sizes: readonly (readonly [number, string])[] = [
    [0, "0 B"],
    [1_023, "1023 B"],
    [1_024, "1 KiB"],
    [1_536, "1.5 KiB"],
    [1_048_575, "1 MiB"],
    [64 * 2 ** 20, "64 MiB"],
    [300 * 2 ** 20, "300 MiB"],
    [2 ** 40, "1024 GiB"],
  ];
  for (const [bytes, text] of sizes) {
    it(`${bytes} bytes are ${text}`, () => assert.equal(formatBytes(bytes), text));
  }

  it("2^24 hashes are 16.8 M", () => {
    assert.deepEqual([2 ** 24, 950_000, 12].map(formatRough), ["16.8 M", "950 k", "12"]);
  });

  it("have the digits they deserve", () => {
    assert.deepEqual([0, 0.42, 12.3, 3_200].map(formatDelay), ["0 ms", "0.4 ms", "12 ms", "3.2 s"]);
    assert.deepEqual([0, 0.25, 12.3, 1_250].map(formatRate), ["0", "0.3", "12", "1,250"]);
    assert.deepEqual([0, 0.001, 0.374, 1].map(formatShare), ["0 %", "< 1 %", "37 %", "100 %"]);
  });
});

describe("tables", () => {
  it("give every column its width, numbers to the right, and no blanks at the end", () => {
    const rows = [
      ["a", 1, "x"],
      ["long", 1_000, ""],
    ];
    assert.deepEqual(table([left("name"), right("n"), left("")], rows), [
      "name     n",
      "a        1  x",
      "long  1000",
    ]);
  });
});

describe("colours", () => {
  it("are for terminals only, and not where the user wants none", () => {
    assert.equal(styleFor({ isTTY: true }, {}).good("ok"), "\u001b[32mok\u001b[39m");
    assert.equal(styleFor({ isTTY: true }, { NO_COLOR: "1" }), PLAIN);
    assert.equal(styleFor({ isTTY: true }, { TERM: "dumb" }), PLAIN);
    assert.equal(styleFor({}, {}), PLAIN);
  });

  it("stay on where NO_COLOR is there and empty (no-color.org)", () => {
    assert.notEqual(styleFor({ isTTY: true }, { NO_COLOR: "" }), PLAIN);
  });
});
