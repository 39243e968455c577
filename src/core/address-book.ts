import { AddressBuckets, BUCKET_SLOTS } from "./address-buckets.ts";
import { fromHex, hexOf } from "./bytes.ts";
import type { DialTrouble } from "./close-cause.ts";
import type { Digest, Instant, PeerAddress, Random } from "./ports.ts";
import type { SavedBook, SavedEntry } from "./saved-book.ts";

/** Buckets of addresses heard of, and of addresses connected to [protocol §7.2]. */
export const NEW_BUCKETS = 256;
export const TRIED_BUCKETS = 64;
/** Buckets of *new* that one source group reaches [protocol §7.2]. */
const NEW_BUCKETS_PER_SOURCE = 4;
/** An address that failed this often and never worked makes room for another. As Bitcoin's ADDRMAN. */
const FAILURES_NEVER_WORKED_MAX = 3;
/** One that worked once is given up after more failures. As Bitcoin's ADDRMAN. */
const FAILURES_WORKED_MAX = 10;
/** Random draws of an entry before all of them are looked at. */
const DRAWS_MAX = 32;
/** Bytes of the secret that keys the buckets. */
const BOOK_SECRET_BYTES = 16;

/** One address somebody told us about, or that we were connected to. */
export interface BookEntry {
  readonly address: PeerAddress;
  /** The group of the address, and of who told us [protocol §7.1, §7.2]. */
  readonly group: string;
  readonly sourceGroup: string;
  /** When it was last known to be alive, by hearsay or by our own dial. */
  aliveAt: Instant;
  /** `tried`: we have read an INIT from it. */
  table: "new" | "tried";
  slot: number;
  /** Dials in a row that nobody answered. */
  failures: number;
  /** Proofs in a row that bought no lasting link; forgotten with a restart. */
  proofsWasted: number;
  /** What went wrong last, for people; forgotten with a restart. */
  lastFailure: DialTrouble | "none";
  /** Not to be dialled before this. */
  notBefore: Instant;
}

type Tables = Readonly<Record<BookEntry["table"], AddressBuckets<BookEntry>>>;

/** Who had the slot in *tried* that a newcomer wants: it is tested before it is evicted. */
export type TriedOutcome =
  { readonly kind: "placed" } | { readonly kind: "contested"; readonly occupant: BookEntry };

/**
 * Addresses of peers in two tables of buckets, keyed so that nobody can choose where an address lands:
 * what one source group tells us reaches 4 buckets of *new*, what one group of addresses does reaches
 * one bucket of *tried* [protocol §7.2]. After the design that Heilman et al. (2015) proposed against
 * eclipse attacks, and that Bitcoin took over.
 */
export class AddressBook {
  readonly #random: Random;
  readonly #digest: Digest;
  #secret: Uint8Array;
  readonly #entryByKey = new Map<string, BookEntry>();
  readonly #tables: Tables = emptyTables();

  constructor(random: Random, digest: Digest) {
    this.#secret = random.bytes(BOOK_SECRET_BYTES);
    this.#random = random;
    this.#digest = digest;
  }

  get newCount(): number {
    return this.#tables.new.size;
  }

  get triedCount(): number {
    return this.#tables.tried.size;
  }

  get(address: PeerAddress): BookEntry | undefined {
    return this.#entryByKey.get(keyOf(address));
  }

  entries(): Iterable<BookEntry> {
    return this.#entryByKey.values();
  }

  /**
   * Somebody told us of an address. It gets one place, the one its first source gave it: telling us
   * often, or from many sources, does not make it more likely to be chosen. A place that is taken stays
   * taken, unless its holder has proved useless.
   */
  hear(address: PeerAddress, group: string, sourceGroup: string, aliveAt: Instant): void {
    const known = this.get(address);
    if (known !== undefined) {
      if (known.table === "new" && aliveAt > known.aliveAt) known.aliveAt = aliveAt;
      return;
    }
    const slot = this.#newSlot(address, group, sourceGroup);
    const occupant = this.#tables.new.get(slot);
    if (occupant !== undefined && !isUseless(occupant)) return;
    if (occupant !== undefined) this.#remove(occupant);
    this.#place({
      address,
      group,
      sourceGroup,
      aliveAt,
      table: "new",
      slot,
      failures: 0,
      proofsWasted: 0,
      lastFailure: "none",
      notBefore: 0 as Instant,
    });
  }

  /** We have read an INIT from it. An occupant of its place in *tried* is to be tested first. */
  onAlive(entry: BookEntry, now: Instant): TriedOutcome {
    // It had to make room while it was dialled: its place is somebody else's.
    if (!this.#holds(entry)) return { kind: "placed" };
    entry.failures = 0;
    entry.aliveAt = now;
    if (entry.proofsWasted === 0) entry.notBefore = now;
    if (entry.table === "tried") return { kind: "placed" };
    const slot = this.#triedSlot(entry);
    const occupant = this.#tables.tried.get(slot);
    if (occupant !== undefined) return { kind: "contested", occupant };
    this.#move(entry, "tried", slot);
    return { kind: "placed" };
  }

  /**
   * Nobody answered: not again before `backoffMs` have passed.
   *
   * @param countedMax further failures are not counted.
   */
  onSilent(entry: BookEntry, backoffMs: number, now: Instant, countedMax: number): void {
    entry.failures = Math.max(entry.failures, Math.min(entry.failures + 1, countedMax));
    entry.notBefore = (now + backoffMs) as Instant;
    if (entry.table === "tried" && isUseless(entry) && this.#holds(entry)) this.#remove(entry);
  }

  /** The link we paid for is down: not again before `backoffMs` have passed. */
  onLinkLost(
    entry: BookEntry,
    proof: "worthwhile" | "wasted",
    backoffMs: number,
    now: Instant,
  ): void {
    entry.proofsWasted = proof === "wasted" ? entry.proofsWasted + 1 : 0;
    entry.notBefore = (now + backoffMs) as Instant;
  }

  /** When the next of the entries that may not be dialled now may be. */
  nextDialableAt(now: Instant): Instant | undefined {
    let next: Instant | undefined;
    for (const { notBefore } of this.#entryByKey.values()) {
      if (notBefore > now && (next === undefined || notBefore < next)) next = notBefore;
    }
    return next;
  }

  /** The occupant of a contested place did not answer: the newcomer has it. */
  evict(occupant: BookEntry, newcomer: BookEntry): void {
    if (occupant.table !== "tried" || !this.#holds(occupant)) return;
    const { slot } = occupant;
    this.#remove(occupant);
    if (this.#holds(newcomer) && newcomer.table === "new") {
      this.#move(newcomer, "tried", slot);
    }
  }

  /**
   * An address to dial. Thousands of addresses in one group win nothing, long lists from one group win
   * nothing, and neither do fresh addresses [protocol §7.2].
   */
  choose(isWanted: (entry: BookEntry) => boolean): BookEntry | undefined {
    for (let draw = 0; draw < DRAWS_MAX && this.#entryByKey.size > 0; draw++) {
      const entry = this.#drawOf(this.#tables);
      if (entry !== undefined && isWanted(entry)) return entry;
    }
    const wanted = emptyTables();
    for (const entry of this.#entryByKey.values()) {
      if (isWanted(entry)) wanted[entry.table].add(entry);
    }
    return this.#drawOf(wanted);
  }

  /** Up to `count` different entries, uniformly. */
  sample(count: number, isWanted: (entry: BookEntry) => boolean): BookEntry[] {
    const entries = [...this.#entryByKey.values()].filter(isWanted);
    const sampled: BookEntry[] = [];
    while (sampled.length < count && entries.length > 0) {
      const at = this.#random.below(entries.length);
      const [entry] = entries.splice(at, 1);
      if (entry !== undefined) sampled.push(entry);
    }
    return sampled;
  }

  save(now: Instant, anchors: readonly PeerAddress[]): SavedBook {
    return {
      secret: hexOf(this.#secret),
      anchors,
      entries: Array.from(this.#entryByKey.values(), (entry) => ({
        host: entry.address.host,
        port: entry.address.port,
        sourceGroup: entry.sourceGroup,
        table: entry.table,
        ageSeconds: Math.max(0, Math.round((now - entry.aliveAt) / 1_000)),
        failures: entry.failures,
      })),
    };
  }

  /**
   * Puts back what was saved, into a book that is still empty; what no longer fits its place is left
   * out. `groupOf` names the group of an address.
   */
  restore(saved: SavedBook, groupOf: (address: PeerAddress) => string, now: Instant): void {
    this.#secret = fromHex(saved.secret) ?? this.#secret;
    for (const entry of saved.entries) this.#restoreEntry(entry, groupOf(entry), now);
  }

  #restoreEntry(saved: SavedEntry, group: string, now: Instant): void {
    const address = { host: saved.host, port: saved.port };
    if (this.get(address) !== undefined) return;
    const aliveAt = (now - saved.ageSeconds * 1_000) as Instant;
    const { sourceGroup, table, failures } = saved;
    const slot =
      table === "new"
        ? this.#newSlot(address, group, sourceGroup)
        : this.#triedSlot({ address, group });
    if (this.#tables[table].get(slot) !== undefined) return;
    this.#place({
      address,
      group,
      sourceGroup,
      aliveAt,
      table,
      slot,
      failures,
      proofsWasted: 0,
      lastFailure: "none",
      notBefore: 0 as Instant,
    });
  }

  /**
   * *New* or *tried* with equal chances: who floods *new* does not get more of our dials by that. Of *tried*
   * then by group; of *new* by group of the address or of who told us, with equal chances.
   */
  #drawOf({ new: fresh, tried }: Tables): BookEntry | undefined {
    const isNew = tried.size === 0 || (fresh.size > 0 && this.#isHeads());
    if (!isNew) return tried.draw("group", this.#random);
    return fresh.draw(this.#isHeads() ? "group" : "sourceGroup", this.#random);
  }

  #isHeads(): boolean {
    return this.#random.below(2) === 0;
  }

  /** H(k, source group, H(k, group, source group) mod 4) mod 256 [protocol §7.2]. */
  #newSlot(address: PeerAddress, group: string, sourceGroup: string): number {
    const choice = this.#hash("spread", group, sourceGroup) % NEW_BUCKETS_PER_SOURCE;
    const bucket = this.#hash("new", sourceGroup, choice.toString()) % NEW_BUCKETS;
    return bucket * BUCKET_SLOTS + this.#placeInBucket("new", bucket, address);
  }

  /** H(k, group) mod 64 [protocol §7.2]. */
  #triedSlot(entry: Pick<BookEntry, "address" | "group">): number {
    const bucket = this.#hash("tried", entry.group) % TRIED_BUCKETS;
    return bucket * BUCKET_SLOTS + this.#placeInBucket("tried", bucket, entry.address);
  }

  #placeInBucket(table: "new" | "tried", bucket: number, address: PeerAddress): number {
    return this.#hash("place", table, bucket.toString(), keyOf(address)) % BUCKET_SLOTS;
  }

  /** 31 bits of SHA-256 over the secret and the parts. */
  #hash(...parts: string[]): number {
    const text = parts.join("\n");
    const bytes = new Uint8Array(this.#secret.length + text.length);
    bytes.set(this.#secret);
    for (let at = 0; at < text.length; at++) bytes[this.#secret.length + at] = text.charCodeAt(at);
    const hash = this.#digest(bytes);
    return (
      ((hash.charCodeAt(0) & 0x7f) << 24) |
      (hash.charCodeAt(1) << 16) |
      (hash.charCodeAt(2) << 8) |
      hash.charCodeAt(3)
    );
  }

  #holds(entry: BookEntry): boolean {
    return this.get(entry.address) === entry;
  }

  #place(entry: BookEntry): void {
    this.#entryByKey.set(keyOf(entry.address), entry);
    this.#tables[entry.table].add(entry);
  }

  #move(entry: BookEntry, table: "new" | "tried", slot: number): void {
    this.#tables[entry.table].delete(entry);
    entry.table = table;
    entry.slot = slot;
    this.#tables[table].add(entry);
  }

  #remove(entry: BookEntry): void {
    this.#entryByKey.delete(keyOf(entry.address));
    this.#tables[entry.table].delete(entry);
  }
}

const emptyTables = (): Tables => ({ new: new AddressBuckets(), tried: new AddressBuckets() });

export const keyOf = (address: PeerAddress): string => `${address.host} ${address.port}`;

function isUseless(entry: BookEntry): boolean {
  const max = entry.table === "tried" ? FAILURES_WORKED_MAX : FAILURES_NEVER_WORKED_MAX;
  return entry.failures >= max;
}
