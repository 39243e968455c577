import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { describe, it } from "node:test";
import { Ajv } from "ajv";
import type { ValidateFunction } from "ajv";
import parsePrometheus from "parse-prometheus-text-format";

import { Daemon } from "./support/daemon.ts";
import type { Settings } from "./support/daemon.ts";
import { within } from "./support/patience.ts";
import { frame } from "./support/raw-frames.ts";
import { RawModule } from "./support/raw-module.ts";
import { RawPeer, anItem } from "./support/raw-peer.ts";
import { store, total } from "./support/status.ts";

const answered = 1337;
const unanswered = 1338;
const withMonitor: Settings = { monitor_address: "127.0.0.1:0" };
/** Small stores and short patience, so that everything that can be dropped is. */
const narrow: Settings = {
  ...withMonitor,
  validation_timeout: 2,
  pending_items: 4,
  pending_bytes: 65_536,
};

async function page(daemon: Daemon, path: string): Promise<Response> {
  return within(fetch(`${daemon.monitorUrl}${path}`), `the page ${path}`);
}

async function counterMetrics(daemon: Daemon): Promise<Map<string, number>> {
  const metrics = parsePrometheus(await (await page(daemon, "/metrics")).text());
  return new Map(
    metrics
      .filter(({ type }) => type === "COUNTER")
      .map(({ name, metrics: values }) => [
        name,
        values.reduce((sum, { value }) => sum + Number(value), 0),
      ]),
  );
}

const metricName = (counter: string): string =>
  `voidgossip_${counter.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`)}_total`;

/** Every fate an item from a peer can have, and a link that breaks the protocol. */
async function allKindsOfFaults(
  t: Parameters<typeof Daemon.start>[0],
  daemon: Daemon,
): Promise<void> {
  const module = await RawModule.subscribed(t, daemon, answered);
  const silent = await RawModule.subscribed(t, daemon, unanswered);
  silent.socket.consume(() => undefined);
  const [one, other] = [await RawPeer.dial(t, daemon), await RawPeer.dial(t, daemon)];

  one.send(anItem(answered, "good", { ttl: 3 }));
  module.accept(await module.nextNotification("the good one"));
  one.send(anItem(answered, "bad"));
  module.reject(await module.nextNotification("the bad one"));
  await daemon.statusUntil("verdicts", (status) => total(status, "itemRejected") === 1);
  // The same hops, more hops twice, and once too often.
  for (const ttl of [3, 5, 7, 9]) other.send(anItem(answered, "good", { ttl }));
  one.send(anItem(9, "nobody wants this"));

  // Held without its data; then there is no room for the data of a better copy.
  const big = Buffer.alloc(40_000, 1);
  one.send(anItem(unanswered, big, { ttl: 1 }), anItem(unanswered, Buffer.alloc(40_000, 2)));
  await daemon.statusUntil("two held", (status) => store(status, "pendingItems").entries === 2);
  other.send(anItem(unanswered, big));
  for (let at = 0; at < 4; at++) one.send(anItem(unanswered, `unanswered ${at}`));

  module.acceptAll();
  for (let id = 0; id < 12; id++) other.send(anItem(answered, "again", { messageId: id }));
  const rude = await RawPeer.dial(t, daemon);
  rude.socket.send(frame(999));
  await daemon.statusUntil(
    "every item settled",
    (status) =>
      total(status, "itemNew") ===
        total(status, "itemAccepted") +
          total(status, "itemRejected") +
          total(status, "itemExpired") &&
      total(status, "itemRepeatedContent") > 0 &&
      (status.linksClosed["unknownType"] ?? 0) > 0,
  );
}

describe("the monitor of the built daemon", () => {
  it("counts every item from a peer exactly once: received = notified + duplicates + each reason", async (t) => {
    const daemon = await Daemon.start(t, narrow);
    await allKindsOfFaults(t, daemon);
    const status = await daemon.status();
    const of = (...counters: readonly string[]): number[] =>
      counters.map((counter) => total(status, counter));
    const fates = of(
      "itemNew",
      "itemDuplicate",
      "itemImproved",
      "itemReforwardRefused",
      "itemNoRoom",
      "itemUnsubscribed",
      "itemRepeatedContent",
    );
    const ends = of("itemAccepted", "itemRejected", "itemExpired");
    const sum = (counts: readonly number[]): number => counts.reduce((a, b) => a + b, 0);
    assert.ok(
      [...fates, ...ends, ...of("itemNotHeld")].every((count) => count > 0),
      JSON.stringify(status.totals),
    );
    assert.equal(total(status, "itemsReceived"), sum(fates));
    assert.equal(total(status, "itemNew"), sum(ends));
  });

  it("serves metrics that a parser of others understands, also under load, and that say what the status says", async (t) => {
    const daemon = await Daemon.start(t, narrow);
    const faults = allKindsOfFaults(t, daemon);
    for (let scrapes = 0; scrapes < 5; scrapes++) await counterMetrics(daemon);
    await faults;
    const metrics = await counterMetrics(daemon);
    const { totals } = await daemon.status();
    for (const [counter, value] of Object.entries(totals)) {
      assert.equal(metrics.get(metricName(counter)), value, counter);
    }
    assert.ok((metrics.get("voidgossip_items_received_total") ?? 0) > 20);
    const text = await (await page(daemon, "/metrics")).text();
    const verdicts = parsePrometheus(text).find(
      ({ name }) => name === "voidgossip_verdict_seconds",
    );
    const { verdictsAccept = 0, verdictsReject = 0 } = totals;
    assert.equal(verdicts?.type, "HISTOGRAM");
    assert.equal(Number(verdicts.metrics[0]?.count), verdictsAccept + verdictsReject);
    assert.equal(Number(verdicts.metrics[0]?.buckets?.["+Inf"]), verdictsAccept + verdictsReject);
  });

  it("serves a status as its published schema says, on the control socket as well", async (t) => {
    const daemon = await Daemon.start(t, { ...narrow, bootstrapper: "127.0.0.1:1" });
    const isStatus = await published(daemon, "status");
    const check = (status: unknown): void => {
      assert.ok(isStatus(status), JSON.stringify(isStatus.errors));
    };
    check(await (await page(daemon, "/status")).json());
    await allKindsOfFaults(t, daemon);
    check(await (await page(daemon, "/status")).json());
    check(await daemon.ask("/status"));
  });

  it("is ready when a link is up or none is wanted, and says in words why not", async (t) => {
    const alone = await Daemon.start(t, withMonitor);
    assert.equal((await page(alone, "/ready")).status, 200);
    const joining = await Daemon.start(t, { ...withMonitor, bootstrapper: "127.0.0.1:1" });
    await joining.event("dialFailed");
    const unready = await page(joining, "/ready");
    assert.equal(unready.status, 503);
    const { readiness, sentence } = (await unready.json()) as Record<string, string>;
    assert.equal(readiness, "notReady");
    assert.match(
      sentence ?? "",
      /^Not connected\. 0 of 8 links: bootstrapper 127\.0\.0\.1:1 refused /,
    );
    assert.equal((await page(joining, "/health")).status, 200);
    const linked = await Daemon.start(t, { ...withMonitor, bootstrapper: alone.p2pAuthority });
    await linked.event("linkEstablished");
    assert.equal((await page(linked, "/ready")).status, 200);
  });

  it("tells the life of an item to whoever listens, without its payload", async (t) => {
    const daemon = await Daemon.start(t, withMonitor);
    const events = await page(daemon, "/events");
    assert.equal(events.headers.get("content-type"), "text/event-stream; charset=utf-8");
    const module = await RawModule.subscribed(t, daemon, answered);
    const [from, to] = [await RawPeer.dial(t, daemon), await RawPeer.dial(t, daemon)];
    const secret = "tell nobody of this";
    from.send(anItem(answered, secret, { ttl: 3 }));
    await module.expectAndAccept(Buffer.from(secret), "the item");
    await to.expectItem(Buffer.from(secret), "the item at the other peer");
    const told = await textUntil(events, /"step":"forwarded"/);
    const steps = ["arrived", "asked", "verdict", "accepted", "forwarded"];
    const found = [...told.matchAll(/"step":"(\w+)"/g)].map(([, step]) => step);
    assert.deepEqual(found, steps);
    assert.ok(!told.includes(secret) && !told.includes(Buffer.from(secret).toString("hex")));
    const isEvent = await published(daemon, "events");
    for (const [, name, data = ""] of told.matchAll(/^event: (\w+)\ndata: (.*)\n/gm)) {
      assert.ok(isEvent({ name, data: JSON.parse(data) as unknown }), data);
    }
    assert.match(told, /^event: link\ndata: \{.*"change":"established"/m);
    assert.match(told, /^event: subscriber\ndata: \{.*"change":"subscribed","dataType":1337\}$/m);
  });

  it("ends with one line when its port is taken", async (t) => {
    const first = await Daemon.start(t, withMonitor);
    const taken = new URL(first.monitorUrl).host;
    const exit = await Daemon.runToExit(t, { monitor_address: taken });
    assert.equal(exit.code, 4);
    assert.match(exit.stderr, /^cannot listen on 127\.0\.0\.1:\d+ \(monitor_address\): .*\n$/);
  });
});

/** What the schema of a page allows, which the daemon serves as it is in the documentation. */
async function published(daemon: Daemon, name: "status" | "events"): Promise<ValidateFunction> {
  const file = new URL(`../../../docs/${name}.schema.json`, import.meta.url);
  const schema = JSON.parse(readFileSync(file, "utf8")) as object;
  assert.deepEqual(await (await page(daemon, `/${name}/schema`)).json(), schema);
  return new Ajv({ strict: true, allowUnionTypes: true }).compile(schema);
}

async function textUntil(response: Response, pattern: RegExp): Promise<string> {
  assert.ok(response.body !== null);
  const decoder = new TextDecoder();
  let text = "";
  const read = async (body: NonNullable<Response["body"]>): Promise<string> => {
    for await (const piece of body) {
      text += decoder.decode(piece as Uint8Array, { stream: true });
      if (pattern.test(text)) return text;
    }
    throw new Error(`the stream ended: ${text}`);
  };
  return within(read(response.body), String(pattern));
}
