import type { ItemOutcome, TraceEvent } from "../../core/trace.ts";
import type { Verdict } from "../../wire/api/gossip-validation.ts";
import type { TravelEvent } from "./demo-event.ts";

/** What one node did with the one item of the demonstration, from the decisions its core has traced. */
export class ItemJourney {
  readonly #node: number;
  readonly #ttlAtOrigin: number;
  readonly #events: TravelEvent[] = [];
  #hops: number | undefined;
  #notifiedAtMs: number | undefined;
  #verdict: Verdict | undefined;
  #outcome: ItemOutcome | undefined;
  #copiesSent = 0;

  constructor(node: number, ttlAtOrigin: number) {
    this.#node = node;
    this.#ttlAtOrigin = ttlAtOrigin;
  }

  get events(): readonly TravelEvent[] {
    return this.#events;
  }

  /** How far it had come with its first copy; 0 where it was announced. */
  get hops(): number | undefined {
    return this.#hops;
  }

  /** When the subscribed module got it. */
  get notifiedAtMs(): number | undefined {
    return this.#notifiedAtMs;
  }

  /** What the module answered, as the node understood it. */
  get verdict(): Verdict | undefined {
    return this.#verdict;
  }

  /** Copies given to links, all occasions together. */
  get copiesSent(): number {
    return this.#copiesSent;
  }

  /** Nothing more is decided here: what comes now are copies. */
  get isSettled(): boolean {
    return this.#verdict !== undefined && (this.#hops === 0 || this.#outcome !== undefined);
  }

  /** Its module is about to announce. */
  onAnnounced(atMs: number): void {
    this.#events.push({ kind: "announced", node: this.#node, atMs });
  }

  onNotified(bytes: number, atMs: number): void {
    this.#notifiedAtMs ??= atMs;
    this.#events.push({ kind: "notified", node: this.#node, atMs, bytes });
  }

  onTrace(trace: TraceEvent, atMs: number): void {
    const at = { node: this.#node, atMs };
    switch (trace.kind) {
      case "itemAnnounced":
        this.#hops = 0;
        this.#events.push({ ...at, kind: "taken" });
        return;
      case "itemArrived":
        // The first hop brings the TTL as it was announced, each further one takes one off [protocol §4.5].
        this.#hops = this.#ttlAtOrigin - trace.ttl + 1;
        this.#events.push({ ...at, kind: "arrived", hops: this.#hops, ttl: trace.ttl });
        return;
      case "itemJudged":
        this.#verdict = trace.verdict;
        this.#events.push({ ...at, kind: "judged", verdict: trace.verdict });
        return;
      case "itemSettled":
        this.#outcome = trace.outcome;
        this.#events.push({ ...at, kind: "settled", outcome: trace.outcome });
        return;
      case "itemForwarded":
        this.#copiesSent += trace.links.length;
        this.#events.push({ ...at, kind: "forwarded", links: trace.links.length, ttl: trace.ttl });
        return;
      case "itemDropped":
      case "itemRefused":
        this.#events.push({ ...at, kind: "dropped", reason: trace.reason, ttl: trace.ttl });
        return;
      default:
        // Of no interest here; that it was notified, the module says itself, when it really has it.
        return;
    }
  }
}
