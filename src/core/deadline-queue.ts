import type { Instant } from "./ports.ts";

/** Places of a deadline outside of the heap. */
const NOT_SET = -1;
/** Due, and waiting for its turn behind others that passed at the same time. */
const PASSING = -2;

/**
 * A deadline that can be set, moved and cleared, and what happens when it passes. Many of a kind share one
 * function, and each has the owner it is for: a link has eight.
 */
export class Deadline<Owner = undefined> {
  readonly #onPassed: (owner: Owner) => void;
  readonly #owner: Owner;
  /** Bookkeeping of the queue: place in the heap, or a negative mark. */
  place: number = NOT_SET;
  at: Instant = 0 as Instant;
  sequence = 0;

  constructor(onPassed: (owner: Owner) => void, owner: Owner = undefined as Owner) {
    this.#onPassed = onPassed;
    this.#owner = owner;
  }

  get isSet(): boolean {
    return this.place >= 0;
  }

  /** It has passed. Only for the queue. */
  pass(): void {
    this.#onPassed(this.#owner);
  }
}

/** What anybody may do with a deadline, whoever owns it. */
export type AnyDeadline = Pick<Deadline, "place" | "at" | "sequence" | "isSet" | "pass">;

/**
 * All deadlines of one node, as an indexed binary heap ordered by time, then by the order of setting.
 * The driver hears only of the earliest, so there is one native timer a node, and no stale or lost one.
 */
export class DeadlineQueue {
  readonly #heap: AnyDeadline[] = [];
  #sequence = 0;

  get size(): number {
    return this.#heap.length;
  }

  get earliest(): Instant | undefined {
    return this.#heap[0]?.at;
  }

  /** Sets the deadline, or moves it. */
  set(deadline: AnyDeadline, at: Instant): void {
    deadline.at = at;
    deadline.sequence = this.#sequence++;
    if (deadline.place < 0) {
      deadline.place = this.#heap.length;
      this.#heap.push(deadline);
    }
    this.#settle(deadline);
  }

  /** Sets the deadline, or moves it forward; a deadline that is earlier already stays. */
  setNoLaterThan(deadline: AnyDeadline, at: Instant): void {
    if (!deadline.isSet || at < deadline.at) this.set(deadline, at);
  }

  clear(deadline: AnyDeadline): void {
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
    const due: AnyDeadline[] = [];
    for (let next = this.#heap[0]; next !== undefined && next.at <= now; next = this.#heap[0]) {
      this.clear(next);
      next.place = PASSING;
      due.push(next);
    }
    for (const deadline of due) {
      if (deadline.place !== PASSING) continue;
      deadline.place = NOT_SET;
      deadline.pass();
    }
  }

  #settle(deadline: AnyDeadline): void {
    this.#siftUp(deadline);
    this.#siftDown(deadline);
  }

  #siftUp(deadline: AnyDeadline): void {
    while (deadline.place > 0) {
      const parentPlace = (deadline.place - 1) >> 1;
      const parent = this.#heap[parentPlace];
      if (parent === undefined || !isBefore(deadline, parent)) return;
      this.#swap(deadline, parent);
    }
  }

  #siftDown(deadline: AnyDeadline): void {
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

  #swap(a: AnyDeadline, b: AnyDeadline): void {
    const placeOfA = a.place;
    a.place = b.place;
    b.place = placeOfA;
    this.#heap[a.place] = a;
    this.#heap[b.place] = b;
  }
}

function isBefore(a: AnyDeadline, b: AnyDeadline): boolean {
  return a.at < b.at || (a.at === b.at && a.sequence < b.sequence);
}
