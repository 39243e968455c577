import type { MismatchKind } from "./mismatch.ts";
import type { Stage } from "./stage.ts";

/** One thing that a conforming module does. */
export interface Case {
  /** What a conforming module does, in words; unique. */
  readonly name: string;
  /** Of docs/protocol.md, as in `§1.3`. */
  readonly clause: string;
  /** What the official tools do instead: the mismatch they cause, and why it is no fault. */
  readonly official?: { readonly mismatch: MismatchKind; readonly words: string };
  /**
   * `gate`: what later cases of its group cannot do without. `background`: runs beside the others,
   * because it waits for a long time.
   */
  readonly role?: "gate" | "background";
  /** @throws Mismatch when the module does something else. */
  run(stage: Stage): Promise<void>;
}

export interface CaseGroup {
  readonly title: string;
  readonly side: "api" | "p2p";
  readonly cases: readonly Case[];
}

/** How one case ended. `untested`: what it needs is not there. */
export type Outcome = "pass" | "fail" | "differs" | "untested";

export interface CaseResult {
  readonly group: string;
  readonly name: string;
  readonly clause: string;
  readonly outcome: Outcome;
  /** One line, unless it passed. */
  readonly why?: string;
  readonly expected?: string;
  readonly seen?: string;
  readonly ms: number;
}
