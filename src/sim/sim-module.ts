import type { SubscriberId } from "../core/ports.ts";
import type { Verdict } from "../wire/api/gossip-validation.ts";
import type { ModuleBehaviour, ModulePlan } from "./plan.ts";
import type { RandomStream } from "./random-stream.ts";

/** What a module does about one notification. */
export type Reaction =
  | { readonly kind: "answer"; readonly verdict: Verdict; readonly afterMs: number }
  | { readonly kind: "nothing" }
  | { readonly kind: "disconnect"; readonly backAfterMs: number };

/** A local module: one connection to its node's API at a time, and a way to treat notifications. */
export class SimModule {
  readonly plan: ModulePlan;
  readonly #random: RandomStream;
  /** The connection it has now, or undefined. */
  subscriber: SubscriberId | undefined;
  /** Whether its node holds back reading; what it says meanwhile waits. */
  isHeld = false;
  readonly unheard: (() => void)[] = [];
  #behaviour: ModuleBehaviour;
  #notifications = 0;

  constructor(plan: ModulePlan, random: RandomStream) {
    this.plan = plan;
    this.#random = random;
    this.#behaviour = plan.behaviour;
  }

  get behaviour(): ModuleBehaviour {
    return this.#behaviour;
  }

  /** Stops crashing: faults are over. How it judges is its nature, and stays. */
  heal(): void {
    if (this.#behaviour.kind === "crash") {
      this.#behaviour = { kind: "accept", minMs: 0, maxMs: 0 };
    }
  }

  react(): Reaction {
    const behaviour = this.#behaviour;
    this.#notifications++;
    switch (behaviour.kind) {
      case "accept":
      case "reject": {
        const afterMs = this.#random.between(behaviour.minMs, behaviour.maxMs);
        return { kind: "answer", verdict: behaviour.kind, afterMs };
      }
      case "silent":
        return { kind: "nothing" };
      case "crash":
        if (this.#notifications % behaviour.everyNth !== 0) {
          return { kind: "answer", verdict: "accept", afterMs: 0 };
        }
        return { kind: "disconnect", backAfterMs: behaviour.backAfterMs };
    }
  }
}
