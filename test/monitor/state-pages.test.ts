import assert from "node:assert/strict";
import { createServer } from "node:http";
import { once } from "node:events";
import type { AddressInfo } from "node:net";
import { describe, it } from "node:test";
import type { TestContext } from "node:test";
import { EventStream } from "../../src/monitor/event-stream.ts";
import { Metrics } from "../../src/monitor/metrics.ts";
import { answerReadOnly } from "../../src/monitor/read-only-http.ts";
import { statePages } from "../../src/monitor/state-pages.ts";
import type { StateSources } from "../../src/monitor/state-pages.ts";
import { aFeed } from "./support/feeds.ts";
import { aStatus } from "./support/statuses.ts";

/** Where the pages of a node are served. */
async function serve(test: TestContext, metrics: StateSources["metrics"]): Promise<string> {
  const { feed } = aFeed();
  const pages = statePages({
    status: aStatus,
    health: () => aStatus().health,
    events: new EventStream(feed),
    feed,
    metrics,
  });
  const server = createServer((request, response) => answerReadOnly({ pages }, request, response));
  test.after(() => server.close());
  await once(server.listen(0, "127.0.0.1"), "listening");
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

describe("the pages of a node's state", () => {
  it("answer 500 in a line when a metric cannot be collected, and then go on", async (t) => {
    const metrics = new Metrics();
    let broken = true;
    const source: Awaited<ReturnType<StateSources["metrics"]>> = {
      contentType: metrics.contentType,
      text: (status) =>
        broken ? Promise.reject(new Error("no such\ncollector")) : metrics.text(status),
    };
    const url = await serve(t, () => Promise.resolve(source));
    const failed = await fetch(`${url}/metrics`);
    assert.equal(failed.status, 500);
    assert.equal(await failed.text(), '{"error":"no such\\ncollector"}\n');
    broken = false;
    const fine = await fetch(`${url}/metrics`);
    assert.equal(fine.status, 200);
    assert.match(await fine.text(), /^voidgossip_ready /m);
  });

  it("answer 500 when there are no metrics at all", async (t) => {
    const url = await serve(t, () => {
      throw new Error("not today");
    });
    const response = await fetch(`${url}/metrics`);
    assert.deepEqual([response.status, await response.json()], [500, { error: "not today" }]);
  });

  it("have a schema", async (t) => {
    const url = await serve(t, () => Promise.resolve(new Metrics()));
    const response = await fetch(`${url}/status/schema`);
    assert.equal(response.headers.get("content-type"), "application/schema+json; charset=utf-8");
    assert.equal(typeof ((await response.json()) as { $schema: unknown }).$schema, "string");
  });
});
