import { readFileSync, renameSync, statSync } from "node:fs";
import type { SavedBook, SavedEntry } from "../core/saved-book.ts";
import { formatIpAddress, parseIpAddress } from "../core/ip-address.ts";
import type { PeerAddress } from "../core/ports.ts";
import { replaceDurably } from "./durable-file.ts";

/** The name of the address book in `data_dir` [protocol §7.2]. */
export const BOOK_FILE = "addresses.json";
const FORMAT = 1;
/** More than both tables hold is no book of ours: 256 x 16 and 64 x 16 [protocol §7.2]. */
const ENTRIES_MAX = 5_120;
/** Nothing larger is read, in bytes: full tables of the longest entries take 1.0 MB. */
const FILE_BYTES_MAX = 2 * 1_024 * 1_024;

export type BookLoad =
  | { readonly kind: "none" }
  | { readonly kind: "loaded"; readonly book: SavedBook }
  /** Never fatal: the file lies where `setAside` says, and a new book begins. */
  | { readonly kind: "damaged"; readonly setAside: string; readonly reason: string };

export function loadBook(path: string): BookLoad {
  let text: string;
  try {
    text = readText(path);
  } catch (error) {
    return isMissing(error) ? { kind: "none" } : setAside(path, messageOf(error));
  }
  try {
    return { kind: "loaded", book: parseBook(JSON.parse(text)) };
  } catch (error) {
    return setAside(path, messageOf(error));
  }
}

/** @throws Error when there is no file, it cannot be read, or it is too large for a book. */
function readText(path: string): string {
  const { size } = statSync(path);
  if (size > FILE_BYTES_MAX) {
    throw new Error(`${size} bytes, a book has at most ${FILE_BYTES_MAX}`);
  }
  return readFileSync(path, "utf8");
}

export type BookSave =
  { readonly kind: "saved" } | { readonly kind: "failed"; readonly reason: string };

export async function saveBook(path: string, book: SavedBook): Promise<BookSave> {
  try {
    await replaceDurably(path, `${JSON.stringify({ format: FORMAT, ...book })}\n`);
    return { kind: "saved" };
  } catch (error) {
    return { kind: "failed", reason: messageOf(error) };
  }
}

/**
 * Writes one file again and again, while the daemon goes on: one write at a time, and of the books that come
 * meanwhile only the last. A disk that stays full is said to be so once, not every time.
 */
export class BookWriter {
  readonly path: string;
  readonly #onNotSaved: (reason: string) => void;
  #waiting: SavedBook | undefined;
  #writing: Promise<void> | undefined;
  #lastReason = "";

  constructor(path: string, onNotSaved: (reason: string) => void) {
    this.path = path;
    this.#onNotSaved = onNotSaved;
  }

  /** Resolves when this book, or a later one, is on the disk or has been complained about. */
  save(book: SavedBook): Promise<void> {
    this.#waiting = book;
    this.#writing ??= this.#writeAll();
    return this.#writing;
  }

  async #writeAll(): Promise<void> {
    for (let book = this.#take(); book !== undefined; book = this.#take()) {
      const save = await saveBook(this.path, book);
      const reason = save.kind === "failed" ? save.reason : "";
      if (reason !== "" && reason !== this.#lastReason) this.#onNotSaved(reason);
      this.#lastReason = reason;
    }
    this.#writing = undefined;
  }

  #take(): SavedBook | undefined {
    const book = this.#waiting;
    this.#waiting = undefined;
    return book;
  }
}

function setAside(path: string, reason: string): BookLoad {
  const aside = `${path}.damaged`;
  try {
    renameSync(path, aside);
  } catch (error) {
    return { kind: "damaged", setAside: path, reason: `${reason}; ${messageOf(error)}` };
  }
  return { kind: "damaged", setAside: aside, reason };
}

/** @throws Error saying what is wrong; the file may come from anywhere. */
function parseBook(value: unknown): SavedBook {
  const book = asRecord(value, "the file");
  const format = book["format"];
  if (Number.isSafeInteger(format) && (format as number) > FORMAT) {
    throw new Error(`format ${format as number} is of a later version, this one reads ${FORMAT}`);
  }
  if (format !== FORMAT) throw new Error(`format is not ${FORMAT}`);
  const secret = book["secret"];
  if (typeof secret !== "string" || !/^[0-9a-f]{32}$/.test(secret)) {
    throw new Error("secret is not 32 hexadecimal digits");
  }
  return {
    secret,
    entries: asList(book["entries"], "entries").map(parseEntry),
    anchors: asList(book["anchors"], "anchors").map(parseAddress),
  };
}

function parseEntry(value: unknown): SavedEntry {
  const entry = asRecord(value, "an entry");
  const { sourceGroup, table, ageSeconds, failures } = entry;
  if (typeof sourceGroup !== "string") throw new Error("sourceGroup is not text");
  if (table !== "new" && table !== "tried") throw new Error("table is not new or tried");
  return {
    ...parseAddress(value),
    sourceGroup,
    table,
    ageSeconds: asCount(ageSeconds, "ageSeconds"),
    failures: asCount(failures, "failures"),
  };
}

function parseAddress(value: unknown): PeerAddress {
  const { host, port } = asRecord(value, "an address");
  const ip = typeof host === "string" ? parseIpAddress(host) : undefined;
  if (ip === undefined) throw new Error("host is not an IP address");
  const number = asCount(port, "port");
  if (number === 0 || number > 65_535) throw new Error("port is not a port");
  return { host: formatIpAddress(ip), port: number };
}

function asRecord(value: unknown, what: string): Record<string, unknown> {
  if (typeof value !== "object" || value === null) throw new Error(`${what} is not an object`);
  return value as Record<string, unknown>;
}

function asList(value: unknown, what: string): unknown[] {
  if (!Array.isArray(value) || value.length > ENTRIES_MAX) {
    throw new Error(`${what} is not a list of at most ${ENTRIES_MAX}`);
  }
  return value as unknown[];
}

function asCount(value: unknown, what: string): number {
  if (!Number.isSafeInteger(value) || (value as number) < 0) {
    throw new Error(`${what} is not a count`);
  }
  return value as number;
}

const messageOf = (error: unknown): string =>
  error instanceof Error ? error.message : "something that is no Error was thrown";

const isMissing = (error: unknown): boolean =>
  error instanceof Error && "code" in error && error.code === "ENOENT";
