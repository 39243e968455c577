import type { MonitorEvent } from "../../monitor/monitor-event.ts";
import { requestPage } from "../control-client.ts";
import type { DaemonPlace } from "../control-client.ts";

/** An event has some hundred characters, with 64 links; what is longer is none. A guess. */
const EVENT_LENGTH_MAX = 64 * 1024;

/**
 * Takes what `/events` of a daemon tells, until the stream ends.
 *
 * @throws Error when it cannot be read, or is something else.
 */
export async function readEvents(
  place: DaemonPlace,
  onEvent: (event: MonitorEvent) => void,
  cancelled: AbortSignal,
): Promise<void> {
  const response = await requestPage(place, "/events", cancelled);
  if (response.statusCode !== 200) {
    response.destroy();
    return;
  }
  const parser = new EventParser();
  for await (const piece of response.setEncoding("utf8")) {
    for (const event of parser.push(piece as string)) onEvent(event);
  }
}

/** Server-sent events as `EventStream` of the monitor writes them, not in all the ways HTML allows. */
export class EventParser {
  /** The beginning of a frame whose end has not come yet. */
  #rest = "";

  /** @throws Error for what is no stream of a daemon */
  push(piece: string): MonitorEvent[] {
    const frames = `${this.#rest}${piece}`.split("\n\n");
    this.#rest = frames.pop() ?? "";
    if (this.#rest.length > EVENT_LENGTH_MAX) throw new Error("an event without end");
    return frames.flatMap(eventOf);
  }
}

/** None for comments, which only show that the other end lives. */
function eventOf(frame: string): MonitorEvent[] {
  const [, name, data] = /^event: (\w+)\ndata: (.*)$/.exec(frame) ?? [];
  if (name === undefined || data === undefined) return [];
  return [{ name, data: JSON.parse(data) as unknown } as MonitorEvent];
}
