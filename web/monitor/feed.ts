import type { MonitorEvent } from "../../src/monitor/monitor-event.ts";
import type { GossipStatus } from "../../src/monitor/status.ts";

/** Counters are looked at this often; rates need no finer steps to be read by people. */
const STATUS_INTERVAL_MS = 1_000;
const STATUS_TIMEOUT_MS = 5_000;

const EVENT_NAMES: readonly MonitorEvent["name"][] = ["link", "subscriber", "item", "lost"];

export interface FeedListener {
  onStatus(status: GossipStatus, atMs: number): void;
  onContactLost(): void;
  onEvent(event: MonitorEvent): void;
}

/** Brings what the node tells, until the page is left. Both ways connect again by themselves. */
export function startFeed(listener: FeedListener): void {
  listenToEvents(listener);
  void lookAtStatus(listener);
}

function listenToEvents(listener: FeedListener): void {
  const source = new EventSource("events");
  for (const name of EVENT_NAMES) {
    source.addEventListener(name, (message: MessageEvent<string>) => {
      listener.onEvent({ name, data: JSON.parse(message.data) as unknown } as MonitorEvent);
    });
  }
  // A browser gives up for good when the answer is not a stream, such as 503.
  source.addEventListener("error", () => {
    if (source.readyState !== EventSource.CLOSED) return;
    setTimeout(() => listenToEvents(listener), STATUS_TIMEOUT_MS);
  });
}

async function lookAtStatus(listener: FeedListener): Promise<void> {
  try {
    const response = await fetch("status", { signal: AbortSignal.timeout(STATUS_TIMEOUT_MS) });
    if (!response.ok) throw new Error(`the node answered ${response.status}`);
    listener.onStatus((await response.json()) as GossipStatus, Date.now());
  } catch {
    // Why it does not answer, the browser does not tell; the page says since when.
    listener.onContactLost();
  }
  setTimeout(() => void lookAtStatus(listener), STATUS_INTERVAL_MS);
}
