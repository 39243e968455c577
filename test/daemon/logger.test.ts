import assert from "node:assert/strict";
import { describe, it } from "node:test";
import type { CoreEvent } from "../../src/core/event.ts";
import { linkId, subscriberId } from "../../src/core/ports.ts";
import type { LogFormat, LogLevel } from "../../src/daemon/config-keys.ts";
import { LINES_PER_WINDOW, WINDOW_MS } from "../../src/daemon/line-limit.ts";
import { describeBug, Logger } from "../../src/daemon/logger.ts";
import { ManualTime } from "./support/manual-time.ts";

interface LoggerRig {
  readonly logger: Logger;
  readonly time: ManualTime;
  readonly lines: string[];
  readonly parsed: () => Record<string, unknown>[];
}

function aLogger(level: LogLevel = "info", format: LogFormat = "json"): LoggerRig {
  const lines: string[] = [];
  const time = new ManualTime();
  const sink = { write: (line: string) => lines.push(line), flush: () => Promise.resolve() };
  const logger = new Logger({ level, format, sink, clock: time, timers: time });
  const parsed = (): Record<string, unknown>[] =>
    lines.map((line) => JSON.parse(line) as Record<string, unknown>);
  return { logger, time, lines, parsed };
}

const REMOTE = { host: "2001:db8::1", port: 6001 };

const stranger = (detail = ""): CoreEvent => ({
  name: "linkClosed",
  link: linkId(7),
  direction: "inbound",
  remote: REMOTE,
  phase: "awaitingVerify",
  cause: detail === "" ? "remoteClosed" : "unknownType",
  detail,
});

const lagging: CoreEvent = { name: "subscriberLagging", subscriber: subscriberId(3) };

describe("the log", () => {
  it("writes an event under its own name, with its fields and addresses as text", () => {
    const { logger, parsed } = aLogger();
    const link = linkId(7);
    logger.report({ name: "linkEstablished", link, direction: "outbound", remote: REMOTE });
    const [{ time, ...line } = {}] = parsed();
    assert.match(String(time), /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/);
    assert.deepEqual(line, {
      level: "info",
      event: "linkEstablished",
      link: 7,
      direction: "outbound",
      remote: "[2001:db8::1]:6001",
    });
  });

  it("writes the same for people in one line", () => {
    const { logger, lines } = aLogger("info", "text");
    logger.report(stranger("unknown message type 9 (size 4)"));
    assert.equal(lines.length, 1);
    const fields = "link=7 direction=inbound remote=[2001:db8::1]:6001 phase=awaitingVerify";
    const rest = 'cause=unknownType detail="unknown message type 9 (size 4)"';
    assert.match(lines[0] ?? "", /^\[\d{4}-\d\d-\d\d \d\d:\d\d:\d\d\.\d{3}\] INFO: linkClosed /);
    assert.ok(lines[0]?.endsWith(` ${fields} ${rest}\n`), lines[0]);
  });

  it("says where it listens in fields of their own", () => {
    const { logger, parsed } = aLogger();
    logger.say({ name: "listening", api: "127.0.0.1:7001", p2p: "[::]:6001", monitor: "" });
    const [line] = parsed();
    assert.equal(line?.["event"], "listening");
    assert.equal(line["api"], "127.0.0.1:7001");
    assert.equal(line["p2p"], "[::]:6001");
    assert.equal("monitor" in line, false);
  });

  it("lets no text of others break the line", () => {
    const { logger, lines } = aLogger("info", "text");
    logger.say({ name: "configWarning", message: 'bad\nkey "x"\u001b[31m' });
    assert.equal(lines.length, 1);
    assert.ok(lines[0]?.endsWith('message="bad\\nkey \\"x\\"\\u001b[31m"\n'), lines[0]);
  });

  it("passes strangers over at the default level, unless they broke the protocol", () => {
    const { logger, parsed } = aLogger();
    logger.report(stranger());
    logger.report(stranger("size 2 is smaller than the 4-byte header"));
    logger.report({ ...stranger(), name: "linkClosed", phase: "established" } as CoreEvent);
    assert.deepEqual(
      parsed().map((line) => line["phase"]),
      ["awaitingVerify", "established"],
    );
  });

  it("writes no line for a module that comes only to announce", () => {
    const { logger, lines } = aLogger();
    const subscriber = subscriberId(3);
    logger.report({ name: "subscriberOpened", subscriber });
    logger.report({ name: "subscriberClosed", subscriber, cause: "remoteClosed", detail: "" });
    assert.deepEqual(lines, []);
  });

  it("tells that a module which had subscribed is gone, and that a faulty one was closed", () => {
    const { logger, parsed } = aLogger();
    const subscriber = subscriberId(3);
    logger.report({ name: "subscribed", subscriber, dataType: 5 });
    logger.report({ name: "subscriberClosed", subscriber, cause: "remoteClosed", detail: "" });
    const other = subscriberId(4);
    logger.report({ name: "subscriberClosed", subscriber: other, cause: "stalled", detail: "" });
    assert.deepEqual(
      parsed().map((line) => [line["level"], line["event"], line["cause"]]),
      [
        ["info", "subscribed", undefined],
        ["info", "subscriberClosed", "remoteClosed"],
        ["warn", "subscriberClosed", "stalled"],
      ],
    );
  });

  it("is not filled by a flood of one event, and reports how much it left out", () => {
    const { logger, time, parsed } = aLogger();
    for (let count = 0; count < 5_000; count++) logger.report(stranger("unknown type"));
    logger.report(lagging);
    assert.equal(parsed().length, LINES_PER_WINDOW + 1);
    time.advance(WINDOW_MS);
    const last = parsed().at(-1);
    assert.equal(last?.["event"], "linesOmitted");
    assert.equal(last["of"], "linkClosed");
    assert.equal(last["lines"], 5_000 - LINES_PER_WINDOW);
    logger.report(stranger("unknown type"));
    assert.equal(parsed().length, LINES_PER_WINDOW + 3);
    assert.equal(time.pendingTimers, 0);
  });

  it("reports what it left out when it is closed before the window ends", async () => {
    const { logger, time, parsed } = aLogger();
    for (let count = 0; count <= LINES_PER_WINDOW; count++) logger.report(lagging);
    await logger.close();
    assert.equal(parsed().at(-1)?.["lines"], 1);
    assert.equal(time.pendingTimers, 0);
  });

  it("leaves nothing out for whoever asks for debug lines, nor counts what is below the level", () => {
    const { logger, lines } = aLogger("debug");
    for (let count = 0; count < 100; count++) logger.report(stranger());
    assert.equal(lines.length, 100);
    const quiet = aLogger("error");
    for (let count = 0; count < 100; count++) quiet.logger.report(lagging);
    quiet.time.advance(WINDOW_MS);
    assert.deepEqual(quiet.lines, []);
  });

  it("describes a bug in one bounded line, with the place it came from", () => {
    const bug = describeBug(new TypeError("x".repeat(1_000)));
    assert.match(bug.error, /^TypeError: x+$/);
    assert.equal(bug.error.length, 200);
    assert.match(bug.at, /^at .*logger\.test/);
    assert.equal(describeBug("text").at, "");
  });
});
