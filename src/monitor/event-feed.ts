import type { CoreEvent } from "../core/event.ts";
import { formatAddress } from "../core/ip-address.ts";
import type { Tracing } from "../core/item-tracing.ts";
import type { LinkId } from "../core/ports.ts";
import type { TraceEvent } from "../core/trace.ts";
import { explain } from "./explanation.ts";
import type { Explained, Explanation } from "./explanation.ts";
import { ItemJournal } from "./item-journal.ts";
import type { ItemLife, ItemTrace, JournalClocks } from "./item-journal.ts";
import type { MonitorEvent } from "./monitor-event.ts";
import { changeOf, openedLink, stepOf } from "./telling.ts";

/** Events told in one window; beyond it whole items are left out. Nobody reads 2,000 a second. A guess. */
const EVENTS_PER_WINDOW_MAX = 200;
const WINDOW_MS = 100;
/** What of an item that is told may exceed it: the later steps of items already begun. A guess. */
const EVENTS_PER_WINDOW_HARD_MAX = 4 * EVENTS_PER_WINDOW_MAX;
/** The journal while it is kept only because somebody watches. A guess. */
const ITEMS_WHILE_WATCHED = 1_024;

/** Ends of links that can still be named after they are gone. A guess. */
const REMOTES_MAX = 1_024;

export interface EventFeedOptions {
  /** How many items are remembered at all times; 0: only while somebody watches. */
  readonly journalItems: number;
  readonly clocks: JournalClocks;
  /** How many items at most are traced in a second, each from its beginning to its end. */
  readonly itemsPerSecond: number;
  /** How many were not, because more came. */
  itemsUntraced(): number;
  /** The core should trace from now on, or need not any more. */
  onTracingWanted(tracing: Tracing): void;
}

export type EventListener = (event: MonitorEvent) => void;

/**
 * Everything that happens in a node, for whoever watches: keeps the journal of items and tells what the
 * core traces and reports. When too much happens, whole items are left out, and how many events that
 * were is told. Costs next to nothing while nobody watches and no journal is kept.
 */
export class EventFeed {
  readonly journal: ItemJournal;
  readonly #options: EventFeedOptions;
  readonly #listeners = new Set<EventListener>();
  /** `host:port` by link, oldest first. */
  readonly #remoteByLink = new Map<LinkId, string>();
  #windowEndsAt = 0;
  #toldInWindow = 0;
  #lost = 0;

  constructor(options: EventFeedOptions) {
    this.#options = options;
    this.journal = new ItemJournal(options.journalItems || ITEMS_WHILE_WATCHED, options.clocks);
  }

  /** Whether the core should trace as it starts. */
  get tracingAtStart(): Tracing {
    return this.#options.journalItems > 0 ? this.#sampled : "off";
  }

  /** Tells everything from here on. Must not throw. Returns what ends it. */
  watch(listener: EventListener): () => void {
    this.#listeners.add(listener);
    if (this.#listeners.size === 1) this.#onWatched("on");
    return () => {
      if (this.#listeners.delete(listener) && this.#listeners.size === 0) this.#onWatched("off");
    };
  }

  onTrace(event: TraceEvent): void {
    if (event.kind === "itemRenewed") {
      this.journal.renew(event);
    } else if (event.kind !== "linkOpened") {
      this.#onItem(event);
    } else if (this.#listeners.size > 0) {
      this.#tellOther(openedLink(event, this.#options.clocks.wall()));
    }
  }

  onReport(event: CoreEvent): void {
    if (event.name === "linkEstablished") this.#nameLink(event.link, formatAddress(event.remote));
    if (this.#listeners.size === 0) return;
    const told = changeOf(event, this.#options.clocks.wall());
    if (told !== undefined) this.#tellOther(told);
  }

  /** The life of an item, and the names of the links in it. */
  explain(id: string): Explained {
    const remotes = Object.fromEntries(this.#remoteByLink);
    const explanation: Explanation =
      this.#options.journalItems === 0
        ? { kind: "off" }
        : explain(this.journal, id, this.#options.itemsUntraced());
    return { explanation, remotes };
  }

  get #sampled(): Tracing {
    return { itemsPerSecond: this.#options.itemsPerSecond };
  }

  #nameLink(link: LinkId, remote: string): void {
    this.#remoteByLink.set(link, remote);
    const [oldest] = this.#remoteByLink.keys();
    if (this.#remoteByLink.size > REMOTES_MAX && oldest !== undefined) {
      this.#remoteByLink.delete(oldest);
    }
  }

  #onWatched(state: "on" | "off"): void {
    if (this.tracingAtStart !== "off") return;
    if (state === "off") this.journal.clear();
    this.#options.onTracingWanted(state === "on" ? this.#sampled : "off");
  }

  #onItem(event: ItemTrace): void {
    const recorded = this.journal.record(event);
    if (recorded === undefined || this.#listeners.size === 0) return;
    const { life, step } = recorded;
    if (!this.#mayTell(life, step.afterMs)) {
      if (life.telling !== "unwatched") this.#lost++;
      return;
    }
    const { key } = life;
    const { afterMs } = step;
    this.#tell({ name: "item", data: { at: life.at + afterMs, key, afterMs, ...stepOf(event) } });
  }

  /** An item whose beginning was told is told to its end, as far as that can be. */
  #mayTell(life: ItemLife, afterMs: number): boolean {
    this.#openWindow();
    if (life.steps.length === 1 && afterMs === 0) {
      life.telling = this.#toldInWindow < EVENTS_PER_WINDOW_MAX ? "told" : "untold";
    }
    return life.telling === "told" && this.#toldInWindow < EVENTS_PER_WINDOW_HARD_MAX;
  }

  #tellOther(event: MonitorEvent): void {
    this.#openWindow();
    if (this.#toldInWindow < EVENTS_PER_WINDOW_HARD_MAX) this.#tell(event);
    else this.#lost++;
  }

  #openWindow(): void {
    const now = this.#options.clocks.steady();
    if (now < this.#windowEndsAt) return;
    this.#windowEndsAt = now + WINDOW_MS;
    this.#toldInWindow = 0;
    if (this.#lost === 0) return;
    const count = this.#lost;
    this.#lost = 0;
    this.#tell({ name: "lost", data: { count } });
  }

  #tell(event: MonitorEvent): void {
    this.#toldInWindow++;
    for (const listener of this.#listeners) listener(event);
  }
}
