const BAR_WIDTH = 30;
/** Redrawn no more often than this. */
const INTERVAL_MS = 100;

/** A bar on standard error, on terminals only. */
export interface ProgressBar {
  show(share: number): void;
  /** Takes the bar away. */
  end(): void;
}

export function progressBar(title: string): ProgressBar {
  const { stderr } = process;
  if (!stderr.isTTY) return { show: () => undefined, end: () => undefined };
  const startedAtMs = performance.now();
  let drawnAtMs = -INTERVAL_MS;
  return {
    show(share) {
      const nowMs = performance.now();
      if (nowMs - drawnAtMs < INTERVAL_MS) return;
      drawnAtMs = nowMs;
      const filled = Math.round(share * BAR_WIDTH);
      const bar = "#".repeat(filled).padEnd(BAR_WIDTH, ".");
      const elapsedS = Math.round((nowMs - startedAtMs) / 1_000);
      stderr.write(`\r${title} [${bar}] ${Math.floor(share * 100)} % ${elapsedS} s `);
    },
    end() {
      stderr.write("\r\u001b[K");
    },
  };
}
