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
  overlay: {
    extensions: "off",
    outboundLinks: 0,
    outboundLinksTarget: 0,
    shortage: { kind: "none" },
  },
  counters: NOTHING_COUNTED,
};
