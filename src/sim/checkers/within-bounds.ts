import type { CoreLimits } from "../../core/core-config.ts";
import type { CoreSnapshot } from "../../core/snapshot.ts";
import { CheckFailed } from "../checker.ts";
import type { Checker } from "../checker.ts";
import type { Simulator } from "../simulator.ts";
import type { SimNode } from "../sim-node.ts";

/** Control frames are never dropped, they come on top of a full queue: INIT, VERIFY and OK ... */
const CONTROL_BASE = { frames: 3, bytes: 28 };
/** ... and up to 64 KiB of PING and PEERS, of which none has less than 16 bytes [protocol §4.11]. */
const CONTROL_EXTENDED = { frames: 4_096, bytes: 65_536 };

/** Every cache and every queue of a core stays within its bounds [protocol §2.6, §4.8-§4.11]. */
export class WithinBounds implements Checker {
  readonly name = "within bounds";
  readonly #simulator: Simulator;
  readonly #limits: CoreLimits;
  /** A snapshot copies everything, so only each so-many-th quiet moment of a node is looked at. */
  readonly #every: number;
  readonly #moments: Uint32Array;

  constructor(simulator: Simulator, every: number) {
    this.#simulator = simulator;
    this.#limits = simulator.plan.core.limits;
    this.#every = every;
    this.#moments = new Uint32Array(simulator.nodes.length);
  }

  onSettled(node: SimNode): void {
    const moment = ((this.#moments[node.index] ?? 0) + 1) % this.#every;
    this.#moments[node.index] = moment;
    if (moment === 0) this.#look(node);
  }

  onEnd(): void {
    for (const node of this.#simulator.nodes) this.#look(node);
  }

  #look(node: SimNode): void {
    if (node.core === undefined) return;
    const snapshot = node.core.snapshot(node.clock.read(this.#simulator.now));
    for (const { name, entries, entriesMax, bytes, bytesMax } of snapshot.stores) {
      if (entries > entriesMax) this.#fail(node, `${name}: ${entries} of ${entriesMax} entries`);
      if (bytesMax > 0 && bytes > bytesMax) {
        this.#fail(node, `${name}: ${bytes} of ${bytesMax} bytes`);
      }
    }
    this.#lookAtQueues(node, snapshot);
  }

  #lookAtQueues(node: SimNode, snapshot: CoreSnapshot): void {
    const limits = this.#limits;
    const isExtended = this.#simulator.plan.linking === "overlay";
    const control = isExtended ? CONTROL_EXTENDED : CONTROL_BASE;
    for (const { link, queueBytes, queueFrames } of snapshot.links) {
      if (queueFrames > limits.linkQueueFrames + control.frames) {
        this.#fail(node, `link ${link}: ${queueFrames} frames of ${limits.linkQueueFrames}`);
      }
      if (queueBytes > limits.linkQueueBytes + control.bytes) {
        this.#fail(node, `link ${link}: ${queueBytes} bytes of ${limits.linkQueueBytes}`);
      }
    }
    for (const { subscriber, waiting, waitingBytes } of snapshot.subscribers) {
      if (waiting > limits.subscriberQueueMessages || waitingBytes > limits.subscriberQueueBytes) {
        this.#fail(node, `subscriber ${subscriber}: ${waiting} waiting, ${waitingBytes} bytes`);
      }
    }
  }

  #fail(node: SimNode, what: string): never {
    throw new CheckFailed(this.name, node, what);
  }
}
