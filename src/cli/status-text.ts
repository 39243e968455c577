import type { CounterName } from "../core/counters.ts";
import type { GossipStatus } from "../monitor/status.ts";
import { formatBytes, formatCount, formatDuration } from "../monitor/quantities.ts";
import { shareOf } from "../monitor/view/stores.ts";
import { typeWords } from "../monitor/view/words.ts";
import { section } from "./section.ts";
import type { Style } from "./style.ts";
import { left, right, table } from "./table.ts";

/** The state of a daemon for people: how it is doing in words, then everything that can be counted. */
export function statusText(status: GossipStatus, style: Style): string[] {
  const { version, pid, uptimeMs, memory, eventLoopDelay } = status;
  const runs = `running for ${formatDuration(uptimeMs)}, ${formatBytes(memory.rssBytes)} of memory`;
  return [
    ...healthOf(status, style),
    "",
    `voidgossip ${version}, process ${pid}, ${runs}`,
    `modules connect to ${status.api}, peers to ${status.p2p}; its files are in ${status.dataDir}`,
    `event loop: 99 % of turns late by less than ${eventLoopDelay.p99Ms.toFixed(1)} ms`,
    ...section("Links", linkRows(status), "none", style),
    ...section("Modules", moduleRows(status), "none", style),
    ...section("Stores", storeRows(status), "none", style),
    ...counterSections(status.counters, style),
  ];
}

/** The first sentence says whether it works, the others say what keeps it from working better. */
function healthOf({ health }: GossipStatus, style: Style): string[] {
  const { sentence, reasons } = health;
  const first = sentence.startsWith("Connected") ? style.good(sentence) : style.bad(sentence);
  return [first, ...reasons];
}

function linkRows({ links }: GossipStatus): string[] {
  const columns = [
    right("link"),
    left("peer"),
    left("opened by"),
    left("state"),
    right("for"),
    right("items in"),
    right("items out"),
    right("queued"),
    right("dropped"),
  ];
  const rows = links.map((link) => [
    link.link,
    link.remote,
    link.direction === "outbound" ? "us" : "the peer",
    `${link.phase}${link.reading === "held" ? ", held back" : ""}`,
    formatDuration(link.openForMs),
    formatCount(link.itemsIn),
    formatCount(link.itemsOut),
    formatBytes(link.queueBytes),
    formatCount(link.framesDropped),
  ]);
  return table(columns, rows);
}

function moduleRows({ subscribers }: GossipStatus): string[] {
  const columns = [
    right("module"),
    left("data types"),
    left("verdicts"),
    right("for"),
    right("window"),
    right("unanswered"),
    right("waiting"),
    right("dropped"),
  ];
  const rows = subscribers.map((module) => [
    module.subscriber,
    typeWords(module.dataTypes),
    `${module.role === "observer" ? "not waited for" : "waited for"}${module.pacing === "oneAtATime" ? ", one at a time" : ""}`,
    formatDuration(module.openForMs),
    formatCount(module.window),
    formatCount(module.outstanding),
    formatCount(module.waiting),
    formatCount(module.notificationsDropped),
  ]);
  return table(columns, rows);
}

function storeRows({ stores }: GossipStatus): string[] {
  const columns = [
    left("store"),
    right("entries"),
    right("at most"),
    right("bytes"),
    right("at most"),
    right("full"),
  ];
  const rows = stores.map((store) => {
    const { name, entries, entriesMax, bytes, bytesMax } = store;
    return [
      name,
      formatCount(entries),
      entriesMax === 0 ? "-" : formatCount(entriesMax),
      bytesMax === 0 ? "-" : formatBytes(bytes),
      bytesMax === 0 ? "-" : formatBytes(bytesMax),
      `${(100 * shareOf(store)).toFixed(0)} %`,
    ];
  });
  return table(columns, rows);
}

/** Counters by what they are about; the compiler sees to it that none is forgotten. */
const GROUP_OF: Readonly<Record<CounterName, string>> = {
  itemsReceived: "Items from peers",
  itemNew: "Items from peers",
  itemDuplicate: "Items from peers",
  itemImproved: "Items from peers",
  itemReforwardRefused: "Items from peers",
  itemUnsubscribed: "Items from peers",
  itemRepeatedContent: "Items from peers",
  itemNotHeld: "Items from peers",
  itemNoRoom: "Items from peers",
  itemAccepted: "Items from peers",
  itemRejected: "Items from peers",
  itemExpired: "Items from peers",
  itemsAnnounced: "Items of our modules",
  ownItemsForgotten: "Items of our modules",
  announcementTooLarge: "Items of our modules",
  messageIdCollisions: "Items of our modules",
  framesQueued: "Sending to peers",
  framesDropped: "Sending to peers",
  itemsOffered: "Sending to peers",
  linkLagging: "Sending to peers",
  linkRecovered: "Sending to peers",
  notificationsWritten: "Notifications and verdicts",
  notificationsDropped: "Notifications and verdicts",
  notificationsUnwritten: "Notifications and verdicts",
  verdictsAccept: "Notifications and verdicts",
  verdictsReject: "Notifications and verdicts",
  verdictsUnknown: "Notifications and verdicts",
  oneAtATime: "Notifications and verdicts",
  observerBegan: "Notifications and verdicts",
  observerEnded: "Notifications and verdicts",
  subscriberLagging: "Notifications and verdicts",
  subscriberRecovered: "Notifications and verdicts",
  subscriberOpened: "Connections of modules",
  subscribed: "Connections of modules",
  subscriberClosed: "Connections of modules",
  dialsStarted: "Links and proofs of work",
  dialFailed: "Links and proofs of work",
  selfDialed: "Links and proofs of work",
  linksAccepted: "Links and proofs of work",
  linkEstablished: "Links and proofs of work",
  linkExtended: "Links and proofs of work",
  linkClosed: "Links and proofs of work",
  proofsRequested: "Links and proofs of work",
  proofsFound: "Links and proofs of work",
  budgetHolds: "Holding back",
  pendingHolds: "Holding back",
  readingPaused: "Holding back",
  readingResumed: "Holding back",
  seenWindowShortened: "Holding back",
  itemsUntraced: "Journal of items",
};

/** Only what has happened; `--json` has the zeros too. */
function counterSections(counters: GossipStatus["counters"], style: Style): string[] {
  const names = Object.keys(GROUP_OF) as CounterName[];
  const groups = new Set(Object.values(GROUP_OF));
  return [...groups].flatMap((group) => {
    const rows = names
      .filter((name) => GROUP_OF[name] === group && counters.totals[name] > 0)
      .map((name) => [formatCount(counters.totals[name]), name, partsOf(counters, name)]);
    if (rows.length === 0) return [];
    const [, ...lines] = table([right(""), left(""), left("")], rows);
    return ["", style.strong(group), ...lines.map((line) => `  ${line}`)];
  });
}

function partsOf(counters: GossipStatus["counters"], name: CounterName): string {
  const parts =
    name === "linkClosed"
      ? counters.linksClosed
      : name === "subscriberClosed"
        ? counters.subscribersClosed
        : {};
  return Object.entries(parts)
    .map(([cause, count]) => `${cause} ${formatCount(count)}`)
    .join(", ");
}
