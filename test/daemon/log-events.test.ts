import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, it } from "node:test";
import type { CoreEvent, CoreEventName } from "../../src/core/event.ts";
import { Logger } from "../../src/daemon/logger.ts";
import type { DaemonEvent } from "../../src/daemon/logger.ts";
import { root } from "../cli/support/readme.ts";

/** All there are: the compiler misses whichever is missing. */
const CORE_EVENTS: Readonly<Record<CoreEventName, true>> = {
  linkEstablished: true,
  linkExtended: true,
  linkClosed: true,
  dialFailed: true,
  selfDialed: true,
  subscriberOpened: true,
  subscriberClosed: true,
  subscribed: true,
  announcementTooLarge: true,
  oneAtATime: true,
  observerBegan: true,
  observerEnded: true,
  subscriberLagging: true,
  subscriberRecovered: true,
  linkLagging: true,
  linkRecovered: true,
  readingPaused: true,
  readingResumed: true,
};
const DAEMON_EVENTS: Readonly<Record<DaemonEvent["name"], true>> = {
  listening: true,
  configWarning: true,
  reloaded: true,
  needsRestart: true,
  reloadRefused: true,
  notReported: true,
  staleLockRemoved: true,
  acceptFailed: true,
  controlUnavailable: true,
  bookDamaged: true,
  bookNotSaved: true,
  proofWorkerLost: true,
  proofProgress: true,
  proofSlow: true,
  linesOmitted: true,
  stopping: true,
  stopped: true,
  fatal: true,
};

/** Those whose level depends on what happened, which the tests of the log look at. */
const MANY_LEVELS: readonly string[] = ["linkClosed", "subscriberClosed"];

/** The levels of an event by the document: those of a row are in the order of its events, or one for all. */
function documented(): Map<string, readonly string[]> {
  const text = readFileSync(join(root, "docs", "operations.md"), "utf8");
  const [, rows = ""] = /\n\| event \| level \|.*\n\|[-| ]+\n((?:\|.*\n)+)/.exec(text) ?? [];
  const levelsByEvent = new Map<string, readonly string[]>();
  for (const [, names = "", words = ""] of rows.matchAll(/^\| ([^|]+) \| ([^|]+) \|/gm)) {
    const events = [...names.matchAll(/`(\w+)`/g)].map(([, name = ""]) => name);
    const levels = words.split(", ");
    events.forEach((event, at) => {
      assert.ok(!levelsByEvent.has(event), `${event} has two rows`);
      const own = events.length === levels.length ? levels.slice(at, at + 1) : levels;
      levelsByEvent.set(event, own);
    });
  }
  return levelsByEvent;
}

/** What the log writes of such an event. */
function levelOf(write: (logger: Logger) => void): unknown {
  let written = "";
  const sink = { write: (line: string) => void (written += line), flush: () => Promise.resolve() };
  write(new Logger({ level: "debug", format: "json", sink }));
  return (JSON.parse(written) as { readonly level: unknown }).level;
}

describe("the events of the log", () => {
  const levelsByEvent = documented();

  it("are all in docs/operations.md, and no others are", () => {
    const names = [...Object.keys(CORE_EVENTS), ...Object.keys(DAEMON_EVENTS)];
    assert.deepEqual([...levelsByEvent.keys()].sort(), names.sort());
  });

  it("have the levels that are there", () => {
    for (const name of Object.keys(DAEMON_EVENTS)) {
      const level = levelOf((logger) => logger.say({ name } as DaemonEvent));
      assert.deepEqual(levelsByEvent.get(name), [level], name);
    }
    for (const name of Object.keys(CORE_EVENTS).filter((one) => !MANY_LEVELS.includes(one))) {
      const level = levelOf((logger) => logger.report({ name } as CoreEvent));
      assert.deepEqual(levelsByEvent.get(name), [level], name);
    }
  });
});
