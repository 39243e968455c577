/** Backoff per address: nobody answered, or closed after a proof was spent; both double [§7.3]. */
const SILENT_BACKOFF_MS = 1_000;
const PROOF_SPENT_BACKOFF_MS = 30_000;
const BACKOFF_MS_MAX = 3_600_000;
/** More doublings than this reach any bound in use. */
const DOUBLINGS_MAX = 12;

/** `baseMs`, doubled for every earlier failure in a row, at most `maxMs` [protocol §3.7, §7.3]. */
export function backoffMs(baseMs: number, earlierFailures: number, maxMs: number): number {
  return Math.min(baseMs * 2 ** Math.min(earlierFailures, DOUBLINGS_MAX), maxMs);
}

export const silentBackoffMs = (earlierFailures: number): number =>
  backoffMs(SILENT_BACKOFF_MS, earlierFailures, BACKOFF_MS_MAX);

export const proofSpentBackoffMs = (earlierWasted: number): number =>
  backoffMs(PROOF_SPENT_BACKOFF_MS, earlierWasted, BACKOFF_MS_MAX);
