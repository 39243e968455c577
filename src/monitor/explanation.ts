import type { ItemJournal, ItemLife } from "./item-journal.ts";
import type { ItemStep } from "./monitor-event.ts";
import { stepOf } from "./telling.ts";

/** What one item went through in this node; step by step. */
export interface ItemStory {
  /** 40 hexadecimal digits. */
  readonly key: string;
  readonly dataType: number;
  /** That of the network; modules are told others [protocol §2.3]. */
  readonly messageId: number;
  /** When it came, in ms since 1970. */
  readonly at: number;
  readonly steps: readonly (ItemStep & { readonly afterMs: number })[];
  /** Later steps that were only counted. */
  readonly stepsOmitted: number;
}

export type Explanation =
  /** `others`: how many older items the id fits as well. */
  | { readonly kind: "found"; readonly story: ItemStory; readonly others: number }
  /** `unrecorded`: how many items came too fast for `journal_items_per_second`, since the start. */
  | { readonly kind: "unknown"; readonly remembered: number; readonly unrecorded: number }
  /** `journal_items = 0`. */
  | { readonly kind: "off" };

/** What `/explain` serves. */
export interface Explained {
  readonly explanation: Explanation;
  /** Where the other end of a link is, by link. */
  readonly remotes: Readonly<Record<string, string>>;
}

/**
 * Finds an item of the journal. `latest` is the last one that came; a number up to 65,535 is a message id
 * (of the network, or as a module was told) or a data type; anything longer the beginning of a key.
 */
export function explain(journal: ItemJournal, id: string, unrecorded: number): Explanation {
  const lives = journal.lives();
  const [found, ...others] = id === "latest" ? lives.slice(0, 1) : lives.filter(fits(id));
  if (found === undefined) return { kind: "unknown", remembered: lives.length, unrecorded };
  return { kind: "found", story: storyOf(found), others: others.length };
}

function fits(id: string): (life: ItemLife) => boolean {
  if (/^\d{1,5}$/.test(id)) {
    const number = Number(id);
    return ({ key, steps }) =>
      messageIdOf(key) === number ||
      dataTypeOf(key) === number ||
      steps.some(({ event }) => event.kind === "itemNotified" && event.messageId === number);
  }
  const prefix = id.toLowerCase().replace(/^0x/, "");
  return ({ key }) => prefix !== "" && key.startsWith(prefix);
}

const dataTypeOf = (key: string): number => parseInt(key.slice(0, 4), 16);
const messageIdOf = (key: string): number => parseInt(key.slice(4, 8), 16);

function storyOf({ key, at, steps, stepsOmitted }: ItemLife): ItemStory {
  return {
    key,
    dataType: dataTypeOf(key),
    messageId: messageIdOf(key),
    at,
    steps: steps.map(({ afterMs, event }) => ({ afterMs, ...stepOf(event) })),
    stepsOmitted,
  };
}
