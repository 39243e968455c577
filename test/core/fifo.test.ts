import assert from "node:assert/strict";
import { describe, it } from "node:test";
import fc from "fast-check";
import { Fifo } from "../../src/core/fifo.ts";

describe("a fifo", () => {
  it("behaves like an array", () => {
    fc.assert(
      fc.property(
        fc.array(fc.oneof(fc.nat(), fc.constantFrom("shift", "takeAll"))),
        (operations) => {
          const fifo = new Fifo<number>();
          const model: number[] = [];
          for (const operation of operations) {
            if (operation === "shift") assert.equal(fifo.shift(), model.shift());
            else if (operation === "takeAll") assert.deepEqual(fifo.takeAll(), model.splice(0));
            else {
              fifo.push(operation);
              model.push(operation);
            }
            assert.equal(fifo.length, model.length);
            assert.equal(fifo.peek(), model[0]);
            assert.deepEqual([...fifo], model);
          }
        },
      ),
    );
  });

  it("keeps its order over more entries than it compacts at", () => {
    const fifo = new Fifo<number>();
    let next = 0;
    for (let n = 0; n < 1_000; n++) {
      fifo.push(n);
      if (n % 3 === 0) assert.equal(fifo.shift(), next++);
    }
    while (fifo.length > 0) assert.equal(fifo.shift(), next++);
    assert.equal(next, 1_000);
    assert.equal(fifo.shift(), undefined);
  });
});
