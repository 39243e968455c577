import type { ValidationPolicy } from "../../core/core-config.ts";
import type { CoreEvent } from "../../core/event.ts";
import type { Output } from "../../core/output.ts";
import type { SubscriberId } from "../../core/ports.ts";
import type { Verdict } from "../../wire/api/gossip-validation.ts";
import { CheckFailed } from "../checker.ts";
import type { Checker, Forward, Opinion } from "../checker.ts";
import type { ItemLedger } from "../item-ledger.ts";
import { markOf } from "../item-mark.ts";
import type { ItemRecord } from "../item-record.ts";
import type { SimNode } from "../sim-node.ts";
import type { Simulator } from "../simulator.ts";

/** No simulated clock runs faster than this against the simulation. */
const DRIFT_MAX = 1.1;
const ACCEPTED = 1;
const REJECTED = 2;
const REJECTED_FIRST = 4;
const ANNOUNCED = 8;

/** What the modules of each node have said about one item, in the node's present life. */
class Opinions {
  /** Connections that were notified and have not answered, by node. */
  readonly unanswered: Map<number, Set<SubscriberId>> = new Map<number, Set<SubscriberId>>();
  readonly #flags: Uint8Array;
  readonly #lives: Uint16Array;

  constructor(nodes: number) {
    this.#flags = new Uint8Array(nodes);
    this.#lives = new Uint16Array(nodes);
  }

  of(node: SimNode): number {
    const isPresent = this.#lives[node.index] === (node.incarnation & 0xffff);
    return isPresent ? (this.#flags[node.index] ?? 0) : 0;
  }

  add(node: SimNode, flags: number): void {
    this.#flags[node.index] = this.of(node) | flags;
    this.#lives[node.index] = node.incarnation & 0xffff;
  }
}

/**
 * Nothing of others is forwarded before the node's own modules have accepted it, as the policy demands
 * [protocol §4.3]. Judged on the modules' own words and on what is written.
 */
export class VerdictFirst implements Checker {
  readonly name = "verdict first";
  readonly #ledger: () => ItemLedger;
  readonly #simulator: Simulator;
  readonly #policy: ValidationPolicy;
  readonly #observers = new Set<string>();
  readonly #opinions = new Map<ItemRecord, Opinions>();

  constructor(simulator: Simulator, ledger: () => ItemLedger) {
    this.#ledger = ledger;
    this.#simulator = simulator;
    this.#policy = simulator.plan.core.validationPolicy;
  }

  onAnnounced(item: ItemRecord, node: SimNode): void {
    this.#of(item).add(node, ANNOUNCED);
  }

  onNotified({ item, node, subscriber }: Opinion): void {
    if (this.#simulator.plan.core.validationPolicy !== "all") return;
    if (this.#observers.has(observerKey(node, subscriber))) return;
    const { unanswered } = this.#of(item);
    const known = unanswered.get(node.index);
    if (known === undefined) unanswered.set(node.index, new Set([subscriber]));
    else known.add(subscriber);
  }

  onVerdict({ item, node, subscriber }: Opinion, verdict: Verdict): void {
    const opinions = this.#of(item);
    const unanswered = opinions.unanswered.get(node.index);
    unanswered?.delete(subscriber);
    if (unanswered?.size === 0) opinions.unanswered.delete(node.index);
    if (verdict === "accept") {
      opinions.add(node, ACCEPTED);
    } else {
      const isFirst = (opinions.of(node) & (ACCEPTED | REJECTED)) === 0;
      opinions.add(node, isFirst ? REJECTED | REJECTED_FIRST : REJECTED);
    }
  }

  onForward({ item, node, occasion }: Forward): void {
    if (occasion !== "accepted") return;
    const flags = this.#of(item).of(node);
    if (this.#policy === "all" && (flags & REJECTED) !== 0) {
      this.#fail(node, item, "although a module rejected it");
    }
    if (this.#policy === "all" && this.#isWaitedFor(item, node)) {
      this.#fail(node, item, "before all modules have answered");
    }
    if (this.#policy === "first" && (flags & REJECTED_FIRST) !== 0) {
      this.#fail(node, item, "although the first verdict rejected it");
    }
  }

  onOutput(node: SimNode, output: Output): void {
    if (output.kind === "report") this.#onReport(node, output.event);
    if (output.kind !== "write" || node.plan.role !== "honest") return;
    for (const { message } of output.frames) {
      if (message.kind !== "p2pAnnounce") continue;
      const item = this.#ledger().itemOf(markOf(message.data));
      if (item === undefined) continue;
      const mayWrite = (this.#of(item).of(node) & (ACCEPTED | ANNOUNCED)) !== 0;
      if (!mayWrite) this.#fail(node, item, "before any module accepted it");
    }
  }

  /** What an observer has been asked already is not waited for, even if it becomes a validator again. */
  #onReport(node: SimNode, event: CoreEvent): void {
    if (event.name === "observerEnded") {
      this.#observers.delete(observerKey(node, event.subscriber));
    } else if (event.name === "observerBegan") {
      this.#observers.add(observerKey(node, event.subscriber));
      for (const { unanswered } of this.#opinions.values()) {
        unanswered.get(node.index)?.delete(event.subscriber);
      }
    }
  }

  /** Whether a validator that was asked could still answer in time. */
  #isWaitedFor(item: ItemRecord, node: SimNode): boolean {
    const unanswered = this.#of(item).unanswered.get(node.index);
    if (unanswered === undefined) return false;
    const { now, plan } = this.#simulator;
    const arrivedAt = item.announcedAt + (item.arrivedAfterMs[node.index] ?? 0);
    if ((now - arrivedAt) * DRIFT_MAX >= plan.core.validationTimeoutMs) return false;
    return [...unanswered].some((subscriber) => node.moduleBySubscriber.has(subscriber));
  }

  #of(item: ItemRecord): Opinions {
    const known = this.#opinions.get(item);
    if (known !== undefined) return known;
    const opinions = new Opinions(this.#simulator.nodes.length);
    this.#opinions.set(item, opinions);
    return opinions;
  }

  #fail(node: SimNode, item: ItemRecord, when: string): never {
    throw new CheckFailed(this.name, node, `item ${item.number} was forwarded ${when}`);
  }
}

const observerKey = (node: SimNode, subscriber: SubscriberId): string =>
  `${node.index} ${node.incarnation} ${subscriber}`;
