/** A column; numbers stand right, so that their digits line up. */
export interface Column {
  readonly title: string;
  readonly align: "left" | "right";
}

export const left = (title: string): Column => ({ title, align: "left" });
export const right = (title: string): Column => ({ title, align: "right" });

const GAP = "  ";

/** The title line and one line per row, in columns as wide as they need to be. ASCII cells only. */
export function table(
  columns: readonly Column[],
  rows: readonly (readonly (string | number)[])[],
): string[] {
  const titles = columns.map(({ title }) => title);
  const lines = [titles, ...rows.map((row) => row.map(String))];
  const widths = columns.map((_, at) => Math.max(...lines.map((cells) => cells[at]?.length ?? 0)));
  return lines.map((cells) => {
    const padded = columns.map(({ align }, at) => {
      const cell = cells[at] ?? "";
      const width = widths[at] ?? 0;
      return align === "left" ? cell.padEnd(width) : cell.padStart(width);
    });
    return padded.join(GAP).trimEnd();
  });
}
