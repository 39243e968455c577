/**
 * The line through points (least squares), and how uncertain its slope is.
 *
 * @param points pairs of x and y, three or more.
 * @returns slope and its standard error, in y per x.
 */
export function trend(points) {
  const mean = (values) => values.reduce((sum, value) => sum + value, 0) / values.length;
  const [meanX, meanY] = [mean(points.map(([x]) => x)), mean(points.map(([, y]) => y))];
  const squares = points.reduce((sum, [x]) => sum + (x - meanX) ** 2, 0);
  const slope = points.reduce((sum, [x, y]) => sum + (x - meanX) * (y - meanY), 0) / squares;
  const rest = points.reduce((sum, [x, y]) => sum + (y - meanY - slope * (x - meanX)) ** 2, 0);
  return { slope, error: Math.sqrt(rest / (points.length - 2) / squares) };
}

/** Whether the slope is above `limit` beyond doubt: by more than three of its standard errors. */
export const isAbove = ({ slope, error }, limit) => slope - 3 * error > limit;
