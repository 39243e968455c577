import { hopsLeft } from "./hops.ts";
import { OrderedMap } from "./ordered-map.ts";
import type { Instant, LinkId } from "./ports.ts";
import type { TraceChoice } from "./item-tracing.ts";

/** An own item that no link has got is kept this long, in ms [protocol §4.9]. */
const OWN_UNSENT_MS = 300_000;
/** After its first sending an own item is still offered for this long, in ms [protocol §4.9]. */
const OWN_OFFERED_MS = 30_000;
/** Any other accepted item is offered to links that come up for this long, in ms [protocol §4.9]. */
const FOREIGN_OFFERED_MS = 60_000;
/** Own items waiting for links, at most: a module may announce without end while there is none. */
export const OWN_ITEMS_MAX = 4_096;

/** An item that links which come up later still get. */
export class KnownItem {
  /** Its number in the seen cache. */
  readonly item: number;
  readonly trace: TraceChoice;
  readonly dataType: number;
  readonly messageId: number;
  /** As it goes out: its own TTL for an own item, 1 for any other. */
  readonly ttl: number;
  readonly payload: Uint8Array;
  /** Links that got it from us later, or have handled nothing worse: neither these ... */
  readonly #holders: LinkId[];
  /** ... nor those it went to at once are offered it. */
  readonly #sentTo: readonly LinkId[];
  /** To how many links it went from here, as an offer or as our announcement. */
  sentCount: number;
  /** After this it is offered no more. */
  offeredUntil: Instant;

  constructor(
    { item, trace, dataType, messageId, payload }: OfferedItem,
    ttl: number,
    holders: LinkId[],
    sentTo: readonly LinkId[],
    sentCount: number,
    offeredUntil: Instant,
  ) {
    this.item = item;
    this.trace = trace;
    this.dataType = dataType;
    this.messageId = messageId;
    this.ttl = ttl;
    this.payload = payload;
    this.#holders = holders;
    this.#sentTo = sentTo;
    this.sentCount = sentCount;
    this.offeredUntil = offeredUntil;
  }

  isHeldBy(link: LinkId): boolean {
    return this.#holders.includes(link) || this.#sentTo.includes(link);
  }

  noteHolder(link: LinkId): void {
    if (!this.isHeldBy(link)) this.#holders.push(link);
  }
}

/**
 * Accepted items for links that come up later [protocol §4.9]: the last `cache_size` foreign ones, and
 * own ones until enough links had them. Bounded by count, by bytes and by age.
 */
export class KnowledgeBase {
  readonly #cacheSize: number;
  readonly #bytesMax: number;
  /** To how many links an own item is offered at most. */
  readonly #degree: number;
  /** By number in the seen cache, in the order of acceptance, which is that of expiry. */
  readonly #foreign = new OrderedMap<KnownItem>();
  /** In the order of announcement; the first sending of an item changes when it expires. */
  readonly #own = new OrderedMap<KnownItem>();
  #bytes = 0;
  #forgottenUnsent = 0;

  constructor(cacheSize: number, bytesMax: number, degree: number) {
    this.#cacheSize = cacheSize;
    this.#bytesMax = bytesMax;
    this.#degree = degree;
  }

  get foreignCount(): number {
    return this.#foreign.size;
  }

  get ownCount(): number {
    return this.#own.size;
  }

  get bytes(): number {
    return this.#bytes;
  }

  /** How many own items expired or had to make room before any link had them, since the last call. */
  takeForgottenUnsent(): number {
    const forgotten = this.#forgottenUnsent;
    this.#forgottenUnsent = 0;
    return forgotten;
  }

  /** An announcement of a local module. `sentTo` are the links it went to at once. */
  addOwn(item: OfferedItem, ttl: number, sentTo: readonly LinkId[], now: Instant): void {
    if (sentTo.length >= this.#degree) return;
    const offeredUntil = (now + (sentTo.length > 0 ? OWN_OFFERED_MS : OWN_UNSENT_MS)) as Instant;
    this.#add(this.#own, new KnownItem(item, ttl, [], sentTo, sentTo.length, offeredUntil));
  }

  /**
   * An accepted item that came with TTL 0 or more than 1; it is offered with TTL 1. `senders` is given
   * away.
   */
  addForeign(item: OfferedItem, senders: LinkId[], sentTo: readonly LinkId[], now: Instant): void {
    const offeredUntil = (now + FOREIGN_OFFERED_MS) as Instant;
    this.#add(this.#foreign, new KnownItem(item, 1, senders, sentTo, 0, offeredUntil));
  }

  /** A link brought the item too, and its node has handled a copy with this far to go. */
  noteHolder(item: number, link: LinkId, hops: number): void {
    const known = this.#get(item);
    if (known === undefined || hops < hopsLeft(known.ttl)) return;
    known.noteHolder(link);
  }

  /** What a link that comes up now may be offered: item numbers, oldest first. */
  items(): number[] {
    return [...this.#foreign, ...this.#own].map(({ item }) => item).sort((a, b) => a - b);
  }

  /** The item, if this link should still get it. */
  offerOf(item: number, link: LinkId, now: Instant): KnownItem | undefined {
    const known = this.#get(item);
    if (known === undefined || now >= known.offeredUntil) return undefined;
    return known.isHeldBy(link) ? undefined : known;
  }

  /** Whether it was announced here and no link has got it yet. */
  isUnsentOwn({ item, sentCount }: KnownItem): boolean {
    return sentCount === 0 && this.#own.has(item);
  }

  /** An offer went out. An own item that enough links had is done. */
  onOffered(known: KnownItem, link: LinkId, now: Instant): void {
    known.noteHolder(link);
    known.sentCount++;
    if (!this.#own.has(known.item)) return;
    if (known.sentCount === 1) known.offeredUntil = (now + OWN_OFFERED_MS) as Instant;
    if (known.sentCount >= this.#degree) this.#remove(this.#own, known);
  }

  /** Forgets what is offered no more. Returns when to come back, if there is anything left. */
  expire(now: Instant): Instant | undefined {
    let next: Instant | undefined;
    for (const known of this.#foreign) {
      if (known.offeredUntil > now) {
        next = known.offeredUntil;
        break;
      }
      this.#remove(this.#foreign, known);
    }
    for (const known of this.#own) {
      if (known.offeredUntil <= now) this.#remove(this.#own, known);
      else if (next === undefined || known.offeredUntil < next) next = known.offeredUntil;
    }
    return next;
  }

  #get(item: number): KnownItem | undefined {
    return this.#foreign.get(item) ?? this.#own.get(item);
  }

  #add(store: OrderedMap<KnownItem>, known: KnownItem): void {
    store.add(known.item, known);
    this.#bytes += known.payload.length;
    if (this.#foreign.size > this.#cacheSize) this.#removeOldest(this.#foreign);
    if (this.#own.size > OWN_ITEMS_MAX) this.#removeOldest(this.#own);
    while (this.#bytes > this.#bytesMax) {
      this.#removeOldest(this.#foreign.size > 0 ? this.#foreign : this.#own);
    }
  }

  #removeOldest(store: OrderedMap<KnownItem>): void {
    const { oldest } = store;
    if (oldest !== undefined) this.#remove(store, oldest);
  }

  #remove(store: OrderedMap<KnownItem>, known: KnownItem): void {
    store.delete(known.item);
    this.#bytes -= known.payload.length;
    if (store === this.#own && known.sentCount === 0) this.#forgottenUnsent++;
  }
}

/** What any item brings to the knowledge base. */
export interface OfferedItem {
  readonly item: number;
  readonly trace: TraceChoice;
  readonly dataType: number;
  readonly messageId: number;
  readonly payload: Uint8Array;
}
