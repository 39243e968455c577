import type { Input } from "../../core/input.ts";
import type { Output } from "../../core/output.ts";
import type { LinkId } from "../../core/ports.ts";
import { CheckFailed } from "../checker.ts";
import type { Checker } from "../checker.ts";
import type { SimNode } from "../sim-node.ts";
import type { Simulator } from "../simulator.ts";

/** In ms, for every thousand nodes. */
const LOOK_EVERY_MS = 1_000;
/** A link that takes nothing for 30 s is closed [protocol §4.11]; clocks drift, and we look rarely. */
const STALLED_MS = 35_000;

/**
 * The core's contract with its driver: no output names a connection that is closed, no link has two
 * writes at its socket, and none that takes nothing stays open [protocol §4.11].
 */
export class OpenConnectionsOnly implements Checker {
  readonly name = "open connections only";
  /** Links with a write that the socket has not taken, and since when; by the node's present life. */
  readonly #busy = new WeakMap<object, Map<LinkId, number>>();
  readonly #simulator: Simulator;
  #lookedAt = 0;

  constructor(simulator: Simulator) {
    this.#simulator = simulator;
  }

  onInput(node: SimNode, input: Input): void {
    if (input.kind === "linkDrained" || input.kind === "linkLost") {
      this.#busyOf(node).delete(input.link);
    }
  }

  onOutput(node: SimNode, output: Output): void {
    if (output.kind === "report" || output.kind === "trace") return;
    // The one thing that is left to say about a link that was lost: its proof is not wanted any more.
    if (output.kind === "cancelProof") return;
    if ("link" in output && !node.ends.has(output.link)) {
      throw new CheckFailed(this.name, node, `${output.kind} for link ${output.link}, not open`);
    }
    if ("subscriber" in output && !node.moduleBySubscriber.has(output.subscriber)) {
      const { subscriber } = output;
      throw new CheckFailed(
        this.name,
        node,
        `${output.kind} for subscriber ${subscriber}, not open`,
      );
    }
    if (output.kind !== "write") return;
    const busy = this.#busyOf(node);
    if (busy.has(output.link)) {
      throw new CheckFailed(
        this.name,
        node,
        `a second write to link ${output.link}, which is busy`,
      );
    }
    busy.set(output.link, this.#simulator.now);
  }

  onSettled(): void {
    const { now, nodes } = this.#simulator;
    if (now - this.#lookedAt < LOOK_EVERY_MS * Math.ceil(nodes.length / 1_000)) return;
    this.#lookedAt = now;
    for (const node of nodes) this.#lookForStalled(node, now);
  }

  #lookForStalled(node: SimNode, now: number): void {
    for (const [link, since] of this.#busyOf(node)) {
      if (now - since <= STALLED_MS || !node.ends.has(link)) continue;
      throw new CheckFailed(this.name, node, `link ${link} took nothing for ${now - since} ms`);
    }
  }

  #busyOf(node: SimNode): Map<LinkId, number> {
    const life: object = node.core ?? node;
    const known = this.#busy.get(life);
    if (known !== undefined) return known;
    const busy = new Map<LinkId, number>();
    this.#busy.set(life, busy);
    return busy;
  }
}
