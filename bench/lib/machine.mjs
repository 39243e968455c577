import { spawnSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { cpus, loadavg, release, type } from "node:os";

/** Instruction sets that decide how fast SHA-256 can be. */
const flagsOfInterest = ["sha_ni", "avx", "avx2", "avx512f", "avx512vl", "bmi2"];

/** The compiler that native rivals are built with, or undefined. */
export function compilerVersion() {
  const { status, stdout } = spawnSync("gcc", ["--version"], { encoding: "utf8" });
  return status === 0 ? stdout.split("\n")[0] : undefined;
}

function processorFlags() {
  try {
    const line = readFileSync("/proc/cpuinfo", "utf8").match(/^flags\s*:(.*)$/m)?.[1] ?? "";
    const flags = new Set(line.trim().split(/\s+/));
    return flagsOfInterest.filter((flag) => flags.has(flag));
  } catch {
    return [];
  }
}

/** What a reader needs to compare these numbers with their own. */
export function describeMachine() {
  const processors = cpus();
  return {
    processor: processors[0]?.model.trim() ?? "unknown",
    cores: processors.length,
    instructionSets: processorFlags(),
    system: `${type()} ${release()} ${process.arch}`,
    node: process.versions.node,
    v8: process.versions.v8,
    compiler: compilerVersion() ?? "none",
    loadAtStart: loadavg()[0],
  };
}

export function machineLines(machine) {
  return Object.entries(machine).map(([name, value]) => {
    const text = Array.isArray(value) ? value.join(" ") : String(value);
    return `${name.padEnd(16)} ${text}`;
  });
}
