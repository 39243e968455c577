/** @returns the value that a share `at` of the numbers does not exceed. */
export function quantile(numbers, at) {
  const sorted = [...numbers].sort((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.floor(at * sorted.length))];
}

export const median = (numbers) => quantile(numbers, 0.5);

/** Of one number per round. */
export function summary(numbers) {
  return { min: Math.min(...numbers), median: median(numbers), max: Math.max(...numbers) };
}

/**
 * Ratio by ratio within each round: what disturbs a round disturbs both sides of its ratio.
 */
export function roundRatios(numerators, denominators) {
  return summary(numerators.map((value, round) => value / denominators[round]));
}

export function formatSummary({ min, median: middle, max }, digits = 2) {
  return `[${[min, middle, max].map((value) => value.toFixed(digits)).join(" ")}]`;
}

/** Lines with columns as wide as they need to be; the first column stands left. */
export function table(rows) {
  const widths = rows[0].map((_, column) => Math.max(...rows.map((row) => row[column].length)));
  return rows.map((row) =>
    row
      .map((cell, column) =>
        column === 0 ? cell.padEnd(widths[column]) : cell.padStart(widths[column]),
      )
      .join("  "),
  );
}
