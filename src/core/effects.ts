import { Counters } from "./counters.ts";
import type { AnyDeadline } from "./deadline-queue.ts";
import { DeadlineQueue } from "./deadline-queue.ts";
import type { CoreEvent } from "./event.ts";
import { ItemTracing } from "./item-tracing.ts";
import type { TraceChoice, Tracing } from "./item-tracing.ts";
import type { Output } from "./output.ts";
import type { Instant } from "./ports.ts";
import type { TraceEvent } from "./trace.ts";

/**
 * What every part of the core does things through: the time of the current step, the outbox, the
 * deadlines and the counters. One per node.
 */
export class Effects {
  readonly counters: Counters = new Counters();
  readonly deadlines: DeadlineQueue = new DeadlineQueue();
  /** Who wants `trace`; building an event for nobody would cost on every item. */
  readonly tracing: ItemTracing;
  #now: Instant = 0 as Instant;
  #step = 0;
  #outbox: Output[] = [];
  /** The deadline that the driver was told last, until it comes back as a `wakeup`. */
  #publishedWakeup: Instant | undefined;
  #lagMs = 0;

  constructor(tracing: Tracing) {
    this.tracing = new ItemTracing(tracing);
  }

  get now(): Instant {
    return this.#now;
  }

  /** The number of the current step: what is bounded in each starts anew with it. */
  get step(): number {
    return this.#step;
  }

  begin(now: Instant, outbox: Output[]): void {
    this.#now = now;
    this.#step++;
    this.#outbox = outbox;
  }

  /** By how much the last wakeup came late: the event loop was busy, or the host slept. */
  get lagMs(): number {
    return this.#lagMs;
  }

  /** The wakeup that was asked for has come, or one that nobody asked for. */
  wokenUp(): void {
    this.#lagMs = Math.max(0, this.#now - (this.#publishedWakeup ?? this.#now));
    this.#publishedWakeup = undefined;
    this.deadlines.passDue(this.#now);
  }

  /** Tells the driver the earliest deadline, unless it will wake the core no later than that anyway. */
  publishWakeup(): void {
    const { earliest } = this.deadlines;
    if (earliest === undefined) return;
    if (this.#publishedWakeup !== undefined && this.#publishedWakeup <= earliest) return;
    this.#publishedWakeup = earliest;
    this.emit({ kind: "wakeAt", at: earliest });
  }

  emit(output: Output): void {
    this.#outbox.push(output);
  }

  /** Counts a change of state under its own name and makes it known. */
  report(event: CoreEvent): void {
    this.counters.totals[event.name]++;
    this.#outbox.push({ kind: "report", event });
  }

  /** Whether the life of an item that is new now is told. */
  traceOfLife(): TraceChoice {
    return this.#countOmitted(this.tracing.ofLife(this.#now));
  }

  /** Whether it is told that an item is refused. */
  traceOfRefusal(): TraceChoice {
    return this.#countOmitted(this.tracing.ofRefusal(this.#now));
  }

  trace(event: TraceEvent): void {
    this.#outbox.push({ kind: "trace", event });
  }

  setIn(deadline: AnyDeadline, milliseconds: number): void {
    this.deadlines.set(deadline, (this.#now + milliseconds) as Instant);
  }

  #countOmitted(choice: TraceChoice): TraceChoice {
    if (choice === "omitted") this.counters.totals.itemsUntraced++;
    return choice;
  }
}
