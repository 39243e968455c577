import type { Tracing } from "../../../src/core/item-tracing.ts";
import { linkId } from "../../../src/core/ports.ts";
import { EventFeed } from "../../../src/monitor/event-feed.ts";
import type { ItemTrace } from "../../../src/monitor/item-journal.ts";

/** The wall clock of these feeds at the beginning, in ms since 1970. */
export const WALL_START = 1_000_000;

export interface FeedRig {
  readonly feed: EventFeed;
  /** What the feed asked of the core. */
  readonly tracing: Tracing[];
  readonly pass: (ms: number) => void;
}

/** A feed whose time passes by hand. */
export function aFeed(journalItems: number = 64): FeedRig {
  let now = 0;
  const tracing: Tracing[] = [];
  const feed = new EventFeed({
    journalItems,
    itemsPerSecond: 500,
    itemsUntraced: () => 0,
    clocks: { wall: () => WALL_START + now, steady: () => now },
    onTracingWanted: (state) => tracing.push(state),
  });
  return { feed, tracing, pass: (ms) => (now += ms) };
}

/** Type 1337 = 0x0539, message id 1 and so on. */
export const keyOf = (item: number): string =>
  `0539${(item & 0xffff).toString(16).padStart(4, "0")}${"ab".repeat(16)}`;

export const arrival = (item: number): ItemTrace & { readonly kind: "itemArrived" } => ({
  kind: "itemArrived",
  item,
  key: keyOf(item),
  dataType: 1337,
  ttl: 3,
  bytes: 5,
  link: linkId(7),
});

/** To as many links as make the event large. */
export const forwarding = (item: number, links: number): ItemTrace => ({
  kind: "itemForwarded",
  item,
  links: Array.from({ length: links }, (_, at) => linkId(at)),
  holders: [],
  beyondDegree: 0,
  ttl: 2,
  occasion: "accepted",
});
