// Runs every *.test.js below the given folders or files with node's own test runner.
// Node 20's `--test` takes no glob, and what it does with a folder changed in Node 22.
import { spawnSync } from "node:child_process";
import { readdirSync, statSync } from "node:fs";
import { join } from "node:path";

const flags = process.argv.slice(2).filter((argument) => argument.startsWith("-"));
const places = process.argv.slice(2).filter((argument) => !argument.startsWith("-"));
const files = (places.length > 0 ? places : ["dist/test"]).flatMap((place) =>
  statSync(place).isDirectory()
    ? readdirSync(place, { recursive: true })
        .filter((name) => name.endsWith(".test.js"))
        .map((name) => join(place, name))
    : [place],
);
if (files.length === 0) {
  console.error(`no *.test.js below ${places.join(", ")}: build first (npm run build)`);
  process.exit(1);
}
const run = spawnSync(
  process.execPath,
  ["--enable-source-maps", "--test", "--test-reporter=spec", ...flags, ...files.sort()],
  { stdio: "inherit" },
);
process.exit(run.status ?? 1);
