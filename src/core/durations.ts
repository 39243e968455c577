/**
 * Upper ends of the classes of durations, in ms; what is longer is in the class after the last. A guess:
 * from what a module takes that only looks at the data, to the proof of work of a slow machine.
 */
export const DURATION_BOUNDS_MS: readonly number[] = [
  1, 2, 5, 10, 25, 50, 100, 250, 500, 1_000, 2_500, 5_000, 10_000, 30_000, 60_000,
];

/** How many durations there were in each class, and how long they were together, in ms. */
export interface DurationCounts {
  readonly counts: readonly number[];
  readonly sumMs: number;
}

/** Durations of one kind, counted by how long they were. */
export class Durations {
  readonly #counts: number[] = new Array<number>(DURATION_BOUNDS_MS.length + 1).fill(0);
  #sumMs = 0;

  add(ms: number): void {
    let at = 0;
    while (ms > (DURATION_BOUNDS_MS[at] ?? Infinity)) at++;
    this.#counts[at] = (this.#counts[at] ?? 0) + 1;
    this.#sumMs += ms;
  }

  snapshot(): DurationCounts {
    return { counts: [...this.#counts], sumMs: this.#sumMs };
  }
}
