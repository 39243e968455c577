import type { AnyDeadline } from "./deadline-queue.ts";
import type { Effects } from "./effects.ts";

/** A started frame must be complete within this, in ms [protocol §1.3]. */
const FRAME_TIMEOUT_MS = 10_000;

/** How long a started frame may still take. The clock stands while we hold back reading [protocol §1.3]. */
export class FrameClock {
  readonly #deadline: AnyDeadline;
  #state: { readonly kind: "runningOrIdle" } | { readonly kind: "standing"; leftMs: number } =
    RUNNING_OR_IDLE;

  constructor(deadline: AnyDeadline) {
    this.#deadline = deadline;
  }

  onFrameStarted(effects: Effects): void {
    if (this.#state.kind === "standing") this.#state.leftMs = FRAME_TIMEOUT_MS;
    else effects.setIn(this.#deadline, FRAME_TIMEOUT_MS);
  }

  onFrameEnded(effects: Effects): void {
    effects.deadlines.clear(this.#deadline);
    if (this.#state.kind === "standing") this.#state.leftMs = 0;
  }

  onHeld(effects: Effects): void {
    const leftMs = this.#deadline.isSet ? this.#deadline.at - effects.now : 0;
    effects.deadlines.clear(this.#deadline);
    this.#state = { kind: "standing", leftMs };
  }

  onResumed(effects: Effects): void {
    const leftMs = this.#state.kind === "standing" ? this.#state.leftMs : 0;
    this.#state = RUNNING_OR_IDLE;
    if (leftMs > 0) effects.setIn(this.#deadline, leftMs);
  }
}

const RUNNING_OR_IDLE = { kind: "runningOrIdle" } as const;
