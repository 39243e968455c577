type Schedule = (callback: () => void) => void;

/**
 * Draws at most once per animation frame, and not more often than once in so many ms, however often it is
 * asked to. Nothing is drawn while the page is hidden: the browser gives no frames then.
 */
export class FrameBatch {
  readonly #draw: () => void;
  readonly #intervalMs: number;
  readonly #schedule: Schedule;
  readonly #now: () => number;
  #isWaiting = false;
  #drawnAtMs = -Infinity;

  constructor(
    draw: () => void,
    intervalMs: number,
    schedule: Schedule = (callback) => void requestAnimationFrame(callback),
    now: () => number = () => performance.now(),
  ) {
    this.#draw = draw;
    this.#intervalMs = intervalMs;
    this.#schedule = schedule;
    this.#now = now;
  }

  request(): void {
    if (this.#isWaiting) return;
    this.#isWaiting = true;
    this.#schedule(this.#onFrame);
  }

  readonly #onFrame = (): void => {
    if (this.#now() - this.#drawnAtMs < this.#intervalMs) {
      this.#schedule(this.#onFrame);
      return;
    }
    this.#isWaiting = false;
    this.#drawnAtMs = this.#now();
    this.#draw();
  };
}
