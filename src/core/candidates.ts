import { keyOf } from "./address-book.ts";
import type { AddressBook, BookEntry } from "./address-book.ts";
import { PROVING_MAX, destinationsOf } from "./attempts.ts";
import type { Attempts, DialTarget } from "./attempts.ts";
import type { Bootstrapper, Bootstrappers } from "./bootstrappers.ts";
import type { CoreConfig } from "./core-config.ts";
import type { Effects } from "./effects.ts";
import type { Link } from "./link.ts";
import { listenAddressOf } from "./listen-address.ts";
import type { PeerAddress } from "./ports.ts";

/** Where addresses to dial come from, and what rules some of them out. */
export interface CandidateSources {
  readonly book: AddressBook;
  readonly bootstrappers: Bootstrappers;
  readonly attempts: Attempts;
  links(): Iterable<Link>;
}

/** Whom to dial next [protocol §7.1-§7.3]. */
export class Candidates {
  readonly #config: CoreConfig;
  readonly #effects: Effects;
  readonly #sources: CandidateSources;
  /** The oldest links of the last run that were not dialled yet in this one. */
  #anchors: PeerAddress[] = [];

  constructor(config: CoreConfig, effects: Effects, sources: CandidateSources) {
    this.#config = config;
    this.#effects = effects;
    this.#sources = sources;
  }

  onBookRestored(anchors: readonly PeerAddress[]): void {
    this.#anchors = [...anchors];
  }

  /** Anchors, then the book, then a bootstrapper: one address among many after the first contact. */
  next(order: "bookFirst" | "bootstrappersFirst"): DialTarget | undefined {
    const bootstrapper = this.#mayDialBootstrapper ? this.bootstrapper("dueNow") : undefined;
    const last: DialTarget | undefined =
      bootstrapper === undefined ? undefined : { kind: "bootstrapper", bootstrapper };
    if (this.#config.extensions === "off") return last;
    if (last !== undefined && order === "bootstrappersFirst") return last;
    const entry = this.#nextAnchor() ?? this.#chooseEntry();
    return entry === undefined ? last : { kind: "entry", entry };
  }

  /** An address of *new* for a feeler to look at. */
  nextToFeel(): BookEntry | undefined {
    const taken = this.#takenKeys();
    return this.#sources.book.choose(
      (entry) => entry.table === "new" && this.#isDialable(entry, taken),
    );
  }

  /** One that we neither have a link to nor are on the way to. */
  bootstrapper(when: "dueNow" | "dueEver"): Bootstrapper | undefined {
    const { bootstrappers } = this.#sources;
    const due = bootstrappers.all.filter(
      (bootstrapper) => when === "dueEver" || bootstrappers.isDue(bootstrapper),
    );
    if (due.length === 0) return undefined;
    const taken = this.#takenKeys();
    return due.find(
      ({ address, remote }) =>
        !taken.has(keyOf(address)) && (remote === undefined || !taken.has(keyOf(remote))),
    );
  }

  /** Bootstrappers mostly answer: no more at once than the solver takes, or we would hang up on them. */
  get #mayDialBootstrapper(): boolean {
    if (this.#config.extensions === "off") return true;
    return this.#sources.attempts.countBootstrapping() < PROVING_MAX;
  }

  #nextAnchor(): BookEntry | undefined {
    const taken = this.#takenKeys();
    for (let address = this.#anchors.shift(); address !== undefined;) {
      const entry = this.#sources.book.get(address);
      if (entry !== undefined && this.#isDialable(entry, taken)) return entry;
      address = this.#anchors.shift();
    }
    return undefined;
  }

  /** Of a group that none of our neighbours is in, if there is one [protocol §7.1]. */
  #chooseEntry(): BookEntry | undefined {
    const { book, attempts } = this.#sources;
    const taken = this.#takenKeys();
    const groups = new Set(attempts.neighbors().map(({ group }) => group));
    return (
      book.choose((entry) => !groups.has(entry.group) && this.#isDialable(entry, taken)) ??
      book.choose((entry) => this.#isDialable(entry, taken))
    );
  }

  #isDialable(entry: BookEntry, taken: ReadonlySet<string>): boolean {
    return entry.notBefore <= this.#effects.now && !taken.has(keyOf(entry.address));
  }

  /** Addresses that we are linked to, or on the way to [protocol §3.6]. */
  #takenKeys(): Set<string> {
    const taken = new Set<string>();
    for (const attempt of this.#sources.attempts.all()) {
      for (const address of destinationsOf(attempt)) taken.add(keyOf(address));
    }
    for (const link of this.#sources.links()) {
      const address = listenAddressOf(link);
      if (address !== undefined) taken.add(keyOf(address));
    }
    return taken;
  }
}
