import type { Instant } from "./ports.ts";

/** Sources heard before more than half of the outbound links are filled (threat T4) ... */
const SOURCES_MIN = 3;
/** ... or this long after the first of them, in ms: small networks have no three. A guess. */
const SOURCES_PATIENCE_MS = 5_000;

/** A node that has never been anywhere must not let the first one it hears fill its view (threat T4). */
export class FirstContact {
  /** Groups of the peers that have answered a request for addresses. */
  readonly #sources = new Set<string>();
  #origin: "book" | "nowhere" = "nowhere";
  #firstSourceAt: Instant | undefined;

  /** This node has been somewhere before: no single source decides much. */
  onBookRestored(): void {
    this.#origin = "book";
  }

  onSource(group: string, now: Instant): void {
    if (this.#origin === "book" || this.#sources.size >= SOURCES_MIN) return;
    this.#sources.add(group);
    this.#firstSourceAt ??= now;
  }

  hasHeardEnough(now: Instant): boolean {
    const until = this.waitsUntil;
    return until === undefined || now >= until;
  }

  /** When it ends to wait for more sources, if it waits. */
  get waitsUntil(): Instant | undefined {
    if (this.#firstSourceAt === undefined || this.#sources.size >= SOURCES_MIN) return undefined;
    return (this.#firstSourceAt + SOURCES_PATIENCE_MS) as Instant;
  }
}
