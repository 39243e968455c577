import { assert } from "../core/assert.ts";

/**
 * Future events in the order of their time, and of their scheduling within one millisecond. Time is
 * whole milliseconds, so events wait in one list per millisecond, and only the milliseconds are kept in
 * a heap: the cost of an event does not grow with the number of events.
 */
export class EventQueue<Event> {
  readonly #eventsByTime = new Map<number, Event[]>();
  /** Binary heap of the milliseconds that have a list. */
  readonly #times: number[] = [];
  #current: Event[] = [];
  #position = 0;
  #now: number;
  #size = 0;

  constructor(now: number) {
    this.#now = now;
  }

  /** The time of the event taken last. */
  get now(): number {
    return this.#now;
  }

  get size(): number {
    return this.#size;
  }

  schedule(at: number, event: Event): void {
    assert(at >= this.#now, `an event at ${at} is in the past of ${this.#now}`);
    this.#size++;
    if (at === this.#now) {
      this.#current.push(event);
      return;
    }
    const events = this.#eventsByTime.get(at);
    if (events !== undefined) {
      events.push(event);
      return;
    }
    this.#eventsByTime.set(at, [event]);
    this.#pushTime(at);
  }

  /** The next event not later than `until`; after the last one the clock stands at `until`. */
  take(until: number): Event | undefined {
    while (this.#position >= this.#current.length) {
      const next = this.#times[0];
      if (next === undefined || next > until) {
        this.#now = Math.max(this.#now, until);
        this.#current = [];
        this.#position = 0;
        return undefined;
      }
      this.#popTime();
      this.#now = next;
      this.#current = this.#eventsByTime.get(next) ?? [];
      this.#eventsByTime.delete(next);
      this.#position = 0;
    }
    this.#size--;
    return this.#current[this.#position++];
  }

  #pushTime(at: number): void {
    const times = this.#times;
    let place = times.length;
    times.push(at);
    while (place > 0) {
      const parent = (place - 1) >> 1;
      const above = times[parent] ?? 0;
      if (above <= at) break;
      times[place] = above;
      place = parent;
    }
    times[place] = at;
  }

  #popTime(): void {
    const times = this.#times;
    const last = times.pop();
    if (last === undefined || times.length === 0) return;
    let place = 0;
    for (;;) {
      const left = 2 * place + 1;
      if (left >= times.length) break;
      const isRightEarlier = (times[left + 1] ?? Infinity) < (times[left] ?? Infinity);
      const child = isRightEarlier ? left + 1 : left;
      const below = times[child] ?? Infinity;
      if (below >= last) break;
      times[place] = below;
      place = child;
    }
    times[place] = last;
  }
}
