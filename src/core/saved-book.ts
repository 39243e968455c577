import type { PeerAddress } from "./ports.ts";

/** How an entry survives a restart; ages are relative, because the core knows no wall-clock time. */
export interface SavedEntry {
  readonly host: string;
  readonly port: number;
  readonly sourceGroup: string;
  readonly table: "new" | "tried";
  readonly ageSeconds: number;
  readonly failures: number;
}

export interface SavedBook {
  /** Hexadecimal; keeps the buckets where they were. */
  readonly secret: string;
  readonly entries: readonly SavedEntry[];
  /** Addresses of the links to come back to first [protocol §7.2]. */
  readonly anchors: readonly PeerAddress[];
}
