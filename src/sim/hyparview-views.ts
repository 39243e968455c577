import { present } from "../core/assert.ts";
import type { RandomStream } from "./random-stream.ts";

/** Parameters of the paper, page 9. */
const ACTIVE_MAX = 5;
const PASSIVE_MAX = 30;
/** How far a join is forwarded, and after how many hops of it somebody takes it into a passive view. */
const ACTIVE_WALK = 6;
const PASSIVE_WALK = 3;
/** What a shuffle carries beside its sender. */
const SHUFFLED_ACTIVE = 3;
const SHUFFLED_PASSIVE = 4;
const CYCLES = 50;

/** Active and passive views of all nodes, and how they come about while nobody fails. */
export class HyParViewViews {
  readonly #random: RandomStream;
  readonly #active: number[][];
  readonly #passive: number[][];

  constructor(nodes: number, random: RandomStream) {
    this.#random = random;
    this.#active = Array.from({ length: nodes }, () => []);
    this.#passive = Array.from({ length: nodes }, () => []);
  }

  active(node: number): readonly number[] {
    return this.#of(this.#active, node);
  }

  passive(node: number): readonly number[] {
    return this.#of(this.#passive, node);
  }

  isFull(node: number): boolean {
    return this.active(node).length >= ACTIVE_MAX;
  }

  forgetActive(node: number, other: number): void {
    remove(this.#of(this.#active, node), other);
  }

  forgetPassive(node: number, other: number): void {
    remove(this.#of(this.#passive, node), other);
  }

  /** One joins after the other, at somebody who is there already; then so many cycles of shuffles. */
  form(): void {
    for (let node = 1; node < this.#active.length; node++) {
      this.#join(node, this.#random.below(node));
    }
    for (let cycle = 0; cycle < CYCLES; cycle++) {
      for (let node = 0; node < this.#active.length; node++) {
        this.#refill(node);
        this.#shuffle(node);
      }
    }
  }

  /** Both take each other into their active views. Returns those who had to make room. */
  link(a: number, b: number): number[] {
    if (a === b || this.active(a).includes(b)) return [];
    const dropped = [this.#makeRoom(a), this.#makeRoom(b)];
    this.#of(this.#active, a).push(b);
    this.#of(this.#active, b).push(a);
    this.forgetPassive(a, b);
    this.forgetPassive(b, a);
    return dropped.filter((node) => node !== undefined);
  }

  /** JOIN and FORWARDJOIN. */
  #join(node: number, contact: number): void {
    this.link(node, contact);
    for (const neighbour of [...this.active(contact)]) {
      if (neighbour !== node) this.#forwardJoin(node, neighbour, contact);
    }
  }

  #forwardJoin(newcomer: number, first: number, sender: number): void {
    let [at, from] = [first, sender];
    for (let left = ACTIVE_WALK; left > 0 && this.active(at).length > 1; left--) {
      if (left === PASSIVE_WALK) this.#learn(at, newcomer, []);
      const next = this.active(at).filter((one) => one !== from && one !== newcomer);
      if (next.length === 0) break;
      [at, from] = [this.#random.pick(next), at];
    }
    this.link(at, newcomer);
  }

  /**
   * While somebody known has room as well. Whoever has one neighbour only is never refused, or two nodes
   * could stay alone with each other for ever: in the model's favour, the paper says so of none only.
   */
  #refill(node: number): void {
    for (const candidate of this.#random.shuffle([...this.passive(node)])) {
      if (this.isFull(node)) return;
      if (!this.isFull(candidate) || this.active(node).length <= 1) this.link(node, candidate);
    }
  }

  /** SHUFFLE goes on a walk; whoever is at its end answers with as many of its own. */
  #shuffle(node: number): void {
    const some = (list: readonly number[], count: number): number[] =>
      this.#random.shuffle([...list]).slice(0, count);
    const sent = [
      node,
      ...some(this.active(node), SHUFFLED_ACTIVE),
      ...some(this.passive(node), SHUFFLED_PASSIVE),
    ];
    let [at, from] = [node, node];
    for (let left = ACTIVE_WALK; left > 0; left--) {
      const next = this.active(at).filter((one) => one !== from && one !== node);
      if (next.length === 0) break;
      [at, from] = [this.#random.pick(next), at];
    }
    if (at === node) return;
    const answer = some(this.passive(at), sent.length);
    for (const one of sent) this.#learn(at, one, answer);
    for (const one of answer) this.#learn(node, one, sent);
  }

  /** Into the passive view: when that is full, what was sent away goes first, then anything. */
  #learn(node: number, other: number, sent: readonly number[]): void {
    const passive = this.#of(this.#passive, node);
    if (other === node || passive.includes(other) || this.active(node).includes(other)) return;
    if (passive.length >= PASSIVE_MAX) {
      const away = passive.filter((one) => sent.includes(one));
      remove(passive, away[0] ?? this.#random.pick(passive));
    }
    passive.push(other);
  }

  #makeRoom(node: number): number | undefined {
    if (!this.isFull(node)) return undefined;
    const dropped = this.#random.pick(this.active(node));
    this.forgetActive(node, dropped);
    this.forgetActive(dropped, node);
    this.#learn(node, dropped, []);
    this.#learn(dropped, node, []);
    return dropped;
  }

  #of(views: readonly number[][], node: number): number[] {
    return present(views[node], `the view of node ${node}`);
  }
}

function remove(list: number[], entry: number): void {
  const at = list.indexOf(entry);
  if (at >= 0) list.splice(at, 1);
}
