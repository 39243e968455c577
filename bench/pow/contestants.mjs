/** Everything that can search for a proof, each as: milliseconds in, million nonces/s out. */
import { createHash, hash } from "node:crypto";
import { spawnSync } from "node:child_process";
import { mkdtempSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { sha256 } from "@noble/hashes/sha2.js";
import { createSHA256 } from "hash-wasm";
import { compileKernels, loadKernels } from "../../dist/src/pow/kernels.js";
import { mayPackVectors, packVectors } from "../../dist/src/pow/vector-packing.js";
import { measureRate } from "../../dist/src/pow/index.js";

/** Nonces between two looks at the clock. */
const noncesPerCall = 2 ** 12;

/** @param search tests nonces `start` to `start + count - 1` of one fixed challenge. */
function timed(search) {
  return (ms) => {
    const startedAt = performance.now();
    let tested = 0;
    let took = 0;
    do {
      search(tested, noncesPerCall);
      tested += noncesPerCall;
      took = performance.now() - startedAt;
    } while (took < ms);
    return tested / took / 1e3;
  };
}

/** Hashes block after block; the zeros of the digest are counted so that nothing is optimised away. */
function blockwise(isZero) {
  const block = Buffer.alloc(16, 1);
  let zeros = 0;
  return timed((start, count) => {
    for (let nonce = start; nonce < start + count; nonce += 1) {
      block.writeUInt32BE(nonce >>> 0, 12);
      if (isZero(block)) zeros += 1;
    }
    return zeros;
  });
}

export function cryptoContestants() {
  return {
    "hash('latin1')": blockwise((block) => hash("sha256", block, "latin1").startsWith("\0\0\0")),
    "hash('hex')": blockwise((block) => hash("sha256", block, "hex").startsWith("000000")),
    "hash('buffer')": blockwise(
      (block) => (hash("sha256", block, "buffer").readUInt32BE(0) & 0xffffff00) === 0,
    ),
    "createHash, 'hex'": blockwise((block) =>
      createHash("sha256").update(block).digest("hex").startsWith("000000"),
    ),
    "createHash, Buffer": blockwise(
      (block) => (createHash("sha256").update(block).digest().readUInt32BE(0) & 0xffffff00) === 0,
    ),
  };
}

export async function libraryContestants() {
  const hasher = await createSHA256();
  const isZero = (digest) => digest[0] === 0 && digest[1] === 0 && digest[2] === 0;
  return {
    "@noble/hashes": blockwise((block) => isZero(sha256(block))),
    "hash-wasm": blockwise((block) => isZero(hasher.init().update(block).digest("binary"))),
  };
}

export async function ownContestants() {
  if (mayPackVectors()) packVectors("on");
  const compiled = await compileKernels();
  const kernels = [
    ...(compiled === undefined ? [] : await loadKernels(compiled)),
    ...(await loadKernels(undefined)),
  ];
  return Object.fromEntries(
    kernels.map(({ name, search }) => [
      `kernel ${name}`,
      timed((start, count) => search(1, 2, 3, start >>> 0, count, 0)),
    ]),
  );
}

/** The pool itself, with its own choice of a kernel. */
export function poolContestant(workers) {
  return async (ms) => (await measureRate({ workers, measuredMs: ms })).hashesPerSecond / 1e6;
}

/** @returns no contestants where there is no C compiler, or not this kind of processor. */
export function nativeContestants() {
  if (process.arch !== "x64") return {};
  const source = fileURLToPath(new URL("./native.c", import.meta.url));
  const binary = join(mkdtempSync(join(tmpdir(), "voidgossip-bench-")), "native");
  const flags = ["-O3", "-mavx", "-msha", "-o", binary, source];
  if (spawnSync("gcc", flags).status !== 0) return {};
  const names = {
    "C: SHA instructions x1": "sha1",
    "C: SHA instructions x2": "sha2",
    "C: SHA instructions x4": "sha4",
    "C: 4 lanes, gcc -O3 -mavx": "lanes",
  };
  const run = (search, ms) =>
    Number(spawnSync(binary, [search, String(ms)], { encoding: "utf8" }).stdout);
  return Object.fromEntries(
    Object.entries(names)
      .filter(([, search]) => run(search, 1) > 0)
      .map(([name, search]) => [name, (ms) => run(search, ms)]),
  );
}
