import type { MonitorEvent } from "../../src/monitor/monitor-event.ts";
import type { GossipStatus } from "../../src/monitor/status.ts";
import { History } from "./history.ts";
import { WaveBook } from "./wave-book.ts";

/** Whether what is shown is current. */
export type Contact = "connecting" | "live" | "lost";

/** Everything the page knows about its node. Bounded, whatever the node sends. */
export class MonitorModel {
  readonly history = new History();
  readonly waves = new WaveBook();
  contact: Contact = "connecting";
  status: GossipStatus | undefined;
  /** Events that the node had to leave out for us, since the page was opened. */
  eventsLost = 0;

  onStatus(status: GossipStatus, atMs: number): void {
    this.contact = "live";
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
