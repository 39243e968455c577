import { readdirSync, readFileSync } from "node:fs";
import { extname, join, relative, sep } from "node:path";
import { fileURLToPath } from "node:url";
import { respond } from "./read-only-http.ts";
import type { Content, Page } from "./read-only-http.ts";

/** The built page, which comes with the package: web/dist beside dist. */
const WEB_FOLDER = fileURLToPath(new URL("../../../web/dist/", import.meta.url));

const CONTENT_TYPES: Readonly<Record<string, string>> = {
  ".html": "text/html; charset=utf-8",
  ".js": "text/javascript; charset=utf-8",
  ".css": "text/css; charset=utf-8",
  ".json": "application/json; charset=utf-8",
  ".svg": "image/svg+xml",
  ".png": "image/png",
  ".ico": "image/x-icon",
  ".woff2": "font/woff2",
  ".txt": "text/plain; charset=utf-8",
  ".webmanifest": "application/manifest+json",
};

/** Where in the folder `/` is. */
const INDEX = "/index.html";

/**
 * The files of a folder as pages: read once, so that no request names a path of the file system. Files of
 * unknown kinds are left out. Empty when there is no such folder: then the page is not built.
 */
export function webPages(folder: string = WEB_FOLDER): Map<string, Page> {
  const pages = new Map<string, Page>();
  for (const { path, content } of filesOf(folder)) {
    const page: Page = (ask) => respond(ask, 200, content);
    pages.set(path, page);
    if (path === INDEX) pages.set("/", page);
  }
  return pages;
}

function* filesOf(folder: string): Generator<{ readonly path: string; readonly content: Content }> {
  for (const entry of entriesOf(folder)) {
    const type = CONTENT_TYPES[extname(entry.name)];
    if (!entry.isFile() || type === undefined) continue;
    const file = join(entry.parentPath, entry.name);
    const path = `/${relative(folder, file).split(sep).join("/")}`;
    yield { path, content: { type, body: readFileSync(file) } };
  }
}

function entriesOf(folder: string): ReturnType<typeof readFolder> {
  try {
    return readFolder(folder);
  } catch (error) {
    if (error instanceof Error && "code" in error && error.code === "ENOENT") return [];
    throw error;
  }
}

const readFolder = (folder: string) =>
  readdirSync(folder, { recursive: true, withFileTypes: true });
