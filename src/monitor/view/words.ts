import { countOf, formatBytes, formatDelay } from "../quantities.ts";
import type { LinkStatus, GossipStatus } from "../status.ts";
import type { Wave, WaveSource } from "./wave-book.ts";

type SubscriberStatus = GossipStatus["subscribers"][number];
type LinkPhase = LinkStatus["phase"];
type StoreName = GossipStatus["stores"][number]["name"];

export const PHASE_WORDS: Readonly<Record<LinkPhase, string>> = {
  awaitingInit: "waiting for its puzzle",
  awaitingSolver: "waiting for the solver",
  solving: "solving its puzzle",
  awaitingOk: "waiting for its OK",
  awaitingVerify: "waiting for its proof",
  established: "established",
};

export const PEER_WORDS: Readonly<Record<LinkStatus["peer"], string>> = {
  unknown: "not known yet",
  base: "base",
  extended: "extended",
};

export const STORE_WORDS: Readonly<Record<StoreName, string>> = {
  links: "Links",
  halfOpenLinks: "Half-open links",
  subscribers: "Modules",
  pendingItems: "Items waiting for a verdict",
  seenKeys: "Keys seen",
  knowledgeBase: "Knowledge base",
  ownItems: "Own items kept",
  linkContents: "Contents per link",
  reforwardedItems: "Re-forwarded items",
  newAddresses: "Addresses heard of",
  triedAddresses: "Addresses that answered",
  fullestLinkQueue: "Fullest queue of a link",
  fullestModuleQueue: "Fullest queue of a module",
  journal: "Items that can be explained",
  eventReaders: "Readers of events",
};

export function delayWords({ delayMs }: LinkStatus): string {
  return delayMs === null ? "–" : formatDelay(delayMs);
}

export function queueWords({ queueBytes, queueFrames }: LinkStatus): string {
  if (queueFrames === 0) return "empty";
  return `${formatBytes(queueBytes)}, ${countOf(queueFrames, "frame")}`;
}

/** What is unusual about a module, in the words of the log. */
export function quirksOf(module: SubscriberStatus): readonly string[] {
  return [
    module.role === "observer" ? "not waited for" : "",
    module.pacing === "oneAtATime" ? "one at a time" : "",
    module.reading === "held" ? "held back" : "",
    module.notificationsDropped > 0 ? "lagging" : "",
  ].filter((quirk) => quirk !== "");
}

/** A module may subscribe to thousands of types. */
const TYPES_SHOWN_MAX = 4;

export function typeWords(dataTypes: readonly number[]): string {
  if (dataTypes.length === 0) return "none";
  const more = dataTypes.length - TYPES_SHOWN_MAX;
  const shown = dataTypes.slice(0, TYPES_SHOWN_MAX).join(", ");
  return more > 0 ? `${shown} and ${more} more` : shown;
}

/** The beginning of the hash of the data: enough to tell items apart by eye. */
export const shortKey = (key: string): string => key.slice(8, 16);

export function sourceWords(source: WaveSource): string {
  switch (source.kind) {
    case "link":
      return `link ${source.link}`;
    case "module":
      return `module ${source.subscriber}`;
    case "unknown":
      return "earlier";
  }
}

const REASON_WORDS: Readonly<Record<string, string>> = {
  unsubscribed: "nobody subscribed",
  repeatedContent: "repeated content",
  notHeld: "no room to hold it",
  noRoom: "no room for a better copy",
  reforwardRefused: "re-forwarded too often",
  queueFull: "a module lags",
  lastHop: "last hop",
  noOtherLink: "no other link",
};

export function verdictWords({ outcome, verdictMs, reason }: Wave): string {
  switch (outcome) {
    case "pending":
      return "waiting";
    case "announced":
      return "our own";
    case "dropped":
      return reasonWords(reason);
    case "accepted":
    case "rejected":
    case "expired":
      return verdictMs === undefined ? outcome : `${outcome}, ${formatDelay(verdictMs)}`;
  }
}

export function sentWords({ sentTo, reason, outcome }: Wave): string {
  if (sentTo > 0) return countOf(sentTo, "link");
  return outcome === "accepted" && reason !== undefined ? reasonWords(reason) : "–";
}

const reasonWords = (reason: string | undefined): string =>
  REASON_WORDS[reason ?? ""] ?? reason ?? "dropped";
