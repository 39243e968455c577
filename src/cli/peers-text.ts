import type { AddressStatus, LinkStatus, PeersStatus } from "../monitor/status.ts";
import { formatCount, formatDuration } from "../monitor/quantities.ts";
import { section } from "./section.ts";
import type { Style } from "./style.ts";
import { left, right, table } from "./table.ts";

/** An address book may hold thousands; people look at the ones that say something. */
const ADDRESSES_SHOWN_MAX = 20;

/** Who a node is linked to, and how it stands with the addresses it has no link to, for people. */
export function peersText(peers: PeersStatus, style: Style): string[] {
  const { summary, addresses } = peers.bootstrap;
  const bootstrappers = addresses.filter(({ state }) => state !== "linked");
  const known = peers.addresses.filter(({ state }) => state !== "linked");
  return [
    `${summary}.`,
    ...section("Links", linkRows(peers.links), "none", style),
    ...(bootstrappers.length === 0
      ? []
      : section("Bootstrappers without a link", bootstrapperRows(bootstrappers), "none", style)),
    ...section("Known addresses without a link", addressRows(known), "none", style),
    ...moreOf(known.length - ADDRESSES_SHOWN_MAX),
  ];
}

const moreOf = (hidden: number): string[] =>
  hidden > 0 ? [`  and ${formatCount(hidden)} more: --json has all of them`] : [];

function linkRows(links: readonly LinkStatus[]): string[] {
  const columns = [
    right("link"),
    left("peer"),
    left("opened by"),
    left("protocol"),
    left("listens at"),
    right("for"),
    right("ping"),
    right("items in"),
    right("items out"),
  ];
  const rows = links.map((link) => [
    link.link,
    link.remote,
    link.direction === "outbound" ? "us" : "the peer",
    protocolOf(link),
    link.listensAt ?? "-",
    formatDuration(link.openForMs),
    link.delayMs === null ? "-" : formatDuration(link.delayMs),
    formatCount(link.itemsIn),
    formatCount(link.itemsOut),
  ]);
  return table(columns, rows);
}

function protocolOf({ phase, peer }: LinkStatus): string {
  if (phase !== "established") return phase;
  return peer === "unknown" ? "not known yet" : peer;
}

function bootstrapperRows(addresses: PeersStatus["bootstrap"]["addresses"]): string[] {
  const columns = [left("address"), right("failures"), left("last"), left("next try")];
  const rows = addresses.map((one) => [
    one.address,
    formatCount(one.failures),
    troubleOf(one),
    nextTryOf(one),
  ]);
  return table(columns, rows);
}

/** First what is under way, then what failed, soonest first; what may be dialled waits for its turn. */
const ORDER: Readonly<Record<AddressStatus["state"], number>> = {
  dialing: 0,
  waiting: 1,
  ready: 2,
  linked: 3,
};

function addressRows(addresses: readonly AddressStatus[]): string[] {
  const columns = [
    left("address"),
    left("known"),
    right("failures"),
    right("proofs wasted"),
    left("last"),
    left("next try"),
  ];
  const rows = [...addresses]
    .sort((a, b) => ORDER[a.state] - ORDER[b.state] || a.retryInMs - b.retryInMs)
    .slice(0, ADDRESSES_SHOWN_MAX)
    .map((one) => [
      one.address,
      one.table === "tried" ? "connected before" : "heard of",
      formatCount(one.failures),
      formatCount(one.proofsWasted),
      troubleOf(one),
      nextTryOf(one),
    ]);
  return table(columns, rows);
}

const troubleOf = ({ lastFailure }: Pick<AddressStatus, "lastFailure">): string =>
  lastFailure === "none" ? "-" : lastFailure;

function nextTryOf({ state, retryInMs }: Pick<AddressStatus, "state" | "retryInMs">): string {
  if (state === "dialing") return "now";
  return retryInMs > 0 ? `in ${formatDuration(retryInMs)}` : "when needed";
}
