import { CONFIG_KEYS, findConfigKey, FOREIGN_KEYS } from "./config-keys.ts";
import type { ConfigDraft, ConfigFields, ConfigKey } from "./config-keys.ts";
import type { PathOrigin } from "./config-value.ts";
import type { ConfigRemark } from "./gossip-error.ts";
import type { IniDocument, IniEntry, IniFault } from "./ini.ts";
import { nearestName } from "./nearest-name.ts";

/** What a remark is about: `file:line: key = value: ...`, as far as known. */
export interface RemarkPlace {
  readonly line?: number | undefined;
  readonly key?: string | undefined;
  /** Left out where it may be a secret or says nothing. */
  readonly value?: string | undefined;
}

/** Entries before the first section are global; some teams write `[global]` above them. */
const OUR_SECTIONS: readonly string[] = ["", "global", "gossip"];

/** One pass over a source of values: fills the draft, and collects what there is to say about it. */
export class ConfigReading {
  readonly draft: ConfigDraft = {};
  readonly #file: string | undefined;
  readonly #origin: PathOrigin;
  readonly #faults: ConfigRemark[] = [];
  readonly #warnings: ConfigRemark[] = [];
  /** Where each key got its value, so that a fault found later can name the place. */
  readonly #entryByKey = new Map<ConfigKey, RemarkPlace>();
  readonly #faultyFields = new Set<keyof ConfigFields>();

  /** `file` is undefined for values given by a program. */
  constructor(file: string | undefined, origin: PathOrigin) {
    this.#file = file;
    this.#origin = origin;
  }

  get faults(): readonly ConfigRemark[] {
    return inLineOrder(this.#faults);
  }

  get warnings(): readonly ConfigRemark[] {
    return inLineOrder(this.#warnings);
  }

  takeDocument(document: IniDocument): void {
    for (const fault of document.faults.filter(isOurs)) {
      const place = { line: fault.line, key: "key" in fault ? fault.key : undefined };
      this.fault(place, describeIniFault(fault));
    }
    for (const entry of document.entries) {
      if (OUR_SECTIONS.includes(entry.section)) this.#takeEntry(entry);
    }
    if (document.sections.some((section) => section.name === "gossip")) return;
    const typo = document.sections.find((section) => nearestName(section.name, ["gossip"]));
    const hint = typo === undefined ? "" : ` (did you mean it by [${typo.name}]?)`;
    this.warn({ line: typo?.line }, `no section [gossip], so the defaults hold${hint}`);
  }

  #takeEntry(entry: IniEntry): void {
    const { key, value, line } = entry;
    const section = entry.section === "gossip" ? "gossip" : "global";
    const known = findConfigKey(key);
    if (known === undefined) {
      // Outside [gossip] every module may have keys of its own.
      if (section === "gossip") this.warn({ line, key }, describeUnknownKey(key));
      return;
    }
    if (known.section !== section) {
      const home = known.section === "global" ? "above the first section" : "in [gossip]";
      this.warn({ line, key }, `ignored here: it belongs ${home}`);
      return;
    }
    const first = this.#entryByKey.get(known);
    if (first === undefined) {
      this.#entryByKey.set(known, { line, key, value });
      this.#takeValue(entry, known);
    } else if (first.key?.toLowerCase() !== key.toLowerCase() && first.value !== value) {
      // Two names of one key; the same name twice is reported by the INI parser.
      const other = `${first.key ?? ""} on line ${first.line ?? 0}`;
      this.fault({ line, key, value }, `${other} says something else; keep ${known.name}`);
    }
  }

  #takeValue({ key, value, line }: IniEntry, known: ConfigKey): void {
    if (known.name === "hostkey" && value.startsWith("-----")) {
      this.fault({ line, key }, "the path of a PEM file, not the key itself");
      return;
    }
    const problem = known.read(value, this.#origin, this.draft);
    if (problem !== undefined) {
      this.fault({ line, key, value }, problem);
      this.#faultyFields.add(known.field);
    }
  }

  takeOverrides(overrides: Partial<ConfigFields>): void {
    for (const [field, value] of Object.entries(overrides)) {
      if (value === undefined) continue;
      const place = { key: field, value: JSON.stringify(value) };
      const known = CONFIG_KEYS.find((candidate) => candidate.field === field);
      if (known === undefined) {
        this.fault(place, "there is no such field");
        continue;
      }
      this.#entryByKey.set(known, place);
      // A copy, because the configuration is frozen and the caller's object stays his own.
      Object.assign(this.draft, { [field]: structuredClone(value) });
      const problem = known.check(this.draft);
      if (problem === undefined) continue;
      this.fault(place, problem);
      this.#faultyFields.add(field as keyof ConfigFields);
    }
  }

  /**
   * A fault between fields, named at the first of them that was given. Silent if one of them has a fault
   * of its own: what stands in its place is a default nobody meant.
   */
  relationFault(fields: readonly (keyof ConfigFields)[], problem: string): void {
    if (fields.some((field) => this.#faultyFields.has(field))) return;
    const given = fields.map((field) => this.placeOf(field));
    const place = given.find((candidate) => candidate.value !== undefined) ?? given[0];
    this.fault(place ?? {}, problem);
  }

  /** Where the field was given; its key alone, if it has its default. */
  placeOf(field: keyof ConfigFields): RemarkPlace {
    const known = CONFIG_KEYS.find((candidate) => candidate.field === field);
    return (known && this.#entryByKey.get(known)) ?? { key: known?.name };
  }

  fault(place: RemarkPlace, text: string): void {
    this.#faults.push(this.#remark(place, text));
  }

  warn(place: RemarkPlace, text: string): void {
    this.#warnings.push(this.#remark(place, text));
  }

  #remark({ line, key, value }: RemarkPlace, text: string): ConfigRemark {
    const file =
      this.#file === undefined ? [] : [`${this.#file}${line === undefined ? "" : `:${line}`}`];
    const given = value === undefined ? "" : ` = ${value === "" ? "(empty)" : shortened(value)}`;
    const subject = key === undefined ? [] : [`${shortened(key)}${given}`];
    const message = inOneLine([...file, ...subject, text].join(": "));
    return { file: this.#file, line, key, message };
  }
}

const inLineOrder = (remarks: readonly ConfigRemark[]): readonly ConfigRemark[] =>
  [...remarks].sort((a, b) => (a.line ?? Number.MAX_VALUE) - (b.line ?? Number.MAX_VALUE));

const shortened = (text: string): string =>
  text.length <= 120 ? text : `${text.slice(0, 120)}...`;

/** A file may hold anything: what could break the line or move the cursor is escaped. */
const inOneLine = (text: string): string =>
  text.replace(
    /[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}]/gu,
    (character) => `\\u{${(character.codePointAt(0) ?? 0).toString(16)}}`,
  );

/** A header nobody can read may be ours; anything else counts only where it is in our sections. */
const isOurs = (fault: IniFault): boolean =>
  fault.kind === "brokenHeader" || OUR_SECTIONS.includes(fault.section);

function describeIniFault(fault: IniFault): string {
  switch (fault.kind) {
    case "brokenHeader":
      return "a section header is [name], alone on its line";
    case "notKeyValue":
      return "neither key = value, nor [section], nor a comment (; or #)";
    case "openQuote":
      return "the quote is not closed";
    case "textAfterQuote":
      return "text behind the closing quote; quote the whole value or none of it";
    case "duplicateKey":
      return `given twice, first on line ${fault.firstLine} (a list needs commas)`;
  }
}

function describeUnknownKey(key: string): string {
  if (FOREIGN_KEYS.includes(key.toLowerCase())) return "a key of other gossip modules, ignored";
  const names = CONFIG_KEYS.map((known) => known.name);
  const nearest = nearestName(key, names);
  return `unknown, ignored${nearest === undefined ? "" : ` (did you mean ${nearest}?)`}`;
}
