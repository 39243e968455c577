/** What the control socket says, as far as these tests look at it. */
export interface Status {
  readonly uptimeMs: number;
  /** How it is doing, in one sentence. */
  readonly health: string;
  /** Links that it dialled to keep. */
  readonly outboundLinks: number;
  readonly links: readonly Record<string, unknown>[];
  readonly subscribers: readonly Record<string, unknown>[];
  readonly stores: readonly StoreStatus[];
  readonly totals: Readonly<Record<string, number>>;
  /** Why connections were closed, and how often. */
  readonly linksClosed: Readonly<Record<string, number>>;
  readonly subscribersClosed: Readonly<Record<string, number>>;
}

export interface StoreStatus {
  readonly name: string;
  readonly entries: number;
  readonly entriesMax: number;
  readonly bytes: number;
  readonly bytesMax: number;
}

interface StatusJson {
  readonly uptimeMs: number;
  readonly health: { readonly sentence: string };
  readonly overlay: { readonly outboundLinks: number };
  readonly links: Status["links"];
  readonly subscribers: Status["subscribers"];
  readonly stores: Status["stores"];
  readonly counters: Pick<Status, "totals" | "linksClosed" | "subscribersClosed">;
}

export function readStatus(json: unknown): Status {
  const { uptimeMs, health, overlay, links, subscribers, stores, counters } = json as StatusJson;
  const { totals, linksClosed, subscribersClosed } = counters;
  const { outboundLinks } = overlay;
  const state = { uptimeMs, health: health.sentence, outboundLinks, links, subscribers, stores };
  return { ...state, totals, linksClosed, subscribersClosed };
}

export function total(status: Status, counter: string): number {
  const value = status.totals[counter];
  if (value === undefined) {
    throw new Error(`the status has no counter ${counter}`);
  }
  return value;
}

export function store(status: Status, name: string): StoreStatus {
  const found = status.stores.find((candidate) => candidate.name === name);
  if (found === undefined) {
    throw new Error(`the status has no store ${name}`);
  }
  return found;
}

/** How many connections were closed for what they sent, and not by the other end. */
export function faults(closed: Readonly<Record<string, number>>): number {
  return Object.entries(closed).reduce(
    (sum, [cause, count]) => (cause === "remoteClosed" ? sum : sum + count),
    0,
  );
}
