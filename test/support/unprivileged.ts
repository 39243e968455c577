/** "nobody" on Linux and BSD: a user who may do nothing in particular. */
const NOBODY = 65_534;

/** Runs something without the superuser's rights, to whom no file is closed. */
export function unprivileged(run: () => void): void {
  if (process.geteuid?.() !== 0 || process.seteuid === undefined) {
    run();
    return;
  }
  process.seteuid(NOBODY);
  try {
    run();
  } finally {
    process.seteuid(0);
  }
}
