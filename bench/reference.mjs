// All benches that have a reference result, one after the other; writes the results.
import { spawnSync } from "node:child_process";
import { mkdirSync, writeFileSync } from "node:fs";
import { cpus } from "node:os";
import { fileURLToPath } from "node:url";

const [major] = process.versions.node.split(".");
const model = cpus()[0].model.toLowerCase();
const processor = model.match(/epyc|xeon|ryzen|core|apple/)?.[0] ?? "other";
const name = `node-${major}-${processor}-${cpus().length}-cores.json`;
/** The network bench is by far the longest; its quick form keeps all of them below a quarter of an hour. */
const benches = [["relay/relay"], ["network/network", "--quick"], ["idle/idle"], ["abuse/abuse"]];

for (const [bench, ...flags] of benches) {
  const program = fileURLToPath(new URL(`${bench}.mjs`, import.meta.url));
  const { status, stdout } = spawnSync(
    process.execPath,
    [program, "--json", ...flags, ...process.argv.slice(2)],
    {
      encoding: "utf8",
      maxBuffer: 2 ** 28,
      stdio: ["ignore", "pipe", "inherit"],
    },
  );
  if (status !== 0) {
    process.stderr.write(`${bench} ended with ${status}\n`);
    process.exitCode = 1;
    continue;
  }
  const folder = fileURLToPath(new URL(`${bench.split("/")[0]}/results/`, import.meta.url));
  mkdirSync(folder, { recursive: true });
  writeFileSync(`${folder}${name}`, stdout);
  process.stdout.write(`${folder}${name}\n`);
}
