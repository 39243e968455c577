import type { LinkId } from "../../core/ports.ts";
import type { MonitorEvent } from "../monitor-event.ts";
import type { GossipStatus } from "../status.ts";
import { History, linkRatesBetween } from "./history.ts";
import type { LinkRates } from "./history.ts";
import { WaveBook } from "./wave-book.ts";

/** Whether what is shown is current. */
export type Contact = "connecting" | "live" | "lost";

/** Everything a screen knows about its node. Bounded, whatever the node sends. */
export class MonitorModel {
  readonly history: History = new History();
  readonly waves: WaveBook = new WaveBook();
  contact: Contact = "connecting";
  status: GossipStatus | undefined;
  linkRates: ReadonlyMap<LinkId, LinkRates> = new Map();
  /** Events that the node had to leave out for us, since the beginning. */
  eventsLost = 0;

  onStatus(status: GossipStatus, atMs: number): void {
    this.contact = "live";
    this.linkRates = linkRatesBetween(this.status, status);
    this.status = status;
    this.history.add(status, atMs);
  }

  onContactLost(): void {
    if (this.contact === "live") this.contact = "lost";
  }

  onEvent(event: MonitorEvent): void {
    if (event.name === "item") this.waves.onItem(event.data);
    else if (event.name === "lost") this.eventsLost += event.data.count;
  }
}
