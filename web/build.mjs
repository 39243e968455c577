// Bundles the pages into web/dist, after `tsc -b` has checked their types. Everything a page needs is
// in that folder: it works without any network.
//   node web/build.mjs [folder]   default: web/dist
import { copyFileSync, mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { build } from "esbuild";

const web = fileURLToPath(new URL(".", import.meta.url));
const target = resolve(process.argv[2] ?? join(web, "dist"));

const d3 = ["d3-force", "d3-dispatch", "d3-quadtree", "d3-timer"];
/** Packages that end up in the bundles; each wants its licence to go with it. */
const bundled = ["preact", "uplot", "@fontsource-variable/inter", ...d3];

function licences() {
  return bundled
    .map((name) => {
      const text = readFileSync(join(web, "../node_modules", name, "LICENSE"), "utf8");
      return `${name}\n${"=".repeat(name.length)}\n\n${text.trim()}\n`;
    })
    .join("\n\n");
}

rmSync(target, { recursive: true, force: true });
mkdirSync(target, { recursive: true });
await build({
  absWorkingDir: web,
  entryPoints: {
    monitor: "monitor/main.tsx",
    demo: "demo/main.tsx",
    "monitor-style": "monitor/style.css",
    "demo-style": "demo/style.css",
  },
  outdir: target,
  bundle: true,
  minify: true,
  format: "esm",
  target: ["chrome111", "firefox113", "safari16.4"],
  loader: { ".woff2": "file" },
  assetNames: "[name]",
  legalComments: "none",
  logLevel: "warning",
});
writeFileSync(join(target, "licences.txt"), licences());
for (const file of ["monitor/index.html", "demo/demo.html", "shared/icon.svg"]) {
  copyFileSync(join(web, file), join(target, file.slice(file.indexOf("/") + 1)));
}
