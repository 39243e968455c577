import type { DurationName } from "../../core/counters.ts";
import type { LinkId } from "../../core/ports.ts";
import type { GossipStatus } from "../status.ts";

/** Five minutes, at one look per second. */
const SAMPLES_MAX = 300;

type Totals = GossipStatus["counters"]["totals"];

/** What is counted: shown per second, from one look to the next. */
export type RateName =
  | "received"
  | "new"
  | "duplicates"
  | "announced"
  | "notified"
  | "sent"
  | "rejected"
  | "expired"
  | "unwanted"
  | "noRoom"
  | "framesDropped"
  | "notificationsDropped";

const RATES: Readonly<Record<RateName, (totals: Totals) => number>> = {
  received: (totals) => totals.itemsReceived,
  new: (totals) => totals.itemNew,
  duplicates: (totals) => totals.itemDuplicate + totals.itemImproved + totals.itemReforwardRefused,
  announced: (totals) => totals.itemsAnnounced,
  notified: (totals) => totals.notificationsWritten,
  sent: (totals) => totals.framesQueued,
  rejected: (totals) => totals.itemRejected,
  expired: (totals) => totals.itemExpired,
  unwanted: (totals) => totals.itemUnsubscribed + totals.itemRepeatedContent,
  noRoom: (totals) => totals.itemNotHeld + totals.itemNoRoom,
  framesDropped: (totals) => totals.framesDropped,
  notificationsDropped: (totals) => totals.notificationsDropped + totals.notificationsUnwritten,
};

/** What waits at the moment of a look, over all links and all modules. */
type LevelName = "linkQueueBytes" | "moduleQueueBytes";

const LEVELS: Readonly<Record<LevelName, (status: GossipStatus) => number>> = {
  linkQueueBytes: ({ links }) => sum(links.map(({ queueBytes }) => queueBytes)),
  moduleQueueBytes: ({ subscribers }) => sum(subscribers.map(({ waitingBytes }) => waitingBytes)),
};

/** Means over what ended between two looks, in ms; 0 when nothing did. */
type MeanName = "verdictMs" | "linkDelayMs";

const DURATIONS: Readonly<Record<MeanName, DurationName>> = {
  verdictMs: "verdict",
  linkDelayMs: "linkDelay",
};

export type SeriesName = RateName | LevelName | MeanName;
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
    const elapsedMs = elapsedMsBetween(previous.status, status);
    if (elapsedMs === undefined) {
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

/** All that was dropped, for whatever reason, per second. */
export const dropsOf = (sample: Sample): number =>
  sample.rejected +
  sample.expired +
  sample.unwanted +
  sample.noRoom +
  sample.framesDropped +
  sample.notificationsDropped;

/** Items per second over one link. */
export interface LinkRates {
  readonly inPerSecond: number;
  readonly outPerSecond: number;
}

/** By link, for those that were there in both. */
export function linkRatesBetween(
  before: GossipStatus | undefined,
  now: GossipStatus,
): ReadonlyMap<LinkId, LinkRates> {
  const rates = new Map<LinkId, LinkRates>();
  const elapsedMs = before === undefined ? undefined : elapsedMsBetween(before, now);
  if (before === undefined || elapsedMs === undefined) return rates;
  const linkBefore = new Map(before.links.map((link) => [link.link, link]));
  const perSecond = (difference: number): number => (difference * 1_000) / elapsedMs;
  for (const { link, itemsIn, itemsOut } of now.links) {
    const from = linkBefore.get(link);
    if (from === undefined) continue;
    const inPerSecond = perSecond(itemsIn - from.itemsIn);
    rates.set(link, { inPerSecond, outPerSecond: perSecond(itemsOut - from.itemsOut) });
  }
  return rates;
}

/** By the node's own clock; undefined for another process than before, which has counters of its own. */
function elapsedMsBetween(before: GossipStatus, now: GossipStatus): number | undefined {
  const elapsedMs = now.uptimeMs - before.uptimeMs;
  return elapsedMs > 0 && now.pid === before.pid ? elapsedMs : undefined;
}

function ratesOf(
  before: GossipStatus,
  now: GossipStatus,
  elapsedMs: number,
): Record<RateName, number> {
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
