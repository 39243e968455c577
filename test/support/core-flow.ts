import type { LinkId, SubscriberId } from "../../src/core/ports.ts";
import { bytesOf, CoreHarness } from "./core-harness.ts";
import type { HarnessOptions } from "./core-harness.ts";
import { linesOf } from "./core-outbox.ts";

/** The data type that the module of a `FlowRig` subscribed to. */
export const FLOW_TYPE = 7;

/** One core with a module, and links that can be made to take nothing. */
export class FlowRig {
  readonly node: CoreHarness;
  readonly module: SubscriberId;
  #announced = 0;

  constructor(options: HarnessOptions = {}) {
    this.node = new CoreHarness(options);
    this.module = this.node.subscriber(FLOW_TYPE);
  }

  /** A link that takes nothing from now on. */
  frozenLink(): LinkId {
    const link = this.node.inboundLink();
    this.node.freeze(link);
    return link;
  }

  /** So many announcements in a tick of their own. Returns what came out, without writes. */
  announce(count: number): string[] {
    const first = this.node.outputs.length;
    for (let n = 0; n < count; n++) {
      this.node.announce(this.module, 1, FLOW_TYPE, bytesOf(`${this.#announced++}`));
    }
    return this.#control(first);
  }

  advance(milliseconds: number): string[] {
    return this.#control(this.node.outputs.length, () => this.node.advance(milliseconds));
  }

  drain(link: LinkId): string[] {
    return this.#control(this.node.outputs.length, () => this.node.drainLink(link));
  }

  isHeld(link: LinkId): boolean {
    return this.node.linkSnapshot(link).reading === "held";
  }

  #control(first: number, act: () => void = () => undefined): string[] {
    act();
    const outputs = this.node.outputs.slice(first);
    return linesOf(outputs.filter(({ kind }) => kind !== "write" && kind !== "notify"));
  }
}
