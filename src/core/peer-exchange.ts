import { PEER_RECORDS_MAX, Peers } from "../wire/p2p/peers.ts";
import type { PeerRecord } from "../wire/p2p/peers.ts";
import type { AddressBook, BookEntry } from "./address-book.ts";
import { mayTravel, overlayGroup, scopeOf, scopeOfHost } from "./address-scope.ts";
import type { AddressScope } from "./address-scope.ts";
import type { CoreConfig } from "./core-config.ts";
import type { Effects } from "./effects.ts";
import { canonicalIpAddress, formatIpAddress, parseIpAddress } from "./ip-address.ts";
import type { Link, LinkPort } from "./link.ts";
import { OutgoingFrame } from "./outgoing-frame.ts";
import type { Instant, Random } from "./ports.ts";

/** Requests when the link comes up, after 5 s, after 20 s, then once a minute, in ms [§6.5]. */
const GET_DELAYS_MS = [5_000, 15_000, 60_000];
/** Requests that can still be answered: as many as an answerer allows at once [protocol §6.5]. */
const GETS_OPEN_MAX = 4;
/** Ages are rounded up to this: exact ones reveal who is whose neighbour, in s [protocol §6.5]. */
const AGE_STEP_SECONDS = 600;

/** What the exchange of addresses tells the rest of the core. */
export interface PeerExchangeListener {
  /** Addresses that nobody asked for. */
  onUnasked(link: Link): void;
  /** A list came in, with or without news. */
  onLearned(link: Link): void;
  /** A request was answered. */
  onAnswered(link: Link): void;
}

/** Learning addresses from neighbours, and telling them ours, within limits [protocol §6.5]. */
export class PeerExchange {
  readonly #config: CoreConfig;
  readonly #effects: Effects;
  readonly #random: Random;
  readonly #book: AddressBook;
  readonly #links: LinkPort;
  readonly #listener: PeerExchangeListener;

  constructor(
    config: CoreConfig,
    effects: Effects,
    random: Random,
    book: AddressBook,
    links: LinkPort,
    listener: PeerExchangeListener,
  ) {
    this.#config = config;
    this.#effects = effects;
    this.#random = random.fork("peer-exchange");
    this.#book = book;
    this.#links = links;
    this.#listener = listener;
  }

  onExtended(link: Link): void {
    if (link.extension?.peerExchange === "offered") this.onDue(link);
  }

  /** It is time to ask again. */
  onDue(link: Link): void {
    const { extension } = link;
    if (extension === undefined) return;
    const delayMs = GET_DELAYS_MS[Math.min(extension.getsSent, GET_DELAYS_MS.length - 1)] ?? 0;
    extension.getsSent++;
    extension.getsOpen = Math.min(extension.getsOpen + 1, GETS_OPEN_MAX);
    this.#links.send(link, new OutgoingFrame(new Peers("get")));
    // Later by up to a fifth, or a whole network that started together would dial together.
    this.#effects.setIn(link.deadlines.exchange, delayMs + this.#random.below(delayMs / 5));
  }

  onPeers(link: Link, message: Peers): void {
    const { extension } = link;
    if (extension === undefined) return;
    if (message.role === "get") {
      if (extension.peersAnswers.take(this.#effects.now)) this.#answer(link);
    } else if (extension.getsOpen === 0) {
      this.#listener.onUnasked(link);
    } else {
      extension.getsOpen--;
      const scope = scopeOfHost(link.remote.host);
      for (const record of message.records) this.#learn(record, link.groupKey, scope);
      this.#listener.onLearned(link);
    }
  }

  /** Only addresses that we have read an INIT from: hearsay is not passed on (threat T3). */
  #answer(link: Link): void {
    const scope = scopeOfHost(link.remote.host);
    const isForLink = (entry: BookEntry): boolean =>
      entry.table === "tried" &&
      mayTravel(scopeOfHost(entry.address.host), scope) &&
      !isAddressOf(link, entry);
    const records = this.#book
      .sample(PEER_RECORDS_MAX, isForLink)
      .flatMap((entry) => this.#recordOf(entry) ?? []);
    this.#links.send(link, new OutgoingFrame(new Peers("list", records)));
    this.#listener.onAnswered(link);
  }

  #recordOf(entry: BookEntry): PeerRecord | undefined {
    const ip = parseIpAddress(entry.address.host);
    if (ip === undefined) return undefined;
    const steps = Math.ceil((this.#effects.now - entry.aliveAt) / 1_000 / AGE_STEP_SECONDS);
    const ageSeconds = Math.min(Math.max(1, steps) * AGE_STEP_SECONDS, 0xffff_ffff);
    return { address: Uint8Array.from(ip.bytes), port: entry.address.port, ageSeconds };
  }

  #learn(record: PeerRecord, sourceGroup: string, linkScope: AddressScope): void {
    const ip = canonicalIpAddress([...record.address]);
    if (record.port === 0 || !mayTravel(scopeOf(ip), linkScope)) return;
    const address = { host: formatIpAddress(ip), port: record.port };
    const group = overlayGroup(address.host, address.port, this.#config.localRanges);
    const aliveAt = (this.#effects.now - record.ageSeconds * 1_000) as Instant;
    this.#book.hear(address, group, sourceGroup, aliveAt);
  }
}

/** Whether the entry is the peer at the other end itself. */
function isAddressOf(link: Link, entry: BookEntry): boolean {
  if (entry.address.host !== link.remote.host) return false;
  const port = link.direction === "outbound" ? link.remote.port : link.extension?.listenPort;
  return entry.address.port === port;
}
