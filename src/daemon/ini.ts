/**
 * Windows INI as VoidPhone modules share it: one file for all modules, so what this parser cannot read
 * in somebody else's section must not hurt. It keeps line numbers and reports, but judges nothing.
 *
 * The dialect (docs/configuration.md, decision 0002):
 * - lines end in LF, CRLF or CR; a byte order mark is skipped; white space around everything is dropped;
 * - `[section]`, `key = value`; entries before the first header belong to the section "";
 * - section names and keys are case-insensitive, a section may be opened more than once;
 * - a line that begins with `;` or `#` is a comment, and so is the rest of a line from a `;` or `#` that
 *   begins the value or follows white space (`host:6001 ; mine` has a comment, `a;b` has none);
 * - a value in "double" or 'single' quotes is taken literally; there are no escapes.
 */
export interface IniDocument {
  /** In the order of the file; a key given twice is here twice. */
  readonly entries: readonly IniEntry[];
  readonly sections: readonly IniSection[];
  readonly faults: readonly IniFault[];
}

export interface IniEntry {
  /** In lower case. */
  readonly section: string;
  /** As written. */
  readonly key: string;
  readonly value: string;
  /** Counted from 1. */
  readonly line: number;
}

interface IniSection {
  /** In lower case. */
  readonly name: string;
  readonly line: number;
}

/** A fault never holds the text of its line: somebody may have pasted a private key. */
export type IniFault =
  /** What follows, up to the next header, is in no section and is left out. */
  | { readonly kind: "brokenHeader"; readonly line: number }
  | { readonly kind: "notKeyValue"; readonly section: string; readonly line: number }
  | {
      readonly kind: "openQuote" | "textAfterQuote";
      readonly section: string;
      readonly line: number;
      readonly key: string;
    }
  | {
      readonly kind: "duplicateKey";
      readonly section: string;
      readonly line: number;
      readonly key: string;
      readonly firstLine: number;
    };

type Value =
  | { readonly kind: "value"; readonly value: string }
  | { readonly kind: "openQuote" | "textAfterQuote" };

export function parseIni(text: string): IniDocument {
  const entries: IniEntry[] = [];
  const sections: IniSection[] = [];
  const faults: IniFault[] = [];
  const firstLineByKey = new Map<string, number>();
  let section: string | undefined = "";

  for (const [at, rawLine] of text.split(/\r\n|\n|\r/).entries()) {
    const line = at + 1;
    const content = rawLine.trim(); // String.trim also drops a byte order mark
    if (content === "" || startsComment(content)) continue;
    if (content.startsWith("[")) {
      section = readHeader(content);
      if (section === undefined) faults.push({ kind: "brokenHeader", line });
      else sections.push({ name: section, line });
      continue;
    }
    if (section === undefined) continue;
    const equals = content.indexOf("=");
    const key = content.slice(0, equals).trim();
    if (equals === -1 || key === "") {
      faults.push({ kind: "notKeyValue", section, line });
      continue;
    }
    const identity = `${section}\n${key.toLowerCase()}`;
    const firstLine = firstLineByKey.get(identity);
    if (firstLine === undefined) firstLineByKey.set(identity, line);
    else faults.push({ kind: "duplicateKey", section, line, key, firstLine });
    const read = readValue(content.slice(equals + 1).trim());
    if (read.kind === "value") entries.push({ section, key, value: read.value, line });
    else faults.push({ kind: read.kind, section, line, key });
  }
  return { entries, sections, faults };
}

const startsComment = (text: string): boolean => text.startsWith(";") || text.startsWith("#");

/** The name in lower case; undefined when the line is not a header. */
function readHeader(content: string): string | undefined {
  const close = content.indexOf("]");
  const name = content.slice(1, close).trim().toLowerCase();
  const rest = content.slice(close + 1).trim();
  if (close === -1 || name === "" || (rest !== "" && !startsComment(rest))) return undefined;
  return name;
}

function readValue(text: string): Value {
  const quote = text.charAt(0);
  if (quote !== '"' && quote !== "'") {
    const comment = text.search(/(?:^|\s)[;#]/);
    return { kind: "value", value: comment === -1 ? text : text.slice(0, comment).trim() };
  }
  const close = text.indexOf(quote, 1);
  if (close === -1) return { kind: "openQuote" };
  const rest = text.slice(close + 1).trim();
  if (rest !== "" && !startsComment(rest)) return { kind: "textAfterQuote" };
  return { kind: "value", value: text.slice(1, close) };
}
