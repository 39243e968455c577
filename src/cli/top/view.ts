import type { Sample } from "../../monitor/view/history.ts";
import type { LinkRates } from "../../monitor/view/history.ts";
import type { Wave } from "../../monitor/view/wave-book.ts";
import type { GossipStatus } from "../../monitor/status.ts";

/** What is known of a node at one moment. */
export interface NodeView {
  /** The last one it gave. */
  readonly status: GossipStatus;
  /** One for each look but the first at a process, oldest first. */
  readonly samples: readonly Sample[];
  /** Of links that were there at the look before. */
  readonly linkRates: ReadonlyMap<number, LinkRates>;
  /** The latest items, the newest first. */
  readonly waves: readonly Wave[];
  /** Events about items that the node had to leave out. */
  readonly eventsLost: number;
  readonly contact: Contact;
  /** Of this view, on the clock on the wall, in ms since 1970. */
  readonly atMs: number;
}

export type Contact =
  | { readonly kind: "live" }
  /** `reason`: one line for people. */
  | { readonly kind: "lost"; readonly sinceMs: number; readonly reason: string };

/** `10:15:04` in local time. */
export const clockOf = (ms: number): string => new Date(ms).toTimeString().slice(0, 8);
