import { formatDuration } from "../../src/monitor/quantities.ts";

/** Short times with the digits they deserve: `0 ms`, `0.4 ms`, `12 ms`, `3.2 s`. */
export function formatDelay(ms: number): string {
  if (ms === 0) return "0 ms";
  return ms < 9.95 ? `${ms.toFixed(1)} ms` : formatDuration(ms);
}

/** `0`, `0.4`, `12`, `1,250`: how often per second. */
export function formatRate(perSecond: number): string {
  if (perSecond === 0) return "0";
  if (perSecond < 9.95) return perSecond.toFixed(1);
  return Math.round(perSecond).toLocaleString("en-US");
}

/** `37 %`, and never 0 for what is more than nothing. */
export function formatShare(share: number): string {
  const percent = share * 100;
  if (percent > 0 && percent < 1) return "< 1 %";
  return `${percent.toFixed(0)} %`;
}
