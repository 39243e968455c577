import { printableText } from "../printable.ts";
import type { Style } from "../style.ts";
import { table } from "../table.ts";
import type { Column } from "../table.ts";

/** A line of a screen and how it stands out. */
export interface Line {
  readonly text: string;
  readonly tone: keyof Style | "plain";
}

export const line = (text: string, tone: Line["tone"] = "plain"): Line => ({ text, tone });

/** What a terminal can show. */
export interface Ink {
  readonly style: Style;
  readonly charset: "unicode" | "ascii";
}

/** By its locale (POSIX): the first of these that is set counts. */
export function charsetOf(env: Readonly<Record<string, string | undefined>>): Ink["charset"] {
  const set = [env["LC_ALL"], env["LC_CTYPE"], env["LANG"]].find((name) => (name ?? "") !== "");
  return /utf-?8/i.test(set ?? "") ? "unicode" : "ascii";
}

const LEVELS = "▁▂▃▄▅▆▇█";
/** Eighths of a column. */
const PARTS = "▏▎▍▌▋▊▉";

/** For what we print that is not ASCII; whatever else there may be becomes a question mark. */
const ASCII: Readonly<Record<string, string>> = {
  "…": "...",
  "–": "-",
  "·": "|",
  "░": ".",
  "▏": ":",
  "▎": ":",
  "▍": ":",
  "▌": ":",
  "▋": ":",
  "▊": ":",
  "▉": ":",
  "▁": "_",
  "▂": ".",
  "▃": ":",
  "▄": "-",
  "▅": "=",
  "▆": "+",
  "▇": "*",
  "█": "#",
};

/**
 * The only way to the terminal. Whatever the text is and whoever wrote it: no more than so many columns,
 * and nothing in it that a terminal would obey.
 */
export function paint({ text, tone }: Line, columns: number, { style, charset }: Ink): string {
  const safe = printableText(text);
  const shown = clip(charset === "unicode" ? safe : asciiOf(safe), columns, charset);
  return tone === "plain" ? shown : style[tone](shown);
}

const asciiOf = (text: string): string =>
  text.replace(/[^ -~]/gu, (character) => ASCII[character] ?? "?");

/** A text that is too long ends in a mark. */
export function clip(text: string, columns: number, charset: Ink["charset"] = "unicode"): string {
  const characters = Array.from(text);
  if (characters.length <= columns) return text;
  const mark = charset === "unicode" ? "…" : "~";
  return `${characters
    .slice(0, columns - 1)
    .join("")
    .trimEnd()}${mark}`;
}

/** One text to the left, one to the right if there is room for both. */
export function spread(left: string, right: string, columns: number): string {
  const gap = columns - left.length - right.length;
  return gap < 2 ? left : `${left}${" ".repeat(gap)}${right}`;
}

/** Broken between words; a word that is too long stays as it is. */
export function wrap(text: string, columns: number): string[] {
  const lines: string[] = [];
  for (const word of text.split(" ")) {
    const last = lines.at(-1);
    if (last !== undefined && last.length + 1 + word.length <= columns) {
      lines[lines.length - 1] = `${last} ${word}`;
    } else {
      lines.push(word);
    }
  }
  return lines;
}

/** Words of which not every line has room: those with the highest rank go first. */
export interface RankedWords {
  readonly text: string;
  readonly rank: number;
}

/** Those that fit into a line, in the order given. */
export function fittingWords(words: readonly RankedWords[], columns: number): string {
  const kept = [...words];
  const joined = (): string => kept.map(({ text }) => text).join("  ");
  while (kept.length > 1 && joined().length > columns) removeLeast(kept);
  return joined();
}

/** A column of which not every screen has room: those with the highest rank go first. */
export interface RankedColumn<Row> extends Column {
  readonly rank: number;
  readonly cell: (row: Row) => string;
}

/** A title line and a line for each row, of as many columns as fit. */
export function fittingTable<Row>(
  columns: readonly RankedColumn<Row>[],
  rows: readonly Row[],
  width: number,
): string[] {
  const kept = [...columns];
  for (;;) {
    const lines = table(
      kept,
      rows.map((row) => kept.map(({ cell }) => cell(row))),
    );
    if (kept.length === 1 || lines.every(({ length }) => length <= width)) return lines;
    removeLeast(kept);
  }
}

function removeLeast(ranked: { readonly rank: number }[]): void {
  const most = Math.max(...ranked.map(({ rank }) => rank));
  ranked.splice(
    ranked.findIndex(({ rank }) => rank === most),
    1,
  );
}

/** A share of 0 to 1, in eighths of a column; what is more than nothing shows. */
export function bar(share: number, columns: number): string {
  const eighths = Math.ceil(Math.min(1, share) * columns * 8);
  const full = "█".repeat(Math.floor(eighths / 8));
  return `${full}${PARTS[(eighths % 8) - 1] ?? ""}`.padEnd(columns, "░");
}

/** Values over time, the last ones if there are too many, against the highest of them. */
export function sparkline(values: readonly number[], columns: number): string {
  const shown = values.slice(-columns);
  const highest = Math.max(...shown, 0);
  return shown
    .map((value) => {
      const level = highest === 0 ? 0 : Math.ceil((value / highest) * (LEVELS.length - 1));
      return LEVELS[level] ?? "";
    })
    .join("");
}
