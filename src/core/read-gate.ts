/** Why reading from a connection is held back. Several may hold at once; the last one to go opens. */
export const HoldReason = {
  /** The read budget of the link is spent [protocol §4.11]. */
  budget: 1,
  /** The link fills more than half of its share of the pending store [protocol §4.10]. */
  pendingShare: 2,
  /** Most of the links an item would go to are over half full [protocol §4.11]. */
  sendPressure: 4,
  /** The seen cache turns too fast [protocol §4.8]. */
  seenCacheFull: 8,
} as const;

export type HoldReason = (typeof HoldReason)[keyof typeof HoldReason];

/** Whether a connection may be read. */
export class ReadGate {
  #reasons = 0;

  get isHeld(): boolean {
    return this.#reasons !== 0;
  }

  isHeldFor(reason: HoldReason): boolean {
    return (this.#reasons & reason) !== 0;
  }

  /** Whether this closed an open gate. */
  hold(reason: HoldReason): boolean {
    const wasOpen = this.#reasons === 0;
    this.#reasons |= reason;
    return wasOpen;
  }

  /** Whether this opened a closed gate. */
  release(reason: HoldReason): boolean {
    if (this.#reasons === 0) return false;
    this.#reasons &= ~reason;
    return this.#reasons === 0;
  }
}
