import assert from "node:assert/strict";
import { once } from "node:events";
import { get } from "node:http";
import type { IncomingMessage } from "node:http";
import { describe, it } from "node:test";
import type { TestContext } from "node:test";
import type { EventFeed } from "../../src/monitor/event-feed.ts";
import {
  EVENT_READERS_MAX,
  EventStream,
  READER_BYTES_MAX,
} from "../../src/monitor/event-stream.ts";
import { MonitorServer } from "../../src/monitor/monitor-server.ts";
import { aFeed, arrival, forwarding, keyOf, WALL_START } from "./support/feeds.ts";

async function aStream(test: TestContext, feed: EventFeed): Promise<number> {
  const stream = new EventStream(feed);
  const pages = new Map([["/events", stream.page]]);
  const server = new MonitorServer({ host: "127.0.0.1", port: 0 }, pages);
  await server.listen();
  test.after(async () => {
    stream.close();
    await server.close();
  });
  return server.address?.port ?? 0;
}

async function read(port: number): Promise<IncomingMessage> {
  const sent = get({ host: "127.0.0.1", port, path: "/events", agent: false });
  const [response] = (await once(sent, "response")) as [IncomingMessage];
  response.on("error", () => undefined);
  return response.setEncoding("utf8");
}

/** Reads on until the pattern is found in what has come since. */
async function until(response: IncomingMessage, pattern: RegExp): Promise<RegExpExecArray> {
  let text = "";
  for await (const piece of response.iterator({ destroyOnReturn: false })) {
    text += piece as string;
    const found = pattern.exec(text);
    if (found !== null) return found;
  }
  throw new Error(`the stream ended without ${String(pattern)}`);
}

describe("the stream of events", () => {
  it("tells each reader what happens, one line of JSON for each event", async (test) => {
    const { feed } = aFeed();
    const port = await aStream(test, feed);
    const readers = [await read(port), await read(port)];
    feed.onTrace(arrival(1));
    for (const reader of readers) {
      const [, data = ""] = await until(reader, /^event: item\ndata: (.*)\n\n/m);
      const { kind, item, ...facts } = arrival(1);
      assert.deepEqual([kind, item], ["itemArrived", 1]);
      const when = { at: WALL_START, afterMs: 0 };
      assert.deepEqual(JSON.parse(data), { ...facts, ...when, key: keyOf(1), step: "arrived" });
    }
  });

  it("lets a slow reader lose events, tells it how many, and nobody else notices", async (test) => {
    const { feed, pass } = aFeed();
    const port = await aStream(test, feed);
    const slow = await read(port);
    const quick = await read(port);
    slow.pause();
    // Events of some 10 KB, and more of them than the sockets in between hold.
    const batches = 80;
    for (let item = 1; item <= batches; item++) {
      pass(100);
      feed.onTrace(arrival(item));
      for (let copies = 0; copies < 15; copies++) feed.onTrace(forwarding(item, 2_000));
      await until(quick, new RegExp(`"key":"${keyOf(item)}"[^\\n]*"step":"forwarded"`));
    }
    slow.resume();
    const lost = until(slow, /^event: lost\ndata: \{"count":(\d+)\}\n\n/m);
    // What is told next brings the count along.
    let item = batches;
    const telling = setInterval(() => {
      pass(100);
      feed.onTrace(arrival(++item));
    }, 10);
    const [, count] = await lost.finally(() => clearInterval(telling));
    assert.ok(Number(count) > 0 && Number(count) < batches * 16, count);
    assert.ok(batches * 16 * 10_000 > 10 * READER_BYTES_MAX);
  });

  it("admits so many readers and no more", async (test) => {
    const { feed } = aFeed();
    const port = await aStream(test, feed);
    const readers: IncomingMessage[] = [];
    for (let at = 0; at < EVENT_READERS_MAX; at++) readers.push(await read(port));
    assert.ok(readers.every(({ statusCode }) => statusCode === 200));
    const refused = await read(port);
    assert.equal(refused.statusCode, 503);
    refused.resume();
    for (const reader of readers) reader.destroy();
  });
});
