import type { CaseGroup, CaseResult, Outcome } from "../check/case.ts";
import type { CheckSettings } from "../check/settings.ts";
import { formatAddress } from "../daemon/address.ts";
import { VERSION } from "../daemon/version.ts";
import { countOf, formatDuration } from "../monitor/quantities.ts";
import type { Style } from "./style.ts";

export interface CheckReport {
  readonly settings: CheckSettings;
  readonly results: readonly CaseResult[];
  readonly durationMs: number;
}

/** What the official tools do as well is no fault; what could not be examined is not known to be right. */
export const isConforming = (results: readonly CaseResult[]): boolean =>
  results.every(({ outcome }) => outcome === "pass" || outcome === "differs");

const count = (results: readonly CaseResult[], outcome: Outcome): number =>
  results.filter((result) => result.outcome === outcome).length;

const WORDS: Readonly<Record<Outcome, string>> = {
  pass: "pass",
  fail: "FAIL",
  differs: "differs",
  untested: "untested",
};
const INDENT = " ".repeat(18);

/** The lines of a result: the title of its group when it begins, the case, and why it did not pass. */
export class ResultLines {
  readonly #style: Style;
  #group = "";

  constructor(style: Style) {
    this.#style = style;
  }

  of(result: CaseResult): string[] {
    const lines: string[] = [];
    if (result.group !== this.#group) lines.push("", this.#style.strong(result.group));
    this.#group = result.group;
    const word = this.#coloured(result.outcome)(WORDS[result.outcome].padEnd(8));
    lines.push(`  ${word}  ${result.clause.padEnd(6)}${result.name}`);
    if (result.why !== undefined) lines.push(`${INDENT}${this.#style.faint(result.why)}`);
    return lines;
  }

  #coloured(outcome: Outcome): (text: string) => string {
    if (outcome === "pass") return (text) => this.#style.good(text);
    return outcome === "fail" ? (text) => this.#style.bad(text) : (text) => text;
  }
}

/** `Conforms: 98 pass, 0 fail, 2 differ as the official tools do, 0 untested, in 21 s` */
export function summaryLine({ results, durationMs }: CheckReport, style: Style): string {
  const verdict = isConforming(results) ? style.good("Conforms") : style.bad("Does not conform");
  const parts = [
    `${count(results, "pass")} pass`,
    `${count(results, "fail")} fail`,
    `${count(results, "differs")} differ as the official tools do`,
    `${count(results, "untested")} untested`,
  ];
  return `${verdict}: ${parts.join(", ")}, in ${formatDuration(durationMs)}`;
}

export function listText(groups: readonly CaseGroup[]): string {
  const lines = groups.flatMap(({ title, cases }) => [
    title,
    ...cases.map(({ name, clause }) => `  ${clause.padEnd(6)}${name}`),
    "",
  ]);
  const total = groups.reduce((sum, { cases }) => sum + cases.length, 0);
  return `${lines.join("\n")}\n${countOf(total, "case")}\n`;
}

export function asJson({ settings, results, durationMs }: CheckReport): string {
  const { api, p2p, difficultyBits } = settings;
  const report = {
    version: VERSION,
    api: formatAddress(api),
    p2p: p2p === undefined ? null : formatAddress(p2p),
    difficultyBits: p2p === undefined ? null : difficultyBits,
    conforming: isConforming(results),
    durationMs,
    summary: {
      pass: count(results, "pass"),
      fail: count(results, "fail"),
      differs: count(results, "differs"),
      untested: count(results, "untested"),
    },
    cases: results,
  };
  return JSON.stringify(report, undefined, 2);
}

const XML_ESCAPES: Readonly<Record<string, string>> = {
  "&": "&amp;",
  "<": "&lt;",
  ">": "&gt;",
  '"': "&quot;",
};
const xml = (text: string): string => text.replace(/[&<>"]/g, (found) => XML_ESCAPES[found] ?? "");

/** JUnit XML as CI services read it: a suite for each group, times in seconds. */
export function asJUnit({ results, durationMs }: CheckReport): string {
  const groups = [...new Set(results.map(({ group }) => group))];
  const suites = groups.map((group) =>
    suite(
      group,
      results.filter((one) => one.group === group),
    ),
  );
  const totals = `tests="${results.length}" failures="${count(results, "fail")}"`;
  const time = `time="${(durationMs / 1_000).toFixed(3)}"`;
  const head = '<?xml version="1.0" encoding="UTF-8"?>';
  return `${head}\n<testsuites name="voidgossip check" ${totals} ${time}>\n${suites.join("")}</testsuites>\n`;
}

function suite(group: string, results: readonly CaseResult[]): string {
  const totals = [
    `tests="${results.length}"`,
    `failures="${count(results, "fail")}"`,
    `skipped="${count(results, "untested")}"`,
  ];
  const cases = results.map(testCase).join("");
  return `  <testsuite name="${xml(group)}" ${totals.join(" ")}>\n${cases}  </testsuite>\n`;
}

function testCase(result: CaseResult): string {
  const { group, name, clause, ms } = result;
  const head = `    <testcase classname="${xml(group)}" name="${xml(`${clause} ${name}`)}" time="${(ms / 1_000).toFixed(3)}"`;
  const body = outcomeElement(result);
  return body === "" ? `${head}/>\n` : `${head}>${body}</testcase>\n`;
}

function outcomeElement({ outcome, why = "" }: CaseResult): string {
  switch (outcome) {
    case "pass":
      return "";
    case "fail":
      return `<failure message="${xml(why)}"/>`;
    case "untested":
      return `<skipped message="${xml(why)}"/>`;
    case "differs":
      return `<system-out>differs: ${xml(why)}</system-out>`;
  }
}
