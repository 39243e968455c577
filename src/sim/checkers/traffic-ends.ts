import type { Output } from "../../core/output.ts";
import { CheckFailed } from "../checker.ts";
import type { Checker } from "../checker.ts";
import type { Simulator } from "../simulator.ts";
import type { SimNode } from "../sim-node.ts";

/** Once nobody announces anything any more, items stop travelling, and everybody is read again. */
export class TrafficEnds implements Checker {
  readonly name = "traffic ends";
  readonly #simulator: Simulator;
  readonly #quietForMs: number;
  #lastItemAt = 0;
  #lastNode: SimNode | undefined;

  constructor(simulator: Simulator, quietForMs: number) {
    this.#simulator = simulator;
    this.#quietForMs = quietForMs;
  }

  onOutput(node: SimNode, output: Output): void {
    if (output.kind !== "write" || output.frames.every(({ lane }) => lane === "control")) return;
    this.#lastItemAt = this.#simulator.now;
    this.#lastNode = node;
  }

  onEnd(): void {
    const quietMs = this.#simulator.now - this.#lastItemAt;
    if (quietMs < this.#quietForMs) {
      const message = `an item was written ${quietMs} ms before the end`;
      throw new CheckFailed(this.name, this.#lastNode, message);
    }
    for (const node of this.#simulator.nodes) {
      for (const end of node.ends.values()) {
        if (end.isHeld) throw new CheckFailed(this.name, node, `link ${end.id} is held for ever`);
      }
      if (node.modules.some((module) => module.isHeld)) {
        throw new CheckFailed(this.name, node, "a module is held for ever");
      }
    }
  }
}
