import type { Instant } from "./ports.ts";

/** Written, unanswered notifications a client may have at most [protocol §2.5]. */
export const WINDOW_MAX = 16_384;
/** The window doubles after answers that took no longer than this, in ms [protocol §2.5]. */
const PROMPT_ANSWER_MS = 1_000;
/** ... and when this many more wait [protocol §2.5]. */
const WAITING_TO_GROW = 8;
/** When a full window saw no answer for this long, one more goes, in ms [protocol §2.5]. */
const GAP_MS = 50;
/** The same for a window of 1 whose client has answered before, in ms [protocol §2.5]. */
const GAP_SINGLE_MS = 1_000;
/** A pair of which neither is answered in this time was lost together, in ms [protocol §2.5]. */
export const PAIR_LOST_MS = 2_000;
/** From this window on, what one tick lets through leaves as one write [protocol §2.5]. */
const WINDOW_TO_BATCH = 8;

/** An answer, with what is still open at that moment. */
export interface TimedAnswer {
  /** When the answered notification was written. */
  readonly writtenAt: Instant;
  /** The same of the oldest that is not answered; the answered one's own if there is none older. */
  readonly oldestOpenAt: Instant;
  /** Notifications not written yet. */
  readonly waiting: number;
}

/**
 * How many notifications one client gets before it has answered the earlier ones. Real modules take
 * each read for exactly one message and lose both when two arrive together, so a client starts with
 * one at a time and earns its window by prompt answers.
 */
export class NotificationPacer {
  #mode: "windowed" | "oneAtATime" = "windowed";
  #window = 1;
  #promptAnswers = 0;
  /** When the first notification of the current row of prompt answers was written. */
  #rowBeganAt: Instant;
  #experience: "new" | "hasAnswered" = "new";
  /** The last answer, or the last notification that filled the window or went beyond it. */
  #movedAt: Instant;

  constructor(now: Instant) {
    this.#movedAt = now;
    this.#rowBeganAt = now;
  }

  get mode(): "windowed" | "oneAtATime" {
    return this.#mode;
  }

  get window(): number {
    return this.#window;
  }

  get hasAnswered(): boolean {
    return this.#experience === "hasAnswered";
  }

  /** Whether notifications that go out in the same tick may share a write. */
  get mayBatch(): boolean {
    return this.#window >= WINDOW_TO_BATCH;
  }

  /** The time from which one more may be written: now or earlier while the window has room. */
  mayWriteAt(outstanding: number): Instant {
    if (outstanding < this.#window) return 0 as Instant;
    const gapMs = this.#window === 1 && this.hasAnswered ? GAP_SINGLE_MS : GAP_MS;
    return (this.#movedAt + gapMs) as Instant;
  }

  onWritten(outstandingBefore: number, now: Instant): void {
    if (outstandingBefore + 1 >= this.#window) this.#movedAt = now;
  }

  onAnswer(answer: TimedAnswer, now: Instant): void {
    const { writtenAt, oldestOpenAt, waiting } = answer;
    this.#experience = "hasAnswered";
    this.#movedAt = now;
    if (this.#promptAnswers === 0) this.#rowBeganAt = writtenAt;
    this.#promptAnswers = now - writtenAt <= PROMPT_ANSWER_MS ? this.#promptAnswers + 1 : 0;
    if (this.#mode === "oneAtATime") return;
    if (this.#promptAnswers < this.#window || waiting < WAITING_TO_GROW) return;
    // What the client skipped before this row may be lost: a larger window would lose more.
    if (oldestOpenAt < this.#rowBeganAt) return;
    this.#window = Math.min(this.#window * 2, WINDOW_MAX);
    this.#promptAnswers = 0;
  }

  /** One stayed without an answer: the row of prompt answers is broken. */
  onExpired(): void {
    this.#promptAnswers = 0;
  }

  /** An answer that can no longer be timed, because its notification is forgotten. */
  onLateAnswer(now: Instant): void {
    this.#experience = "hasAnswered";
    this.#movedAt = now;
    this.#promptAnswers = 0;
  }

  /** Two that arrived together were both lost: one at a time, for good. */
  onPairLost(): void {
    this.#mode = "oneAtATime";
    this.#window = 1;
  }
}
