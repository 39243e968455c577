import {
  formatBytes,
  formatCount,
  formatDelay,
  formatRate,
  formatRough,
  formatShare,
} from "../../monitor/quantities.ts";
import type { GossipStatus, LinkStatus, StoreStatus } from "../../monitor/status.ts";
import { conditionOf, shareOf } from "../../monitor/view/stores.ts";
import type { Wave } from "../../monitor/view/wave-book.ts";
import {
  delayWords,
  PEER_WORDS,
  PHASE_WORDS,
  quirksOf,
  sentWords,
  shortKey,
  sourceWords,
  STORE_WORDS,
  typeWords,
  verdictWords,
} from "../../monitor/view/words.ts";
import { left, right } from "../table.ts";
import { bar, clip, fittingTable, line } from "./line.ts";
import type { Line, RankedColumn } from "./line.ts";
import type { NodeView } from "./view.ts";

/** A part of the screen that can be cut at its end. */
export interface Section {
  readonly head: Line;
  readonly rows: readonly Row[];
  /** Whether it is worth saying how many rows were cut. */
  readonly cut: "told" | "untold";
}

interface Row extends Line {
  /** Which rows to keep if there is no room for all: the heaviest. */
  readonly weight: number;
}

type Module = GossipStatus["subscribers"][number];

/** Everything below the head of the screen, the most important first. */
export const sectionsOf = (view: NodeView, columns: number): Section[] => [
  linkSection(view, columns),
  moduleSection(view, columns),
  itemSection(view, columns),
  storeSection(view, columns),
];

/** A title, and below it a table or what there is to say if that is empty. */
function tableSection<Item>(
  columns: readonly RankedColumn<Item>[],
  items: readonly Item[],
  width: number,
  {
    ifEmpty,
    rowOf,
  }: { readonly ifEmpty: string; readonly rowOf: (item: Item) => Omit<Row, "text"> },
): Section {
  const [head = "", ...texts] = fittingTable(columns, items, width);
  const rows = items.map((item, at) => ({ text: texts[at] ?? "", ...rowOf(item) }));
  return {
    head: line(items.length === 0 ? ifEmpty : head, "strong"),
    rows,
    cut: "told",
  };
}

/** An address may be 47 characters long; this much of it says who it is. A guess. */
const REMOTE_COLUMNS_MIN = 21;

function linkSection({ status, linkRates }: NodeView, width: number): Section {
  const rateOf = ({ link }: LinkStatus, way: "inPerSecond" | "outPerSecond"): string => {
    const rates = linkRates.get(link);
    return rates === undefined ? "–" : formatRate(rates[way]);
  };
  const remoteColumns = Math.max(REMOTE_COLUMNS_MIN, Math.floor(width / 3));
  const columns: RankedColumn<LinkStatus>[] = [
    { ...right("link"), rank: 0, cell: ({ link }) => String(link) },
    { ...left("peer"), rank: 0, cell: ({ remote }) => clip(remote, remoteColumns) },
    { ...left("opened by"), rank: 5, cell: openerOf },
    { ...left("speaks"), rank: 4, cell: speechOf },
    { ...right("delay"), rank: 2, cell: delayWords },
    { ...right("queue"), rank: 3, cell: ({ queueBytes }) => formatBytes(queueBytes) },
    { ...right("in/s"), rank: 1, cell: (link) => rateOf(link, "inPerSecond") },
    { ...right("out/s"), rank: 1, cell: (link) => rateOf(link, "outPerSecond") },
    { ...right("dropped"), rank: 6, cell: ({ framesDropped }) => formatCount(framesDropped) },
  ];
  return tableSection(columns, status.links, width, {
    ifEmpty: "links: none",
    rowOf: (link) => {
      const { inPerSecond = 0, outPerSecond = 0 } = linkRates.get(link.link) ?? {};
      return { tone: linkTone(link), weight: inPerSecond + outPerSecond };
    },
  });
}

const openerOf = ({ direction }: LinkStatus): string =>
  direction === "outbound" ? "us" : "the peer";

function speechOf({ phase, peer, reading }: LinkStatus): string {
  const words = phase === "established" ? PEER_WORDS[peer] : PHASE_WORDS[phase];
  return reading === "held" ? `${words}, held back` : words;
}

function linkTone({ phase, reading }: LinkStatus): Line["tone"] {
  if (reading === "held") return "bad";
  return phase === "established" ? "plain" : "faint";
}

function moduleSection({ status }: NodeView, width: number): Section {
  return tableSection(MODULE_COLUMNS, status.subscribers, width, {
    ifEmpty: "modules: none, so items of peers are not passed on",
    rowOf: (module) => ({
      tone: quirksOf(module).length > 0 ? "bad" : "plain",
      weight: module.waiting + module.outstanding,
    }),
  });
}

const MODULE_COLUMNS: readonly RankedColumn<Module>[] = [
  { ...right("module"), rank: 0, cell: ({ subscriber }) => String(subscriber) },
  { ...left("data types"), rank: 3, cell: ({ dataTypes }) => typeWords(dataTypes) },
  {
    ...right("verdict after"),
    rank: 1,
    cell: ({ verdicts, verdictMeanMs }) => (verdicts === 0 ? "–" : formatDelay(verdictMeanMs)),
  },
  {
    ...right("unanswered"),
    rank: 1,
    cell: (module) => `${module.outstanding} of ${module.window}`,
  },
  { ...right("waiting"), rank: 4, cell: ({ waiting }) => formatCount(waiting) },
  {
    ...right("dropped"),
    rank: 5,
    cell: ({ notificationsDropped }) => formatCount(notificationsDropped),
  },
  { ...left("quirks"), rank: 2, cell: (module) => quirksOf(module).join(", ") || "none" },
];

const BAR_COLUMNS = 10;
const SHARE_COLUMNS = "100 %".length;
const STORE_GAP = 3;

/** As many stores beside one another as fit, with their bounds if these fit too. */
function storeSection({ status }: NodeView, width: number): Section {
  const { stores } = status;
  const names = Math.max(0, ...stores.map(({ name }) => STORE_WORDS[name].length));
  const bareColumns = names + 1 + BAR_COLUMNS + 1 + SHARE_COLUMNS;
  const perRow = Math.max(1, Math.floor((width + STORE_GAP) / (bareColumns + STORE_GAP)));
  const cellColumns = Math.floor((width + STORE_GAP) / perRow) - STORE_GAP;
  const bounds = stores.map((store) => ` of ${boundOf(store)}`);
  const hasRoom = bounds.every(({ length }) => bareColumns + length <= cellColumns);
  const cells = stores.map((store, at) => {
    const share = shareOf(store);
    const words = `${STORE_WORDS[store.name].padEnd(names)} ${bar(share, BAR_COLUMNS)}`;
    const bare = `${words} ${formatShare(share).padStart(SHARE_COLUMNS)}`;
    return `${bare}${hasRoom ? (bounds[at] ?? "") : ""}`.padEnd(cellColumns + STORE_GAP);
  });
  const rows: Row[] = [];
  for (let at = 0; at < stores.length; at += perRow) {
    const beside = stores.slice(at, at + perRow);
    const isFull = beside.some((store) => conditionOf(store) === "full");
    rows.push({
      text: cells
        .slice(at, at + perRow)
        .join("")
        .trimEnd(),
      tone: isFull ? "bad" : "plain",
      weight: Math.max(...beside.map(pressureOf)),
    });
  }
  return { head: line("stores against their bounds", "strong"), rows, cut: "told" };
}

const pressureOf = (store: StoreStatus): number =>
  conditionOf(store) === "cache" ? 0 : shareOf(store);

/** The bound that is nearer. */
function boundOf({ entries, entriesMax, bytes, bytesMax }: StoreStatus): string {
  const isByBytes = bytesMax > 0 && (entriesMax === 0 || bytes / bytesMax > entries / entriesMax);
  return isByBytes ? formatBytes(bytesMax) : formatRough(entriesMax);
}

function itemSection({ waves, eventsLost }: NodeView, width: number): Section {
  const section = tableSection(ITEM_COLUMNS, waves, width, {
    ifEmpty: "items: none since this began",
    rowOf: ({ outcome }) => ({ tone: ITEM_TONES[outcome], weight: 0 }),
  });
  const lost = eventsLost === 0 ? "" : `  (${formatCount(eventsLost)} steps left out)`;
  return { ...section, head: line(`${section.head.text}${lost}`, "strong"), cut: "untold" };
}

const ITEM_TONES: Readonly<Record<Wave["outcome"], Line["tone"]>> = {
  pending: "plain",
  announced: "good",
  accepted: "good",
  rejected: "bad",
  expired: "bad",
  dropped: "faint",
};

/** What most items need, so that columns stay where they are. */
const VERDICT_COLUMNS = "accepted, 123 ms".length;
const SENT_COLUMNS = "no other link".length;

const ITEM_COLUMNS: readonly RankedColumn<Wave>[] = [
  { ...left("item"), rank: 0, cell: ({ key }) => shortKey(key) },
  { ...right("type"), rank: 3, cell: ({ dataType }) => String(dataType ?? "–") },
  { ...left("came from"), rank: 1, cell: ({ source }) => sourceWords(source) },
  { ...right("asked"), rank: 5, cell: ({ asked }) => String(asked) },
  { ...left("verdict"), rank: 0, cell: (wave) => verdictWords(wave).padEnd(VERDICT_COLUMNS) },
  { ...left("sent to"), rank: 2, cell: (wave) => sentWords(wave).padEnd(SENT_COLUMNS) },
  { ...right("again"), rank: 4, cell: ({ duplicates }) => String(duplicates) },
];
