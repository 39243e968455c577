import { keyOf } from "./address-book.ts";
import type { AddressBook, BookEntry } from "./address-book.ts";
import type { Attempt, Attempts } from "./attempts.ts";
import type { Bootstrapper, Bootstrappers } from "./bootstrappers.ts";
import type { FirstContact } from "./first-contact.ts";
import type { Link } from "./link.ts";
import { listenAddressOf } from "./listen-address.ts";
import type { Instant, PeerAddress } from "./ports.ts";
import type { ProofBudget } from "./proof-budget.ts";
import type { AddressSnapshot, BootstrapSnapshot, Shortage } from "./snapshot.ts";

/** The parts of membership that an observer looks at. */
export interface OutlookParts {
  readonly book: AddressBook;
  readonly attempts: Attempts;
  readonly bootstrappers: Bootstrappers;
  readonly firstContact: FirstContact;
  readonly proofBudget: ProofBudget;
  links(): Iterable<Link>;
}

type AddressState = AddressSnapshot["state"];

/** How membership looks from outside: whom it wants, and what keeps it from more links. Changes nothing. */
export class Outlook {
  readonly #parts: OutlookParts;

  constructor(parts: OutlookParts) {
    this.#parts = parts;
  }

  /** Why there are fewer links of our own than wanted; the first reason that holds. */
  shortage(missingLinks: number, mayFillMore: boolean, now: Instant): Shortage {
    const { attempts, proofBudget, firstContact } = this.#parts;
    const proofs = attempts.count("proving", "proved");
    if (proofs > 0) return { kind: "proving", proofs };
    if (missingLinks <= 0) return { kind: "none" };
    if (!proofBudget.has(now)) {
      return { kind: "proofBudget", retryInMs: Math.ceil(proofBudget.availableAt() - now) };
    }
    const dials = attempts.count("dialing", "connected");
    if (dials > 0) return { kind: "dialing", dials };
    if (!mayFillMore) {
      return { kind: "sources", retryInMs: Math.max(0, (firstContact.waitsUntil ?? now) - now) };
    }
    return this.#shortageOfAddresses(now);
  }

  bootstrap(now: Instant): BootstrapSnapshot[] {
    const stateByKey = this.#stateByKey();
    return this.#parts.bootstrappers.all.map((bootstrapper) => {
      const { address, failures, lastFailure } = bootstrapper;
      const known = stateByKey.get(keyOf(address)) ?? stateByKey.get(remoteKeyOf(bootstrapper));
      const retryInMs = Math.max(0, bootstrapper.notBefore - now);
      if (known !== undefined)
        return { address, state: known, failures, lastFailure, retryInMs: 0 };
      return { address, state: "waiting", failures, lastFailure, retryInMs };
    });
  }

  addresses(now: Instant): AddressSnapshot[] {
    const stateByKey = this.#stateByKey();
    return Array.from(this.#parts.book.entries(), (entry) => {
      const { address, table, failures, proofsWasted, lastFailure } = entry;
      const retryInMs = Math.max(0, entry.notBefore - now);
      const state = stateByKey.get(keyOf(address)) ?? (retryInMs > 0 ? "waiting" : "ready");
      return { address, table, state, failures, proofsWasted, lastFailure, retryInMs };
    });
  }

  #shortageOfAddresses(now: Instant): Shortage {
    const stateByKey = this.#stateByKey();
    const isFree = ({ address }: Pick<BookEntry, "address">): boolean =>
      !stateByKey.has(keyOf(address));
    const waits = [...this.#parts.book.entries()]
      .filter((entry) => isFree(entry))
      .map(({ notBefore }) => notBefore - now);
    if (waits.length === 0) return { kind: "nobodyElse" };
    const retryInMs = Math.max(
      0,
      waits.reduce((a, b) => Math.min(a, b)),
    );
    return { kind: "backoff", addresses: waits.length, retryInMs };
  }

  /** Addresses that we have a link to, or are on the way to. */
  #stateByKey(): Map<string, Exclude<AddressState, "waiting" | "ready">> {
    const stateByKey = new Map<string, "dialing" | "linked">();
    const note = (address: PeerAddress | undefined, state: "dialing" | "linked"): void => {
      if (address !== undefined) stateByKey.set(keyOf(address), state);
    };
    for (const attempt of this.#parts.attempts.all()) note(attempt.address, stateOf(attempt));
    for (const link of this.#parts.links()) {
      note(listenAddressOf(link), link.isEstablished ? "linked" : "dialing");
    }
    return stateByKey;
  }
}

const stateOf = ({ state }: Attempt): "dialing" | "linked" =>
  state.kind === "established" ? "linked" : "dialing";

const remoteKeyOf = ({ remote }: Bootstrapper): string =>
  remote === undefined ? "" : keyOf(remote);
