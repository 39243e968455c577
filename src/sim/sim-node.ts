import { assert } from "../core/assert.ts";
import type { SavedBook } from "../core/saved-book.ts";
import type { Core } from "../core/core.ts";
import type { Input } from "../core/input.ts";
import type { Output } from "../core/output.ts";
import type { DialId, LinkId, PeerAddress, SubscriberId } from "../core/ports.ts";
import type { DriftingClock } from "./drifting-clock.ts";
import type { NodePlan } from "./plan.ts";
import type { LinkEnd } from "./sim-link.ts";
import type { SimModule } from "./sim-module.ts";

/** What a node has cost so far. */
export interface NodeUsage {
  steps: number;
  framesOut: number;
  bytesOut: number;
  framesIn: number;
  bytesIn: number;
  proofs: number;
  hashes: number;
}

/** Performs what a core asks for, and knows the time. */
export interface NodeHost {
  readonly now: number;
  beforeStep(node: SimNode, input: Input): void;
  perform(node: SimNode, output: Output): void;
  settled(node: SimNode): void;
}

/** Far more than any honest millisecond needs: a busy one has some hundreds. */
const STEPS_IN_MS_MAX = 200_000;
const FLUSH: Input = { kind: "flush" };

/**
 * One host: its core, as the daemon would drive it, and what surrounds that core. While it is down
 * there is no core; a restart brings a new one that knows nothing but the address book on its disk.
 */
export class SimNode {
  /** Its place in this run; `plan.number` is its place in the whole plan. */
  readonly index: number;
  readonly plan: NodePlan;
  readonly address: PeerAddress;
  readonly clock: DriftingClock;
  readonly usage: NodeUsage = {
    steps: 0,
    framesOut: 0,
    bytesOut: 0,
    framesIn: 0,
    bytesIn: 0,
    proofs: 0,
    hashes: 0,
  };
  readonly ends: Map<LinkId, LinkEnd> = new Map<LinkId, LinkEnd>();
  readonly moduleBySubscriber: Map<SubscriberId, SimModule> = new Map<SubscriberId, SimModule>();
  modules: readonly SimModule[] = [];
  /** Dials under way. */
  readonly dials: Set<DialId> = new Set<DialId>();
  core: Core | undefined;
  /** While there is no core: whether its host still refuses connections, or is silent. */
  absence: "reset" | "powerLoss" = "reset";
  /** Counts restarts: what was scheduled for an earlier life means nothing to this one. */
  incarnation = 0;
  /** The address book on its disk, which outlives a crash. */
  book: SavedBook | undefined;
  /** When the next wakeup is due, or undefined. */
  wakeAt: number | undefined;
  /** How fast it reads; undefined is at once. */
  bytesPerSecondRead: number | undefined;
  #lastLink = 0;
  #lastSubscriber = 0;
  #steppedAt = 0;
  #stepsInMs = 0;
  readonly #host: NodeHost;
  readonly #inbox: Input[] = [];
  readonly #outbox: Output[] = [];

  constructor(fields: {
    readonly index: number;
    readonly plan: NodePlan;
    readonly address: PeerAddress;
    readonly clock: DriftingClock;
    readonly host: NodeHost;
  }) {
    this.index = fields.index;
    this.plan = fields.plan;
    this.address = fields.address;
    this.clock = fields.clock;
    this.#host = fields.host;
  }

  newLinkId(): LinkId {
    this.#lastLink++;
    return this.#lastLink as LinkId;
  }

  newSubscriberId(): SubscriberId {
    this.#lastSubscriber++;
    return this.#lastSubscriber as SubscriberId;
  }

  /** A core that keeps itself busy without end would stop time for all. */
  #assertTimePasses(): void {
    const { now } = this.#host;
    if (now !== this.#steppedAt) {
      this.#steppedAt = now;
      this.#stepsInMs = 0;
    }
    this.#stepsInMs++;
    assert(this.#stepsInMs <= STEPS_IN_MS_MAX, `node ${this.plan.number} does not come to rest`);
  }

  /** Steps the core; what follows at once from the outputs waits until `settle`. */
  step(input: Input): void {
    if (this.core === undefined) return;
    this.usage.steps++;
    this.#assertTimePasses();
    this.#host.beforeStep(this, input);
    const outbox = this.#outbox;
    this.core.step(input, this.clock.read(this.#host.now), outbox);
    if (outbox.length === 0) return;
    for (const output of outbox) this.#host.perform(this, output);
    outbox.length = 0;
  }

  /** Something that happens in answer to an output, such as a socket that takes a write at once. */
  answer(input: Input): void {
    this.#inbox.push(input);
  }

  /** The end of a tick, as in the daemon: answers, then a flush, until there is nothing left to do. */
  settle(): void {
    do {
      this.#stepAnswers();
      this.step(FLUSH);
    } while (this.#inbox.length > 0);
    this.#host.settled(this);
  }

  /** One input and all that follows from it. */
  tick(input: Input): void {
    this.step(input);
    this.settle();
  }

  /** Forgets everything of the life that has ended. */
  wipe(absence: "reset" | "powerLoss"): void {
    this.absence = absence;
    this.core = undefined;
    this.incarnation++;
    this.wakeAt = undefined;
    this.ends.clear();
    this.moduleBySubscriber.clear();
    this.dials.clear();
    this.#inbox.length = 0;
    this.#outbox.length = 0;
  }

  /** By index: the list grows while it is worked off. */
  #stepAnswers(): void {
    for (let at = 0; at < this.#inbox.length; at++) {
      const input = this.#inbox[at];
      if (input !== undefined) this.step(input);
    }
    this.#inbox.length = 0;
  }
}
