import type { EventStream } from "./event-stream.ts";
import { jsonPage, respondJson } from "./read-only-http.ts";
import type { Page } from "./read-only-http.ts";
import type { GossipStatus, Health } from "./status.ts";

/** Where the state of a daemon comes from. */
export interface StateSources {
  readonly status: () => GossipStatus;
  readonly health: () => Health;
  readonly events: EventStream;
}

/** The state of a daemon as pages, the same on the control socket and on the monitor's port. */
export function statePages({ status, health, events }: StateSources): Map<string, Page> {
  return new Map<string, Page>([
    ["/status", jsonPage(status)],
    ["/events", events.page],
    ["/health", (ask) => judged(ask, health(), "health", "ok")],
    ["/ready", (ask) => judged(ask, health(), "readiness", "ready")],
  ]);
}

/** 200 when it is as it should be, otherwise 503; in words in either case. */
function judged(
  ask: Parameters<Page>[0],
  health: Health,
  question: "health" | "readiness",
  wanted: string,
): void {
  const { sentence, reasons } = health;
  const answer = health[question];
  respondJson(ask, answer === wanted ? 200 : 503, { [question]: answer, sentence, reasons });
}
