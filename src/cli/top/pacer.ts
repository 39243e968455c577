import type { Pace } from "./screen-text.ts";

/** Decides when the next look is due. */
export class Pacer {
  #pace: Pace = "running";
  #timer: NodeJS.Timeout | undefined;
  #go: () => void = () => undefined;

  get pace(): Pace {
    return this.#pace;
  }

  /** Resolves after this time; while paused, not before that ends, and then at once. */
  wait(ms: number): Promise<void> {
    return new Promise((resolve) => {
      this.#go = resolve;
      if (this.#pace === "running") this.#timer = setTimeout(resolve, ms);
    });
  }

  toggle(): void {
    if (this.#pace === "running") {
      this.#pace = "paused";
      clearTimeout(this.#timer);
    } else {
      this.#pace = "running";
      this.#go();
    }
  }

  /** Nobody shall wait any longer. */
  stop(): void {
    clearTimeout(this.#timer);
    this.#go();
  }
}
