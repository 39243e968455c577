/** Numbers as people read them. */

/** `16,777,216` */
export const formatCount = (count: number): string => count.toLocaleString("en-US");

/** `3 links`, `1 link` */
export function countOf(count: number, one: string, many: string = `${one}s`): string {
  return `${formatCount(count)} ${count === 1 ? one : many}`;
}

/** In the two largest units that say something: `47 ms`, `4.2 s`, `3 min 12 s`, `2 d 5 h`. */
export function formatDuration(ms: number): string {
  if (ms < 999.5) return `${ms.toFixed(0)} ms`;
  const seconds = Math.round(ms / 1_000);
  if (seconds < 10) return `${(ms / 1_000).toFixed(1)} s`;
  if (seconds < 60) return `${seconds} s`;
  const minutes = Math.floor(seconds / 60);
  if (minutes < 60) return `${minutes} min ${seconds % 60} s`;
  const hours = Math.floor(minutes / 60);
  if (hours < 24) return `${hours} h ${minutes % 60} min`;
  return `${Math.floor(hours / 24)} d ${hours % 24} h`;
}

/** `512 B`, `3.5 KiB`, `64 MiB` */
export function formatBytes(bytes: number): string {
  if (bytes < 1_024) return `${bytes} B`;
  const units = ["KiB", "MiB", "GiB"];
  let value = bytes / 1_024;
  let at = 0;
  for (; value >= 1_023.95 && at < units.length - 1; at++) value /= 1_024;
  return `${value.toFixed(value < 100 ? 1 : 0).replace(/\.0$/, "")} ${units[at] ?? ""}`;
}

/** `16.8 M`, `950 k`: for numbers of hashes, of which nobody wants to know every single one. */
export function formatRough(count: number): string {
  if (count >= 1e9) return `${(count / 1e9).toFixed(1)} G`;
  if (count >= 1e6) return `${(count / 1e6).toFixed(1)} M`;
  return count >= 1e3 ? `${(count / 1e3).toFixed(0)} k` : count.toFixed(0);
}

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
