import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { describe, it } from "node:test";
import { Counters } from "../../src/core/counters.ts";
import type { CounterName } from "../../src/core/counters.ts";
import { Metrics } from "../../src/monitor/metrics.ts";
import { aStatus } from "./support/statuses.ts";

describe("the metrics", () => {
  it("are all in docs/operations.md, with the words they come with", async () => {
    const document = readFileSync(new URL("../../../docs/operations.md", import.meta.url), "utf8");
    const text = await new Metrics().text(aStatus());
    const helps = [...text.matchAll(/^# HELP (voidgossip_\w+) (.*)$/gm)];
    assert.ok(helps.length > 60);
    const rows = helps.map(([, name, help]) => [name, help]);
    const [, table = ""] = /<!-- metrics -->\n([^]*?)<!-- end/.exec(document) ?? [];
    const documented = [...table.matchAll(/^\| `(voidgossip_\w+)` \| \w+ \| [\w, ]*\| (.*) \|$/gm)];
    assert.deepEqual(
      documented.map(([, name, help]) => [name, help]),
      rows,
    );
  });

  it("follow the counters, up and never twice", async () => {
    const metrics = new Metrics();
    const counters = new Counters();
    const names = Object.keys(counters.snapshot().totals) as CounterName[];
    for (const name of names) counters.totals[name] += 2;
    counters.addLinkClosed("remoteClosed");
    counters.observe("verdict", 3);
    counters.observe("verdict", 70_000);
    for (let asked = 0; asked < 2; asked++) {
      const { durations, ...counted } = counters.snapshot();
      const all = { ...aStatus().durations, ...durations };
      const text = await metrics.text(aStatus({ counters: counted, durations: all }));
      assert.match(text, /^voidgossip_items_received_total 2$/m);
      assert.match(text, /^voidgossip_link_closed_total\{cause="remoteClosed"\} 1$/m);
      assert.match(text, /^voidgossip_verdict_seconds_bucket\{le="0\.002"\} 0$/m);
      assert.match(text, /^voidgossip_verdict_seconds_bucket\{le="0\.005"\} 1$/m);
      assert.match(text, /^voidgossip_verdict_seconds_bucket\{le="60"\} 1$/m);
      assert.match(text, /^voidgossip_verdict_seconds_bucket\{le="\+Inf"\} 2$/m);
      assert.match(text, /^voidgossip_verdict_seconds_sum 70\.003$/m);
    }
  });
});
