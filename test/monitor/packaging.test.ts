import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { describe, it } from "node:test";
import { Metrics } from "../../src/monitor/metrics.ts";
import { aStatus } from "./support/statuses.ts";

const text = (path: string): string =>
  readFileSync(new URL(`../../../${path}`, import.meta.url), "utf8");

/** Every sample name that `/metrics` can show: a histogram has three. */
async function sampleNames(): Promise<ReadonlySet<string>> {
  const metrics = await new Metrics().text(aStatus());
  const types = [...metrics.matchAll(/^# TYPE (\w+) (\w+)$/gm)];
  return new Set(
    types.flatMap(([, name = "", type]) =>
      type === "histogram" ? ["_bucket", "_sum", "_count"].map((end) => name + end) : [name],
    ),
  );
}

const namesIn = (query: string): string[] =>
  [...query.matchAll(/\b(?:voidgossip|process|nodejs)_\w+/g)].map(([name]) => name);

interface Panel {
  readonly title: string;
  readonly targets: readonly { readonly expr: string }[];
}

describe("what is ready for Prometheus and Grafana", () => {
  it("a dashboard whose every query asks for metrics that there are", async () => {
    const { panels } = JSON.parse(text("packaging/grafana/voidgossip.json")) as {
      readonly panels: readonly Panel[];
    };
    const known = await sampleNames();
    assert.ok(panels.length > 10);
    for (const { title, targets } of panels) {
      const asked = targets.flatMap(({ expr }) => namesIn(expr));
      assert.ok(asked.length >= targets.length, title);
      assert.deepEqual(
        asked.filter((name) => !known.has(name)),
        [],
        title,
      );
    }
  });

  it("alerts whose every expression asks for metrics that there are, all of them documented", async () => {
    const alerts = text("packaging/prometheus/alerts.yml");
    const known = await sampleNames();
    const expressions = [...alerts.matchAll(/^ +expr: (.*)$/gm)].map(([, expr = ""]) => expr);
    const names = [...alerts.matchAll(/- alert: (\w+)$/gm)].map(([, name = ""]) => name);
    assert.ok(names.length > 5 && names.length === expressions.length);
    assert.deepEqual(
      expressions.flatMap(namesIn).filter((name) => !known.has(name)),
      [],
    );
    const operations = text("docs/operations.md");
    assert.deepEqual(
      names.filter((name) => !operations.includes(`\`${name}\``)),
      [],
    );
  });
});
