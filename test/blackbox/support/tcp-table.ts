import { readFileSync } from "node:fs";

/** What the kernel waits for on a connection that is idle, as `/proc/net/tcp` of Linux has it. */
export type KernelTimer = "none" | "keepalive" | "other";

const timers: Readonly<Record<string, KernelTimer>> = { "00": "none", "02": "keepalive" };

/** The timer of the end at `localPort`, any port unless given, of the connection to `remotePort`. */
export function kernelTimerOf(localPort: number | undefined, remotePort: number): KernelTimer {
  const hex = (port: number): string => port.toString(16).toUpperCase().padStart(4, "0");
  const row = readFileSync("/proc/net/tcp", "utf8")
    .split("\n")
    .map((line) => line.trim().split(/\s+/))
    .find(([, local, remote]) => {
      const isLocal = localPort === undefined || local?.endsWith(`:${hex(localPort)}`) === true;
      return isLocal && remote?.endsWith(`:${hex(remotePort)}`) === true;
    });
  const timer = row?.[5]?.slice(0, 2);
  if (timer === undefined) {
    throw new Error(`no connection between ports ${localPort} and ${remotePort}`);
  }
  return timers[timer] ?? "other";
}
