import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import type { EventFeed } from "./event-feed.ts";
import type { EventStream } from "./event-stream.ts";
import type { Metrics } from "./metrics.ts";
import { jsonPage, respond, respondJson } from "./read-only-http.ts";
import type { Ask, Content, Page } from "./read-only-http.ts";
import type { GossipStatus, Health } from "./status.ts";

/** The folder of the schemas, which come with the package. */
const DOCS = new URL("../../../docs/", import.meta.url);
const SCHEMA_TYPE = "application/schema+json; charset=utf-8";

/** Where the state of a daemon comes from. */
export interface StateSources {
  readonly status: () => GossipStatus;
  readonly health: () => Health;
  readonly events: EventStream;
  readonly feed: EventFeed;
  readonly metrics: () => Promise<Pick<Metrics, "text" | "contentType">>;
}

/** The state of a daemon as pages, the same on the control socket and on the monitor's port. */
export function statePages({
  status,
  health,
  events,
  feed,
  metrics,
}: StateSources): Map<string, Page> {
  return new Map<string, Page>([
    ["/status", jsonPage(status)],
    ["/status/schema", schemaPage("status.schema.json")],
    ["/events", events.page],
    ["/events/schema", schemaPage("events.schema.json")],
    [
      "/metrics",
      (ask) => {
        const state = status();
        void attempt(ask, async () => measured(await metrics(), state));
      },
    ],
    ["/explain", jsonPage((query) => feed.explain(query.get("id") ?? "latest"))],
    ["/health", (ask) => judged(ask, health(), "health", "ok")],
    ["/ready", (ask) => judged(ask, health(), "readiness", "ready")],
  ]);
}

/** 200 when it is as it should be, otherwise 503; in words in either case. */
function judged(ask: Ask, health: Health, question: "health" | "readiness", wanted: string): void {
  const { sentence, reasons } = health;
  const answer = health[question];
  respondJson(ask, answer === wanted ? 200 : 503, { [question]: answer, sentence, reasons });
}

/** What needs more than our own memory may fail; then the answer is 500 with the reason in a line. */
async function attempt(ask: Ask, content: () => Content | Promise<Content>): Promise<void> {
  let found: Content;
  try {
    found = await content();
  } catch (error) {
    respondJson(ask, 500, { error: error instanceof Error ? error.message : String(error) });
    return;
  }
  respond(ask, 200, found);
}

function schemaPage(name: string): Page {
  const file = fileURLToPath(new URL(name, DOCS));
  return (ask) => void attempt(ask, () => ({ type: SCHEMA_TYPE, body: readFileSync(file) }));
}

async function measured(
  metrics: Pick<Metrics, "text" | "contentType">,
  status: GossipStatus,
): Promise<Content> {
  return { type: metrics.contentType, body: Buffer.from(await metrics.text(status)) };
}
