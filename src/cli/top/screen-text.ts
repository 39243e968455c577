import {
  formatBytes,
  formatCount,
  formatDelay,
  formatDuration,
  formatRate,
} from "../../monitor/quantities.ts";
import { dropsOf } from "../../monitor/view/history.ts";
import type { Sample } from "../../monitor/view/history.ts";
import { fittingWords, line, sparkline, spread, wrap } from "./line.ts";
import type { Line, RankedWords } from "./line.ts";
import { sectionsOf } from "./sections.ts";
import type { Section } from "./sections.ts";
import { dropWords, itemWords } from "./rate-words.ts";
import { clockOf } from "./view.ts";
import type { NodeView } from "./view.ts";

export interface ScreenSize {
  readonly columns: number;
  readonly rows: number;
}

export type Pace = "running" | "paused";

/** From so many rows on there are empty lines between the parts, and rates over time. A guess. */
const ROOMY_ROWS = 30;

/** The whole screen, of as many lines as it has rows at most. */
export function screenOf(view: NodeView, size: ScreenSize, pace: Pace): Line[] {
  const top = [titleLine(view, size.columns, pace), ...healthLines(view, size)];
  const measures = measureLines(view, size);
  const rest = [...measures, ...bodyLines(view, size, top.length + measures.length)];
  // What a silent node said last is worth reading, but may not be true any more.
  const shown = view.contact.kind === "live" ? rest : rest.map(({ text }) => line(text, "faint"));
  return [...top, ...shown].slice(0, size.rows);
}

function titleLine({ status, atMs }: NodeView, columns: number, pace: Pace): Line {
  const { version, p2p, uptimeMs, memory } = status;
  const facts = [
    { text: `voidgossip ${version}`, rank: 3 },
    { text: p2p, rank: 0 },
    { text: `up ${formatDuration(uptimeMs)}`, rank: 1 },
    { text: formatBytes(memory.rssBytes), rank: 2 },
  ];
  const known = (room: number): string => fittingWords(facts, columns - room - 2);
  if (pace === "paused") {
    return line(spread(PAUSED, known(PAUSED.length), columns), "strong");
  }
  const clock = `${clockOf(atMs)} · q quits, p pauses`;
  return line(spread(known(clock.length), clock, columns), "faint");
}

const PAUSED = "PAUSED, p goes on";

/** A fifth of the screen at most, but two lines in any case. */
function healthLines({ status, contact, atMs }: NodeView, { columns, rows }: ScreenSize): Line[] {
  const lines: Line[] = [];
  const add = (text: string, tone: Line["tone"]): void => {
    lines.push(...wrap(text, columns).map((words) => line(words, tone)));
  };
  if (contact.kind === "lost") {
    const silence = formatDuration(Math.max(0, atMs - contact.sinceMs));
    add(`No answer for ${silence}, trying again: ${contact.reason}.`, "bad");
  } else {
    const { health, readiness, sentence, reasons } = status.health;
    add(sentence, health === "failing" ? "bad" : readiness === "ready" ? "good" : "strong");
    for (const reason of reasons) add(reason, "plain");
  }
  return cutTo(lines, Math.max(2, Math.floor(rows / 5)));
}

const LABEL_COLUMNS = "Received  ".length;

function measureLines({ samples, status }: NodeView, { columns, rows }: ScreenSize): Line[] {
  const width = columns - LABEL_COLUMNS;
  const labelled = (label: string, text: string, tone?: Line["tone"]): Line =>
    line(label.padEnd(LABEL_COLUMNS) + text, tone);
  const last = samples.at(-1);
  if (last === undefined) return [labelled("Items/s", "counted from the next look on")];
  const measured = [
    labelled("Items/s", fittingWords(itemWords(last), width)),
    labelled("Drops/s", fittingWords(dropWords(last), width), dropsOf(last) > 0 ? "bad" : "plain"),
    labelled("Times", fittingWords(timeWords(last, status.eventLoopDelay.p99Ms), width)),
  ];
  return rows < ROOMY_ROWS ? measured : [...measured, labelled("Received", course(samples, width))];
}

function timeWords({ verdictMs }: Sample, loopMs: number): RankedWords[] {
  const verdicts = verdictMs === 0 ? "–" : formatDelay(verdictMs);
  return [
    { text: `verdicts after ${verdicts}`, rank: 0 },
    { text: `event loop late by less than ${formatDelay(loopMs)} (99 %)`, rank: 1 },
  ];
}

/** Copies received over time, the latest to the right. */
function course(samples: readonly Sample[], width: number): string {
  const received = samples.map((sample) => sample.received);
  const drawn = sparkline(received, Math.floor(width / 2));
  const highest = Math.max(...received.slice(-drawn.length));
  return `${drawn}  at most ${formatRate(highest)}/s`;
}

function bodyLines(view: NodeView, { columns, rows }: ScreenSize, above: number): Line[] {
  const gap = rows < ROOMY_ROWS ? [] : [line("")];
  const sections = sectionsOf(view, columns);
  const heights = heightsOf(sections, rows - above, gap.length);
  return sections.flatMap((section, at) => {
    const height = heights[at] ?? 0;
    return height === 0 ? [] : [...gap, section.head, ...rowsOf(section, height - 1)];
  });
}

/** A title, a row, and how many more there are. */
const HEIGHT_MIN = 3;

/**
 * Who gets how many lines: the first sections come first, but none gets more than it needs, and those
 * that are shown at all share what is left.
 */
function heightsOf(sections: readonly Section[], lines: number, gap: number): number[] {
  let left = lines;
  const heights = sections.map(({ rows }) => {
    const height = Math.min(1 + rows.length, HEIGHT_MIN);
    if (left < height + gap) return 0;
    left -= height + gap;
    return height;
  });
  const isWanting = (at: number): boolean => {
    const height = heights[at] ?? 0;
    return height > 0 && height < 1 + (sections[at]?.rows.length ?? 0);
  };
  while (left > 0 && heights.some((_, at) => isWanting(at))) {
    for (let at = 0; at < heights.length && left > 0; at++) {
      if (!isWanting(at)) continue;
      heights[at] = (heights[at] ?? 0) + 1;
      left--;
    }
  }
  return heights;
}

/** If there is no room for all, the heaviest. */
function rowsOf({ rows, cut }: Section, height: number): Line[] {
  if (rows.length <= height) return [...rows];
  const heaviest = [...rows].sort((a, b) => b.weight - a.weight);
  return cut === "told" ? cutTo(heaviest, height) : heaviest.slice(0, height);
}

function cutTo(lines: readonly Line[], height: number): Line[] {
  if (lines.length <= height) return [...lines];
  const shown = lines.slice(0, height - 1);
  return [...shown, line(`… ${formatCount(lines.length - shown.length)} more`, "faint")];
}
