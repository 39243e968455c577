import { formatRate } from "../../monitor/quantities.ts";
import type { RateName, Sample } from "../../monitor/view/history.ts";
import type { RankedWords } from "./line.ts";

const ITEM_RATES: readonly (readonly [name: RateName, words: string, rank: number])[] = [
  ["received", "received", 0],
  ["new", "new", 4],
  ["duplicates", "duplicates", 1],
  ["announced", "announced here", 5],
  ["notified", "notified", 2],
  ["sent", "forwarded", 1],
];

const DROP_RATES: readonly (readonly [name: RateName, words: string])[] = [
  ["rejected", "rejected"],
  ["expired", "expired"],
  ["unwanted", "not wanted"],
  ["noRoom", "no room"],
  ["framesDropped", "slow peers"],
  ["notificationsDropped", "slow modules"],
];

export const itemWords = (sample: Sample): RankedWords[] =>
  ITEM_RATES.map(([name, words, rank]) => ({ text: `${words} ${formatRate(sample[name])}`, rank }));

/** All drops by reason; what does not happen is the first to go. */
export const dropWords = (sample: Sample): RankedWords[] =>
  DROP_RATES.map(([name, words]) => ({
    text: `${words} ${formatRate(sample[name])}`,
    rank: sample[name] === 0 ? 1 : 0,
  }));
