import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { describe, it } from "node:test";
import { fileURLToPath } from "node:url";
import { CONFIG_KEYS } from "../../src/daemon/config-keys.ts";
import { RELOADABLE } from "../../src/daemon/reload.ts";

const text = (path: string): string =>
  readFileSync(fileURLToPath(new URL(`../../../${path}`, import.meta.url)), "utf8");
const operations = text("docs/operations.md");

describe("docs/operations.md", () => {
  it("has every event of the log", () => {
    const sources = [text("src/core/event.ts"), text("src/daemon/logger.ts")];
    const events = sources.flatMap((source) =>
      [...source.matchAll(/readonly name: "(\w+)"/g)].map(([, name = ""]) => name),
    );
    assert.ok(events.length > 20, `${events.length} events`);
    const rows = operations.split("\n").filter((line) => line.startsWith("| `"));
    const missing = events.filter((name) => !rows.some((row) => row.includes(`\`${name}\``)));
    assert.deepEqual(missing, []);
  });

  it("names every key that SIGHUP takes over, and no other", () => {
    const section = operations
      .split(/^## /m)
      .find((part) => part.startsWith("Changing the config"));
    const listed = /from then on: ([\s\S]*?)\. What/.exec(section ?? "")?.[1] ?? "";
    const names = CONFIG_KEYS.filter(({ field }) => RELOADABLE.includes(field)).map(
      ({ name }) => name,
    );
    assert.deepEqual([...listed.matchAll(/`(\w+)`/g)].map(([, name]) => name).sort(), names.sort());
  });
});

describe("the systemd unit", () => {
  const unit = text("packaging/systemd/voidgossip.service");

  it("waits for what the node tells it, and reloads by SIGHUP", () => {
    for (const line of [
      "Type=notify",
      "NotifyAccess=all",
      "ExecReload=/bin/kill -HUP $MAINPID",
      "RestartPreventExitStatus=2 3",
    ]) {
      assert.ok(unit.split("\n").includes(line), line);
    }
  });
});
