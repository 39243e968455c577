import type { GossipStatus } from "../../monitor/status.ts";
import { MonitorModel } from "../../monitor/view/model.ts";
import { askDaemon } from "../control-client.ts";
import type { ControlPage, DaemonPlace } from "../control-client.ts";
import { CommandError } from "../failure.ts";
import { readEvents } from "./event-reader.ts";
import type { Contact, NodeView } from "./view.ts";

const STATUS: ControlPage<GossipStatus> = {
  path: "/status",
  lists: ["links", "subscribers", "stores"],
  objects: ["health", "counters", "durations", "memory", "eventLoopDelay"],
};

/** More than the highest screens have rows. A guess. */
const WAVES_MAX = 200;

/** Whether to listen to what becomes of single items, beside the counters. */
export type ItemInterest = "items" | "counters";

/** Looks at a running node again and again, whether it goes away in between or not. */
export class NodeWatch {
  readonly #place: DaemonPlace;
  readonly #interest: ItemInterest;
  readonly #cancelled: AbortSignal;
  readonly #model = new MonitorModel();
  #contact: Contact = { kind: "live" };
  #events: "followed" | "none" = "none";

  /** @param cancelled nothing more is wanted: requests under way end */
  constructor(place: DaemonPlace, interest: ItemInterest, cancelled: AbortSignal) {
    this.#place = place;
    this.#interest = interest;
    this.#cancelled = cancelled;
  }

  /**
   * Undefined when nothing is wanted any more.
   *
   * @throws CommandError when no daemon answers, unless one has answered before.
   */
  async look(): Promise<NodeView | undefined> {
    try {
      const status = await askDaemon(this.#place, STATUS, this.#cancelled);
      this.#model.onStatus(status, Date.now());
      this.#contact = { kind: "live" };
      this.#followEvents();
    } catch (error) {
      if (this.#cancelled.aborted) return undefined;
      if (!(error instanceof CommandError) || this.#model.status === undefined) throw error;
      const sinceMs = this.#contact.kind === "lost" ? this.#contact.sinceMs : Date.now();
      this.#contact = { kind: "lost", sinceMs, reason: error.message };
    }
    return this.#view();
  }

  #view(): NodeView | undefined {
    const { status, history, linkRates, waves, eventsLost } = this.#model;
    if (status === undefined) return undefined;
    return {
      status,
      samples: history.samples,
      linkRates,
      waves: waves.latest(WAVES_MAX),
      eventsLost,
      contact: this.#contact,
      atMs: Date.now(),
    };
  }

  /** Until the stream ends; the next look that is answered begins another one. */
  #followEvents(): void {
    if (this.#interest === "counters" || this.#events === "followed") return;
    this.#events = "followed";
    const ended = (): void => void (this.#events = "none");
    readEvents(this.#place, (event) => this.#model.onEvent(event), this.#cancelled).then(
      ended,
      // It is the look at the counters that says whether the node answers, and why not.
      ended,
    );
  }
}
