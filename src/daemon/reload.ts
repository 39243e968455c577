import { CONFIG_KEYS } from "./config-keys.ts";
import type { ConfigFields } from "./config-keys.ts";

/**
 * What a running node can take over. Everything else is built into something when the node starts: a
 * socket, a thread, a table, a deadline that stands.
 */
export const RELOADABLE: readonly (keyof ConfigFields)[] = [
  "logLevel",
  "announceRule",
  "subscribersMax",
  "inboundLinksMax",
  "subscriberQueueBytes",
  "subscriberQueueMessages",
];

/** How a configuration differs from the one in effect. Keys by their names in the file. */
export interface ConfigChange {
  readonly applied: readonly string[];
  readonly needRestart: readonly string[];
}

export function changeOf(before: ConfigFields, after: ConfigFields): ConfigChange {
  const changed = CONFIG_KEYS.filter(
    ({ field }) => JSON.stringify(before[field]) !== JSON.stringify(after[field]),
  );
  const names = (of: "applied" | "needRestart"): string[] =>
    changed
      .filter(({ field }) => RELOADABLE.includes(field) === (of === "applied"))
      .map(({ name }) => name);
  return { applied: names("applied"), needRestart: names("needRestart") };
}

/** `before` with everything that a running node can take over from `after`. */
export function withReloadable(before: ConfigFields, after: ConfigFields): ConfigFields {
  const taken = RELOADABLE.map((field) => [field, after[field]] as const);
  return { ...before, ...Object.fromEntries(taken) };
}
