/** One report for people or for programs. */
export function print(report, lines, json) {
  process.stdout.write(json ? `${JSON.stringify(report, null, 2)}\n` : `${lines.join("\n")}\n`);
}

/** Says on standard error what takes long, where somebody can see it. */
export function tell(text) {
  if (process.stderr.isTTY) process.stderr.write(`\r\u001b[K${text}`);
}

export function endTelling() {
  if (process.stderr.isTTY) process.stderr.write("\r\u001b[K");
}
