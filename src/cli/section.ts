import type { Style } from "./style.ts";

/** A heading and the lines of a table, or `ifEmpty` if that has no rows. */
export function section(
  title: string,
  rows: readonly string[],
  ifEmpty: string,
  style: Style,
): string[] {
  const [head, ...lines] = rows;
  const heading = ["", style.strong(title)];
  if (head === undefined || lines.length === 0) return [...heading, `  ${ifEmpty}`];
  return [...heading, style.faint(`  ${head}`), ...lines.map((line) => `  ${line}`)];
}
