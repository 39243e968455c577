import { spawn } from "node:child_process";

/**
 * Tells systemd that both sockets are served, when it asks to be told (`Type=notify` sets
 * NOTIFY_SOCKET). Node has no datagram sockets of the Unix family, so systemd's own small program says
 * it; the unit needs `NotifyAccess=all` for that.
 */
export function reportReady(
  env: Readonly<Record<string, string | undefined>>,
  onFailed: (reason: string) => void,
): void {
  if ((env["NOTIFY_SOCKET"] ?? "") === "") return;
  const child = spawn("systemd-notify", ["--ready"], { stdio: "ignore" });
  child.on("error", (error: NodeJS.ErrnoException) => {
    onFailed(`systemd-notify: ${error.code ?? error.message}`);
  });
  child.on("exit", (code) => {
    if (code !== 0) onFailed(`systemd-notify ended with code ${code ?? "none"}`);
  });
}
