import type { DurationName } from "../../src/core/counters.ts";
import type { GossipStatus } from "../../src/monitor/status.ts";

/** Five minutes, at one look per second. */
const SAMPLES_MAX = 300;

type Totals = GossipStatus["counters"]["totals"];

/** What is drawn over time. Rates are per second, from one look to the next. */
const RATES = {
  received: (totals: Totals) => totals.itemsReceived,
  new: (totals: Totals) => totals.itemNew,
  duplicates: (totals: Totals) =>
    totals.itemDuplicate + totals.itemImproved + totals.itemReforwardRefused,
  announced: (totals: Totals) => totals.itemsAnnounced,
  sent: (totals: Totals) => totals.framesQueued,
  rejected: (totals: Totals) => totals.itemRejected,
  expired: (totals: Totals) => totals.itemExpired,
  unwanted: (totals: Totals) => totals.itemUnsubscribed + totals.itemRepeatedContent,
  noRoom: (totals: Totals) => totals.itemNotHeld + totals.itemNoRoom,
  framesDropped: (totals: Totals) => totals.framesDropped,
  notificationsDropped: (totals: Totals) =>
    totals.notificationsDropped + totals.notificationsUnwritten,
} satisfies Record<string, (totals: Totals) => number>;

const LEVELS = {
  linkQueueBytes: ({ links }: GossipStatus) => sum(links.map(({ queueBytes }) => queueBytes)),
  moduleQueueBytes: ({ subscribers }: GossipStatus) =>
    sum(subscribers.map(({ waitingBytes }) => waitingBytes)),
} satisfies Record<string, (status: GossipStatus) => number>;

/** Means over what ended between two looks, in ms; 0 when nothing did. */
const DURATIONS = { verdictMs: "verdict", linkDelayMs: "linkDelay" } as const;

export type SeriesName = keyof typeof RATES | keyof typeof LEVELS | keyof typeof DURATIONS;
export type Sample = Readonly<Record<SeriesName, number>> & { readonly atMs: number };

/** The last looks at the counters of the node, oldest first. */
export class History {
  #samples: readonly Sample[] = [];
  #previous: { readonly status: GossipStatus; readonly atMs: number } | undefined;
  readonly #samplesMax: number;

  constructor(samplesMax: number = SAMPLES_MAX) {
    this.#samplesMax = samplesMax;
  }

  /** A new array whenever there is a new sample. */
  get samples(): readonly Sample[] {
    return this.#samples;
  }

  get last(): Sample | undefined {
    return this.#samples.at(-1);
  }

  add(status: GossipStatus, atMs: number): void {
    const previous = this.#previous;
    this.#previous = { status, atMs };
    if (previous === undefined) return;
    const elapsedMs = status.uptimeMs - previous.status.uptimeMs;
    // Another process than before has counters of its own.
    if (elapsedMs <= 0 || status.pid !== previous.status.pid) {
      this.#samples = [];
      return;
    }
    const sample = {
      atMs,
      ...ratesOf(previous.status, status, elapsedMs),
      ...mapValues(LEVELS, (level) => level(status)),
      ...mapValues(DURATIONS, (name) => meanMs(name, previous.status, status)),
    };
    this.#samples = [...this.#samples.slice(1 - this.#samplesMax), sample];
  }
}

function ratesOf(
  before: GossipStatus,
  now: GossipStatus,
  elapsedMs: number,
): Record<keyof typeof RATES, number> {
  return mapValues(RATES, (count) => {
    const difference = count(now.counters.totals) - count(before.counters.totals);
    return (difference * 1_000) / elapsedMs;
  });
}

function meanMs(name: DurationName, before: GossipStatus, now: GossipStatus): number {
  const [from, to] = [before.durations[name], now.durations[name]];
  const count = sum(to.counts) - sum(from.counts);
  return count === 0 ? 0 : (to.sumMs - from.sumMs) / count;
}

const sum = (numbers: readonly number[]): number => numbers.reduce((all, one) => all + one, 0);

function mapValues<Name extends string, From, To>(
  record: Readonly<Record<Name, From>>,
  change: (value: From) => To,
): Record<Name, To> {
  const entries = Object.entries<From>(record).map(([name, value]) => [name, change(value)]);
  return Object.fromEntries(entries) as Record<Name, To>;
}
