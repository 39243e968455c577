/** Aborts when the user or the system wants this process to end; then it is up to us. */
export function firstSignal(): AbortSignal {
  const controller = new AbortController();
  const signals = ["SIGTERM", "SIGINT"] as const;
  const abort = (): void => {
    // Without a listener the next signal does what signals do.
    for (const signal of signals) process.off(signal, abort);
    controller.abort();
  };
  for (const signal of signals) process.on(signal, abort);
  return controller.signal;
}
