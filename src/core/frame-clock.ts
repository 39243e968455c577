import type { AnyDeadline } from "./deadline-queue.ts";
import type { Effects } from "./effects.ts";

/** A started frame must be complete within this, in ms [protocol §1.3]. */
const FRAME_TIMEOUT_MS = 10_000;

/** How long a started frame may still take. The clock stands while we hold back reading [protocol §1.3]. */
export class FrameClock {
  readonly #deadlines: { readonly frame: AnyDeadline };
  #state: { readonly kind: "runningOrIdle" } | { readonly kind: "standing"; leftMs: number } =
    RUNNING_OR_IDLE;

  constructor(deadlines: { readonly frame: AnyDeadline }) {
    this.#deadlines = deadlines;
  }

  onFrameStarted(effects: Effects): void {
    if (this.#state.kind === "standing") this.#state.leftMs = FRAME_TIMEOUT_MS;
    else effects.setIn(this.#deadlines.frame, FRAME_TIMEOUT_MS);
  }

  onFrameEnded(effects: Effects): void {
    effects.deadlines.clear(this.#deadlines.frame);
    if (this.#state.kind === "standing") this.#state.leftMs = 0;
  }

  onHeld(effects: Effects): void {
    const leftMs = this.#deadlines.frame.isSet ? this.#deadlines.frame.at - effects.now : 0;
    effects.deadlines.clear(this.#deadlines.frame);
    this.#state = { kind: "standing", leftMs };
  }

  onResumed(effects: Effects): void {
    const leftMs = this.#state.kind === "standing" ? this.#state.leftMs : 0;
    this.#state = RUNNING_OR_IDLE;
    if (leftMs > 0) effects.setIn(this.#deadlines.frame, leftMs);
  }
}

const RUNNING_OR_IDLE = { kind: "runningOrIdle" } as const;
