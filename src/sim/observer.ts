import type { Input } from "../core/input.ts";
import type { Output } from "../core/output.ts";
import type { PlannedEvent } from "./plan.ts";
import type { SimNode } from "./sim-node.ts";

/** Watches a run from outside. Must not change it: with and without observers the trace is the same. */
export interface Observer {
  /** Before the node's core sees it. */
  onInput(node: SimNode, input: Input): void;
  /** Before it is performed. */
  onOutput(node: SimNode, output: Output): void;
  /** The node has done all it wanted to do for now. */
  onSettled(node: SimNode): void;
  onPlanned(event: PlannedEvent): void;
  onEnd(): void;
}
