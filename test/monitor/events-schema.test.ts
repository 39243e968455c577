import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, it } from "node:test";
import { Ajv } from "ajv";
import type { CoreEvent } from "../../src/core/event.ts";
import { linkId, subscriberId } from "../../src/core/ports.ts";
import type { MonitorEvent } from "../../src/monitor/monitor-event.ts";
import type { ItemTrace } from "../../src/monitor/item-journal.ts";
import { root } from "../cli/support/readme.ts";
import { aFeed, arrival, forwarding, keyOf } from "./support/feeds.ts";

const text = readFileSync(join(root, "docs", "events.schema.json"), "utf8");
const isEvent = new Ajv({ strict: true, allowUnionTypes: true }).compile(
  JSON.parse(text) as object,
);

const link = linkId(1);
const subscriber = subscriberId(2);
const remote = { host: "::1", port: 6001 };
const item = 1;

const TRACES: readonly ItemTrace[] = [
  arrival(item),
  { kind: "itemAnnounced", item: 2, key: keyOf(2), dataType: 1, ttl: 0, bytes: 3, subscriber },
  { kind: "itemNotified", item, subscriber, role: "observer", messageId: 9 },
  { kind: "itemNotNotified", item, subscriber },
  { kind: "itemJudged", item, subscriber, verdict: "reject", afterMs: 5 },
  ...(["duplicate", "reforwardRefused", "notHeld", "noRoom"] as const).map(
    (reason) => ({ kind: "itemDropped", item, link, ttl: 2, reason }) as const,
  ),
  ...(["unsubscribed", "repeatedContent"] as const).map(
    (reason, at) =>
      ({
        kind: "itemRefused",
        key: keyOf(50 + at),
        dataType: 1,
        ttl: 2,
        bytes: 3,
        link,
        reason,
      }) as const,
  ),
  ...(["accepted", "rejected", "expired"] as const).map(
    (outcome) => ({ kind: "itemSettled", item, outcome, afterMs: 5 }) as const,
  ),
  ...(["lastHop", "noOtherLink"] as const).map(
    (reason) => ({ kind: "itemStopped", item, reason }) as const,
  ),
  forwarding(item, 2),
];

const REPORTS: readonly CoreEvent[] = [
  { name: "linkEstablished", link, direction: "inbound", remote },
  { name: "linkExtended", link, listenPort: 6001 },
  {
    name: "linkClosed",
    link,
    direction: "inbound",
    remote,
    phase: "established",
    cause: "wrongProof",
    detail: "",
  },
  { name: "subscriberOpened", subscriber },
  { name: "subscribed", subscriber, dataType: 1 },
  { name: "oneAtATime", subscriber },
  { name: "observerBegan", subscriber },
  { name: "observerEnded", subscriber },
  { name: "subscriberLagging", subscriber },
  { name: "subscriberClosed", subscriber, cause: "stalled", detail: "" },
];

/** Everything that can be told. */
function allEvents(): MonitorEvent[] {
  const { feed, pass } = aFeed(100);
  const events: MonitorEvent[] = [];
  feed.watch((event) => events.push(event));
  feed.onTrace({ kind: "linkOpened", link, direction: "outbound", remote });
  for (const trace of TRACES) feed.onTrace(trace);
  for (const report of REPORTS) feed.onReport(report);
  // More than is told at once: the rest is counted.
  for (let more = 0; more < 1_000; more++) feed.onTrace(arrival(1_000 + more));
  pass(100);
  feed.onTrace(arrival(item));
  return events;
}

/** All values that a field may have, by the schema. */
const constantsOf = (field: string): Set<string> => {
  const found = new Set<string>();
  const look = (value: unknown): void => {
    if (typeof value !== "object" || value === null) return;
    const { properties } = value as {
      properties?: Record<string, { const?: string; enum?: string[] }>;
    };
    const own = properties?.[field];
    for (const constant of [own?.const ?? [], own?.enum ?? []].flat()) found.add(constant);
    Object.values(value).forEach(look);
  };
  look(JSON.parse(text));
  return found;
};

describe("the schema of events", () => {
  const events = allEvents();

  it("allows every event there is", () => {
    for (const event of events) {
      assert.ok(isEvent(event), `${JSON.stringify(event)}: ${JSON.stringify(isEvent.errors)}`);
    }
  });

  it("names no kind, step or change that cannot come", () => {
    const told = (field: string): Set<unknown> =>
      new Set(
        events
          .map(
            (event) => (field in event ? event : event.data) as unknown as Record<string, unknown>,
          )
          .map((holder) => holder[field])
          .filter((value) => value !== undefined),
      );
    for (const field of ["name", "step", "change"]) {
      assert.deepEqual([...told(field)].sort(), [...constantsOf(field)].sort(), field);
    }
  });

  it("is explained in docs/operations.md", () => {
    const document = readFileSync(join(root, "docs", "operations.md"), "utf8");
    const [, explained = ""] = /^### Every event\n([^]*?)^### /m.exec(document) ?? [];
    for (const field of ["name", "step", "change", "occasion"]) {
      for (const word of constantsOf(field)) assert.ok(explained.includes(`\`${word}\``), word);
    }
  });

  it("refuses what is no event", () => {
    for (const other of [{}, { name: "item", data: {} }, { name: "lost", data: { count: "3" } }]) {
      assert.ok(!isEvent(other), JSON.stringify(other));
    }
  });
});
