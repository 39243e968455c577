import type { Instant } from "./ports.ts";

/** Places of a deadline outside of the heap. */
const NOT_SET = -1;
/** Due, and waiting for its turn behind others that passed at the same time. */
const PASSING = -2;

/** A deadline that can be set, moved and cleared. Owned by whoever acts when it passes. */
export class Deadline {
  readonly onPassed: () => void;
  /** Bookkeeping of the queue: place in the heap, or a negative mark. */
  place: number = NOT_SET;
  at: Instant = 0 as Instant;
  sequence = 0;

  constructor(onPassed: () => void) {
    this.onPassed = onPassed;
  }

  get isSet(): boolean {
    return this.place >= 0;
  }
}

/**
 * All deadlines of one node, as an indexed binary heap ordered by time, then by the order of setting.
 * The driver hears only of the earliest, so there is one native timer a node, and no stale or lost one.
 */
export class DeadlineQueue {
  readonly #heap: Deadline[] = [];
  #sequence = 0;

  get size(): number {
    return this.#heap.length;
  }

  get earliest(): Instant | undefined {
    return this.#heap[0]?.at;
  }

  /** Sets the deadline, or moves it. */
  set(deadline: Deadline, at: Instant): void {
    deadline.at = at;
    deadline.sequence = this.#sequence++;
    if (deadline.place < 0) {
      deadline.place = this.#heap.length;
      this.#heap.push(deadline);
    }
    this.#settle(deadline);
  }

  /** Sets the deadline, or moves it forward; a deadline that is earlier already stays. */
  setNoLaterThan(deadline: Deadline, at: Instant): void {
    if (!deadline.isSet || at < deadline.at) this.set(deadline, at);
  }

  clear(deadline: Deadline): void {
    const { place } = deadline;
    deadline.place = NOT_SET;
    if (place < 0) return;
    const last = this.#heap.pop();
    if (last === undefined || last === deadline) return;
    last.place = place;
    this.#heap[place] = last;
    this.#settle(last);
  }

  /**
   * Passes everything due, in order. What is set meanwhile for a time not later than `now` waits, and
   * what is cleared or moved meanwhile does not pass: whoever owned it may be gone.
   */
  passDue(now: Instant): void {
    const due: Deadline[] = [];
    for (let next = this.#heap[0]; next !== undefined && next.at <= now; next = this.#heap[0]) {
      this.clear(next);
      next.place = PASSING;
      due.push(next);
    }
    for (const deadline of due) {
      if (deadline.place !== PASSING) continue;
      deadline.place = NOT_SET;
      deadline.onPassed();
    }
  }

  #settle(deadline: Deadline): void {
    this.#siftUp(deadline);
    this.#siftDown(deadline);
  }

  #siftUp(deadline: Deadline): void {
    while (deadline.place > 0) {
      const parentPlace = (deadline.place - 1) >> 1;
      const parent = this.#heap[parentPlace];
      if (parent === undefined || !isBefore(deadline, parent)) return;
      this.#swap(deadline, parent);
    }
  }

  #siftDown(deadline: Deadline): void {
    for (;;) {
      const leftPlace = 2 * deadline.place + 1;
      const left = this.#heap[leftPlace];
      if (left === undefined) return;
      const right = this.#heap[leftPlace + 1];
      const child = right !== undefined && isBefore(right, left) ? right : left;
      if (!isBefore(child, deadline)) return;
      this.#swap(deadline, child);
    }
  }

  #swap(a: Deadline, b: Deadline): void {
    const placeOfA = a.place;
    a.place = b.place;
    b.place = placeOfA;
    this.#heap[a.place] = a;
    this.#heap[b.place] = b;
  }
}

function isBefore(a: Deadline, b: Deadline): boolean {
  return a.at < b.at || (a.at === b.at && a.sequence < b.sequence);
}
