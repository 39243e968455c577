import type { Instant } from "./ports.ts";
import { TokenBucket } from "./token-bucket.ts";

/** Of which items a node tells every decision. */
export type Tracing =
  | "off"
  /** All: for the simulator's checkers, the demo, an embedder. */
  | "on"
  /**
   * So many new items in a second at most, and as many refused ones, each from its beginning to its end:
   * telling an item costs as much as relaying it. At least 1.
   */
  | { readonly itemsPerSecond: number };

/** Whether the life of an item is told. `omitted`: too many come at once. */
export type TraceChoice = "traced" | "omitted" | "unwanted";

/** Decides once for each item whether it is traced, so that a life is told whole or not at all. */
export class ItemTracing {
  #tracing: Tracing = "off";
  #lives: TokenBucket | undefined;
  /** Apart, so that items nobody here wants cannot push out the others. */
  #refusals: TokenBucket | undefined;

  constructor(tracing: Tracing) {
    this.set(tracing);
  }

  /** Holds for items that come from now on. */
  set(tracing: Tracing): void {
    this.#tracing = tracing;
    this.#lives = bucketOf(tracing);
    this.#refusals = bucketOf(tracing);
  }

  get isOn(): boolean {
    return this.#tracing !== "off";
  }

  ofLife(now: Instant): TraceChoice {
    return this.#choose(this.#lives, now);
  }

  ofRefusal(now: Instant): TraceChoice {
    return this.#choose(this.#refusals, now);
  }

  #choose(bucket: TokenBucket | undefined, now: Instant): TraceChoice {
    if (!this.isOn) return "unwanted";
    return bucket?.take(now) === false ? "omitted" : "traced";
  }
}

function bucketOf(tracing: Tracing): TokenBucket | undefined {
  if (typeof tracing === "string") return undefined;
  return new TokenBucket(tracing.itemsPerSecond, 1_000 / tracing.itemsPerSecond);
}
