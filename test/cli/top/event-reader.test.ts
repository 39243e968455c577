import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { EventParser } from "../../../src/cli/top/event-reader.ts";

const STREAM =
  ': voidgossip events\n\nevent: lost\ndata: {"count":3}\n\n: still here\n\nevent: lost\ndata: {"count":4}\n\n';
const EVENTS = [
  { name: "lost", data: { count: 3 } },
  { name: "lost", data: { count: 4 } },
];

describe("a stream of events", () => {
  it("is the same wherever it is cut", () => {
    for (let at = 0; at <= STREAM.length; at++) {
      const parser = new EventParser();
      const events = [...parser.push(STREAM.slice(0, at)), ...parser.push(STREAM.slice(at))];
      assert.deepEqual(events, EVENTS, `cut at ${at}`);
    }
  });

  it("is given up when an event has no end", () => {
    const parser = new EventParser();
    const feed = (): void => {
      for (let piece = 0; piece < 1_000; piece++) parser.push("data: ".padEnd(1_000, "x"));
    };
    assert.throws(feed, /without end/);
  });

  it("is given up when it is something else", () => {
    assert.throws(() => new EventParser().push("event: item\ndata: nonsense\n\n"), SyntaxError);
  });
});
