import type { AddressBook, BookEntry } from "./address-book.ts";
import { Deadline } from "./deadline-queue.ts";
import type { Effects } from "./effects.ts";
import { Fifo } from "./fifo.ts";
import { TokenBucket } from "./token-bucket.ts";

/** Feelers that somebody else caused, at once and in the long run. A guess: each costs one dial. */
const TESTS_BURST = 16;
const TEST_INTERVAL_MS = 1_000;
const TESTS_WAITING_MAX = 64;
/** Feelers at once: the burst, those begun in the 13 s one may take, and a regular one. */
export const FEELERS_MAX: number = TESTS_BURST + 14;

/** What testing asks of whoever dials. */
export interface FeelerPort {
  /** Dials to read INIT and hang up. `needless` when the entry is gone, or dialled already. */
  feel(entry: BookEntry): "dialled" | "needless";
}

/**
 * Addresses that have to show that somebody listens there: those that peers advertise, before we pass
 * them on (threat T3), and those whose place in *tried* another wants [protocol §7.2].
 */
export class AddressTests {
  readonly #effects: Effects;
  readonly #book: AddressBook;
  readonly #port: FeelerPort;
  readonly #budget = new TokenBucket(TESTS_BURST, TEST_INTERVAL_MS);
  readonly #waiting = new Fifo<BookEntry>();
  /** Who wants the place in *tried* of whom, until the test of the occupant is back. */
  readonly #contests = new Map<BookEntry, BookEntry>();
  readonly #next: Deadline;

  constructor(effects: Effects, book: AddressBook, port: FeelerPort) {
    this.#effects = effects;
    this.#book = book;
    this.#port = port;
    this.#next = new Deadline(() => {
      this.#run();
    });
  }

  /** Tests an address as soon as the budget allows. */
  queue(entry: BookEntry): "queued" | "full" {
    if (this.#waiting.length >= TESTS_WAITING_MAX) return "full";
    this.#waiting.push(entry);
    this.#run();
    return "queued";
  }

  /** We have read an INIT: it belongs to *tried*, if need be after its occupant was tested. */
  onAlive(entry: BookEntry): void {
    this.#contests.delete(entry);
    const outcome = this.#book.onAlive(entry, this.#effects.now);
    if (outcome.kind === "placed" || this.#contests.has(outcome.occupant)) return;
    this.#contests.set(outcome.occupant, entry);
    if (this.queue(outcome.occupant) === "full") this.#contests.delete(outcome.occupant);
  }

  /** Nobody answered a dial: whoever wants its place gets it. */
  onSilent(entry: BookEntry): void {
    const newcomer = this.#contests.get(entry);
    if (newcomer === undefined) return;
    this.#contests.delete(entry);
    this.#book.evict(entry, newcomer);
  }

  #run(): void {
    while (this.#waiting.length > 0 && this.#budget.take(this.#effects.now)) {
      const entry = this.#waiting.shift();
      if (entry !== undefined && this.#port.feel(entry) === "needless") {
        this.#contests.delete(entry);
      }
    }
    if (this.#waiting.length > 0) {
      this.#effects.deadlines.set(this.#next, this.#budget.availableAt());
    }
  }
}
