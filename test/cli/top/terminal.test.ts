import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { Terminal } from "../../../src/cli/top/terminal.ts";
import type { Key } from "../../../src/cli/top/terminal.ts";
import { FakeTerminal } from "../support/fake-terminal.ts";

function start(): { fake: FakeTerminal; terminal: Terminal; keys: Key[]; resizes: () => number } {
  const fake = new FakeTerminal();
  const keys: Key[] = [];
  let resized = 0;
  const terminal = new Terminal(fake.output, fake.input, {
    onKey: (key) => keys.push(key),
    onResize: () => resized++,
  });
  return { fake, terminal, keys, resizes: () => resized };
}

describe("a terminal that is drawn on", () => {
  it("gets its screen, cursor and line ends back, and its keys, as often as one likes", () => {
    const { fake, terminal } = start();
    for (let round = 0; round < 2; round++) {
      fake.output.written = "";
      terminal.enter();
      terminal.enter();
      assert.deepEqual([fake.input.mode, fake.input.flow], ["raw", "flowing"]);
      terminal.leave([]);
      terminal.leave([]);
      assert.deepEqual([fake.input.mode, fake.input.flow], ["cooked", "paused"]);
      const switches = [...fake.output.written.matchAll(/\u001b\[\?(\d+)([hl])/g)];
      const end = new Map(switches.map(([, mode, state]) => [mode, state]));
      assert.deepEqual([...end].sort(), [
        ["1049", "l"],
        ["25", "h"],
        ["7", "h"],
      ]);
      assert.equal(switches.length, 6);
    }
  });

  it("is drawn in one write, without clearing it first", () => {
    const { fake, terminal } = start();
    terminal.enter();
    const writes: string[] = [];
    fake.output.write = (text) => writes.push(text) > 0;
    terminal.draw(["one", "two"]);
    assert.deepEqual(writes, ["\u001b[Hone\u001b[K\r\ntwo\u001b[K\u001b[J"]);
  });

  it("is left alone before it is taken and after it is given back", () => {
    const { fake, terminal, resizes } = start();
    terminal.draw(["too early"]);
    terminal.enter();
    terminal.leave(["last"]);
    terminal.draw(["too late"]);
    fake.resize(10, 10);
    assert.doesNotMatch(fake.output.written, /too/);
    assert.match(fake.output.written, /last\n$/);
    assert.equal(resizes(), 0);
    assert.equal(fake.input.listenerCount("data"), 0);
  });

  it("tells its size without the last column, and every change of it", () => {
    const { fake, terminal, resizes } = start();
    terminal.enter();
    fake.resize(60, 15);
    assert.equal(resizes(), 1);
    assert.deepEqual(terminal.size, { columns: 59, rows: 15 });
    fake.resize(0, 0);
    assert.deepEqual(
      terminal.size,
      { columns: 79, rows: 24 },
      "what a terminal says that knows none",
    );
  });

  it("hears keys, and nothing in the sequences of others", () => {
    const { fake, terminal, keys } = start();
    terminal.enter();
    for (const typed of [
      "q",
      "\u0003",
      "x",
      "p",
      "\u001b[A",
      "\u001bOP",
      "\u001b[1;5q",
      "\u001a",
      "pq",
    ]) {
      fake.type(typed);
    }
    assert.deepEqual(keys, ["quit", "quit", "pause", "suspend", "pause", "quit"]);
  });

  it("survives that its input fails: then the terminal is gone", () => {
    const { fake, terminal } = start();
    terminal.enter();
    assert.doesNotThrow(() => fake.input.emit("error", new Error("EIO")));
  });
});
