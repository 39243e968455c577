import type { CounterSnapshot } from "../core/counters.ts";
import { Counters } from "../core/counters.ts";
import type { CoreSnapshot } from "../core/snapshot.ts";

const NOTHING_COUNTED: CounterSnapshot = new Counters().snapshot();

/** What there is to see of a peer without a core. */
export const EMPTY_SNAPSHOT: CoreSnapshot = {
  links: [],
  subscribers: [],
  stores: [],
  bootstrap: [],
  counters: NOTHING_COUNTED,
};
