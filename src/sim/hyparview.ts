import { assert } from "../core/assert.ts";
import { EventQueue } from "./event-queue.ts";
import { HyParViewViews } from "./hyparview-views.ts";
import { ItemRecord, NEVER } from "./item-record.ts";
import type { Plan, PlannedEvent } from "./plan.ts";
import { RandomStream } from "./random-stream.ts";
import type { SubscriberId } from "../core/ports.ts";

/** A dial that nobody answers takes this long, in ms: as our own [protocol §3.5]. */
const SILENCE_MS = 3_000;
/** Whoever was refused by everybody asks all of them again after this, in ms. A guess in its favour. */
const RETRY_MS = 5_000;

type ModelEvent =
  | { readonly kind: "planned"; readonly event: PlannedEvent }
  | { readonly kind: "notice"; readonly node: number; readonly gone: number }
  | { readonly kind: "retry"; readonly node: number }
  | { readonly kind: "tried"; readonly node: number; readonly candidate: number }
  | {
      readonly kind: "copy";
      readonly item: ItemRecord;
      readonly node: number;
      readonly from: number;
    };

/**
 * A model of HyParView (Leitao, Pereira, Rodrigues, DSN 2007), written from the paper, to stand beside
 * our overlay: flooding over active views of 5, repaired from passive views of 30. It plays the same plan
 * (nodes, crashes, announcements) with the same latencies and the same detection of failures, and is
 * spared everything else: no handshakes, no proofs, no bytes. As in the paper there is no shuffle
 * between the failure and the last message.
 */
export class HyParView {
  readonly #plan: Plan;
  readonly #random: RandomStream;
  readonly #views: HyParViewViews;
  readonly #queue = new EventQueue<ModelEvent>(0);
  readonly #crashedBy = new Map<number, "reset" | "powerLoss">();
  /** Nodes that are trying a candidate. */
  readonly #busy = new Set<number>();
  /** Candidates that had no room, until somebody else fails. */
  readonly #refusals = new Map<number, Set<number>>();
  readonly items: ItemRecord[] = [];
  events = 0;

  constructor(plan: Plan) {
    this.#plan = plan;
    this.#random = new RandomStream(plan.seed).fork("hyparview");
    this.#views = new HyParViewViews(plan.nodes.length, this.#random.fork("views"));
  }

  /** Everybody joins, views settle, and the plan is played. */
  run(onProgress: (share: number) => void): void {
    this.#views.form();
    for (const event of this.#plan.events) {
      this.#queue.schedule(event.at, { kind: "planned", event });
    }
    const { endMs } = this.#plan;
    for (
      let event = this.#queue.take(endMs);
      event !== undefined;
      event = this.#queue.take(endMs)
    ) {
      if ((this.events++ & 0xffff) === 0) onProgress(this.#queue.now / endMs);
      this.#dispatch(event);
    }
  }

  /** Live neighbours of each live node. */
  degrees(): number[] {
    const isUp = (node: number): boolean => !this.#crashedBy.has(node);
    return this.#plan.nodes
      .map((_, node) => node)
      .filter(isUp)
      .map((node) => this.#views.active(node).filter(isUp).length);
  }

  #dispatch(event: ModelEvent): void {
    switch (event.kind) {
      case "planned":
        this.#onPlanned(event.event);
        return;
      case "notice":
        this.#onNotice(event.node, event.gone);
        return;
      case "retry":
        this.#repair(event.node);
        return;
      case "tried":
        this.#onTried(event.node, event.candidate);
        return;
      case "copy":
        this.#onCopy(event.item, event.node, event.from);
        return;
    }
  }

  #onPlanned(event: PlannedEvent): void {
    if (event.kind === "crash") this.#crash(event.node, event.manner);
    else if (event.kind === "announce") this.#announce(event);
    else assert(false, `the model of HyParView cannot play ${event.kind}`);
  }

  #crash(node: number, manner: "reset" | "powerLoss"): void {
    if (this.#crashedBy.has(node)) return;
    this.#crashedBy.set(node, manner);
    for (const neighbour of this.#views.active(node)) {
      const afterMs = manner === "reset" ? this.#latency() : this.#plan.network.keepaliveMs;
      this.#after(afterMs, { kind: "notice", node: neighbour, gone: node });
    }
  }

  #announce({ node, ttl, dataType }: PlannedEvent & { readonly kind: "announce" }): void {
    if (this.#crashedBy.has(node)) return;
    const item = new ItemRecord({
      number: this.items.length,
      origin: node,
      announcer: 0 as SubscriberId,
      announcedAt: this.#queue.now,
      ttl,
      dataType,
      nodes: this.#plan.nodes.length,
    });
    for (const other of this.#plan.nodes.keys()) {
      if (other !== node && !this.#crashedBy.has(other)) item.wantedBy.add(other);
    }
    this.items.push(item);
    this.#forward(item, node, node);
  }

  #onCopy(item: ItemRecord, node: number, from: number): void {
    if (this.#crashedBy.has(node)) return;
    const isNew = item.arrivedAfterMs[node] === NEVER && node !== item.origin;
    item.onCopy(node, from, this.#queue.now);
    if (!isNew) return;
    item.onNotified(node, this.#queue.now);
    this.#forward(item, node, from);
  }

  #forward(item: ItemRecord, node: number, except: number): void {
    for (const neighbour of this.#views.active(node)) {
      if (neighbour === except) continue;
      this.#after(this.#latency(), { kind: "copy", item, node: neighbour, from: node });
    }
  }

  #onNotice(node: number, gone: number): void {
    if (this.#crashedBy.has(node)) return;
    this.#views.forgetActive(node, gone);
    this.#refusals.delete(node);
    this.#repair(node);
  }

  /** One candidate after the other, until the active view is full or everybody has been asked. */
  #repair(node: number): void {
    if (this.#busy.has(node) || this.#crashedBy.has(node) || this.#views.isFull(node)) return;
    const refusals = this.#refusals.get(node);
    const candidates = this.#views.passive(node).filter((one) => refusals?.has(one) !== true);
    if (candidates.length === 0) {
      this.#refusals.delete(node);
      if (refusals !== undefined) this.#after(RETRY_MS, { kind: "retry", node });
      return;
    }
    const candidate = this.#random.pick(candidates);
    this.#busy.add(node);
    const isSilent = this.#crashedBy.get(candidate) === "powerLoss";
    const afterMs = isSilent ? SILENCE_MS : 2 * this.#latency();
    this.#after(afterMs, { kind: "tried", node, candidate });
  }

  #onTried(node: number, candidate: number): void {
    this.#busy.delete(node);
    if (this.#crashedBy.has(node)) return;
    if (this.#crashedBy.has(candidate)) {
      this.#views.forgetPassive(node, candidate);
    } else if (this.#views.active(node).length === 0 || !this.#views.isFull(candidate)) {
      // Whoever has nobody left is never refused: somebody else has to go.
      for (const dropped of this.#views.link(node, candidate)) this.#repair(dropped);
    } else {
      const refusals = this.#refusals.get(node) ?? new Set();
      this.#refusals.set(node, refusals.add(candidate));
    }
    this.#repair(node);
  }

  #latency(): number {
    const { latencyMinMs, latencyMaxMs } = this.#plan.network;
    return this.#random.between(latencyMinMs, latencyMaxMs);
  }

  #after(ms: number, event: ModelEvent): void {
    this.#queue.schedule(this.#queue.now + ms, event);
  }
}
