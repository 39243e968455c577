import { readFileSync } from "node:fs";
import { InvalidArgumentError } from "commander";
import { ExitCode } from "../daemon/gossip-error.ts";
import { ScenarioError } from "../sim/json-reader.ts";
import { readVariants } from "../sim/scenario.ts";
import type { Variant } from "../sim/scenario.ts";
import { CommandError } from "./failure.ts";

/** A field of the scenario by its path, and what to set it to. */
export type Setting = readonly [path: string, value: unknown];

/** `topology.degree=5`, with a value in JSON; what is no JSON is a text. */
export function settingOf(text: string, earlier: readonly Setting[]): Setting[] {
  const at = text.indexOf("=");
  if (at <= 0) throw new InvalidArgumentError("It has to be path=value.");
  const [path, value] = [text.slice(0, at), text.slice(at + 1)];
  try {
    return [...earlier, [path, JSON.parse(value) as unknown]];
  } catch {
    return [...earlier, [path, value]];
  }
}

/** The variants of a scenario file, with settings of the command line in all of them. */
export function loadVariants(file: string, settings: readonly Setting[]): Variant[] {
  const json = readJson(file);
  return explaining(file, () => readVariants(json, settings));
}

/** Mistakes in a scenario are the user's: said with the name of the file. */
export function explaining<T>(file: string, act: () => T): T {
  try {
    return act();
  } catch (error) {
    if (!(error instanceof ScenarioError)) throw error;
    throw new CommandError(`${file}: ${error.message}`, ExitCode.config);
  }
}

export function readJson(file: string): unknown {
  let text: string;
  try {
    text = readFileSync(file, "utf8");
  } catch (error) {
    const code = error instanceof Error && "code" in error ? String(error.code) : "unreadable";
    throw new CommandError(`${file}: cannot be read (${code})`, ExitCode.config);
  }
  try {
    return JSON.parse(text) as unknown;
  } catch (error) {
    const detail = error instanceof Error ? error.message : "no JSON";
    throw new CommandError(`${file}: ${detail}`, ExitCode.config);
  }
}
