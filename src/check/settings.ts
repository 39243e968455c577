export interface Address {
  readonly host: string;
  readonly port: number;
}

/** Whom to examine, and how patiently. */
export interface CheckSettings {
  readonly api: Address;
  /** Undefined: the cases between peers are left out. */
  readonly p2p: Address | undefined;
  /** Zero bits of a proof, 1 to 28: has to be what the module was configured with. */
  readonly difficultyBits: number;
  /** How long something that must come may take. */
  readonly patienceMs: number;
  /** How long is watched that something does not come. */
  readonly graceMs: number;
}

/** Far above what a module on a busy machine needs, and short enough to fail a hundred cases. A guess. */
export const PATIENCE_MS_DEFAULT = 3_000;
/** Long enough for a module that answers from another thread. A guess. */
export const GRACE_MS_DEFAULT = 150;
