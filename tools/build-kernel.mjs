// Prints the proof-of-work kernels and compiles them, after `tsc -b` has compiled their generator.
// Does nothing when the result is already there. Same sources and compiler, same bytes.
//   node tools/build-kernel.mjs [folder]   default: dist/src/pow
import { createHash } from "node:crypto";
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { fileURLToPath } from "node:url";

const root = fileURLToPath(new URL("..", import.meta.url));
const generator = join(root, "dist/src/pow/kernel");
const target = resolve(process.argv[2] ?? join(root, "dist/src/pow"));
const stampFile = join(target, "kernel.stamp");

const compilerOptions = [
  ["--runtime", "stub"],
  ["--enable", "simd"],
  ["--noExportMemory", "-O3", "--converge"],
].flat();

/** Everything the result depends on. */
function fingerprint() {
  const hash = createHash("sha256").update(readFileSync(fileURLToPath(import.meta.url)));
  for (const name of readdirSync(generator).sort()) {
    if (name.endsWith(".js")) hash.update(name).update(readFileSync(join(generator, name)));
  }
  const compiler = readFileSync(join(root, "node_modules/assemblyscript/package.json"), "utf8");
  return hash.update(JSON.parse(compiler).version).digest("hex");
}

function previousFingerprint() {
  try {
    return readFileSync(stampFile, "utf8");
  } catch (error) {
    if (error.code === "ENOENT") return undefined;
    throw error;
  }
}

async function compile(source) {
  const { default: asc } = await import("assemblyscript/asc");
  let binary;
  const { error, stderr } = await asc.main(
    ["kernel.ts", "--outFile", "kernel.wasm", ...compilerOptions],
    {
      readFile: (name) => (name === "kernel.ts" ? source : null),
      writeFile: (name, contents) => {
        if (name === "kernel.wasm") binary = contents;
      },
      listFiles: () => [],
    },
  );
  if (error !== null || binary === undefined) {
    throw new Error(`the kernel does not compile:\n${stderr.toString()}`);
  }
  return binary;
}

const wanted = fingerprint();
if (previousFingerprint() !== wanted) {
  const { printAssemblyScript } = await import(join(generator, "print-assembly-script.js"));
  const { printJavaScript } = await import(join(generator, "print-java-script.js"));
  mkdirSync(target, { recursive: true });
  writeFileSync(join(target, "kernel.wasm"), await compile(printAssemblyScript()));
  writeFileSync(join(target, "kernel-javascript.js"), printJavaScript());
  writeFileSync(stampFile, wanted);
}
