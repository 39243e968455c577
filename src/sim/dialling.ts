import { assert } from "../core/assert.ts";
import type { DialFailure } from "../core/input.ts";
import type { Output } from "../core/output.ts";
import type { DialId, LinkId } from "../core/ports.ts";
import type { Network } from "./network.ts";
import type { Plan } from "./plan.ts";
import { solvedNonce } from "./proofs.ts";
import type { RandomStream } from "./random-stream.ts";
import type { LinkEnd, SimLink } from "./sim-link.ts";
import type { SimNode } from "./sim-node.ts";

/** What dials and proofs of work put into the event queue. */
export type DiallingEvent =
  /** A dial reaches its target. */
  | { readonly kind: "knock"; readonly call: Call }
  /** The dialler learns what became of its dial. */
  | { readonly kind: "dialEnds"; readonly call: Call; readonly result: DialResult }
  | { readonly kind: "proof"; readonly node: SimNode; readonly proof: Proof };

/** One attempt of a core to open a link. */
interface Call {
  readonly node: SimNode;
  readonly incarnation: number;
  readonly dial: DialId;
  readonly target: SimNode;
  readonly latencyMs: number;
}

type DialResult =
  | { readonly kind: "linked"; readonly end: LinkEnd }
  | { readonly kind: "failed"; readonly reason: DialFailure };

/** A proof that a node works on. */
interface Proof {
  readonly link: LinkId;
  readonly hashes: number;
  readonly nonce: Uint8Array;
}

export interface DiallingWorld {
  readonly now: number;
  readonly plan: Plan;
  readonly nodes: readonly SimNode[];
  readonly network: Network;
  readonly linkByPlan: (SimLink | undefined)[];
}

/** Where outgoing connections come from; below are ports somebody listens on. */
const EPHEMERAL_PORT = 32_768;
/** A local answer: there is no such host. */
const UNREACHABLE_MS = 1;

/** Links that cores open by themselves, and the work they do for them. */
export class Dialling {
  readonly #world: DiallingWorld;
  readonly #schedule: (at: number, event: DiallingEvent) => void;
  readonly #random: RandomStream;
  readonly #nodeByHost: ReadonlyMap<string, SimNode>;
  readonly #planByPair = new Map<number, number>();
  readonly #proofs = new Map<SimNode, Proof>();
  #refusedPercent = 0;

  constructor(
    world: DiallingWorld,
    schedule: (at: number, event: DiallingEvent) => void,
    random: RandomStream,
  ) {
    this.#world = world;
    this.#schedule = schedule;
    this.#random = random;
    this.#nodeByHost = new Map(world.nodes.map((node) => [node.address.host, node]));
    for (const [plan, [dialler, acceptor]] of world.plan.links.entries()) {
      this.#planByPair.set(this.#pairKey(dialler, acceptor), plan);
    }
  }

  /** So many of 100 dials are refused from now on. */
  refuse(percent: number): void {
    this.#refusedPercent = percent;
  }

  onCrash(node: SimNode): void {
    this.#proofs.delete(node);
  }

  perform(
    node: SimNode,
    output: Output & { readonly kind: "dial" | "cancelDial" | "solveProof" | "cancelProof" },
  ): void {
    switch (output.kind) {
      case "dial":
        this.#dial(node, output);
        return;
      case "cancelDial":
        node.dials.delete(output.dial);
        return;
      case "solveProof":
        this.#solve(node, output);
        return;
      case "cancelProof":
        this.#proofs.delete(node);
        return;
    }
  }

  onEvent(event: DiallingEvent): void {
    switch (event.kind) {
      case "knock":
        this.#onKnock(event.call);
        return;
      case "dialEnds":
        this.#onDialEnds(event.call, event.result);
        return;
      case "proof":
        this.#onProof(event.node, event.proof);
        return;
    }
  }

  #dial(node: SimNode, { dial, address }: Output & { readonly kind: "dial" }): void {
    const target = this.#nodeByHost.get(address.host);
    const { incarnation } = node;
    node.dials.add(dial);
    if (target === undefined) {
      const call = { node, incarnation, dial, target: node, latencyMs: UNREACHABLE_MS };
      this.#end(call, { kind: "failed", reason: "unreachable" });
      return;
    }
    const latencyMs = this.#world.network.latencyBetween(node.index, target.index);
    const call: Call = { node, incarnation, dial, target, latencyMs };
    this.#schedule(this.#world.now + latencyMs, { kind: "knock", call });
  }

  /** Behind a partition, or without power, nobody answers: the dialler has to lose patience by itself. */
  #onKnock(call: Call): void {
    const { network, linkByPlan } = this.#world;
    const { node, target } = call;
    if (!network.isReachable(node.index, target.index)) return;
    if (target.core === undefined && target.absence === "powerLoss") return;
    if (target.core === undefined || this.#random.chance(this.#refusedPercent)) {
      this.#end(call, { kind: "failed", reason: "refused" });
      return;
    }
    const plan = this.#planByPair.get(this.#pairKey(node.index, target.index)) ?? -1;
    const link = network.connect(plan, this.#world.plan.linking, node.index, target.index);
    if (plan >= 0) linkByPlan[plan] = link;
    // First of all, so that the dialler knows of its link before anything arrives on it.
    this.#end(call, { kind: "linked", end: link.dialler });
    target.ends.set(link.acceptor.id, link.acceptor);
    const { host } = node.address;
    const remote = { host, port: EPHEMERAL_PORT + (link.dialler.id % EPHEMERAL_PORT) };
    target.tick({ kind: "linkAccepted", link: link.acceptor.id, remote });
  }

  #end(call: Call, result: DialResult): void {
    const at = this.#world.now + call.latencyMs;
    this.#schedule(at, { kind: "dialEnds", call, result });
  }

  #onDialEnds({ node, incarnation, dial, target }: Call, result: DialResult): void {
    const isWanted = node.incarnation === incarnation && node.dials.delete(dial);
    if (result.kind === "failed") {
      if (isWanted) node.tick({ kind: "dialFailed", dial, reason: result.reason });
      return;
    }
    const { end } = result;
    if (end.phase === "closed") return;
    if (!isWanted) {
      this.#world.network.close(end);
      return;
    }
    node.ends.set(end.id, end);
    node.tick({ kind: "linkDialed", link: end.id, dial, remote: target.address });
  }

  #solve(node: SimNode, output: Output & { readonly kind: "solveProof" }): void {
    const { link, nonceHigh } = output;
    const nonce = solvedNonce(nonceHigh ?? 0);
    const { difficultyBits, hashesPerSecond } = this.#world.plan.proof;
    const random = this.#random.fork(`${node.plan.number}-${node.incarnation}-${link}`);
    const hashes = difficultyBits === 0 ? 1 : random.exponential(2 ** difficultyBits) + 1;
    const proof = { link, hashes, nonce };
    assert(!this.#proofs.has(node), "a node solves one proof at a time");
    this.#proofs.set(node, proof);
    const afterMs = Math.ceil((hashes * 1_000) / hashesPerSecond);
    this.#schedule(this.#world.now + afterMs, { kind: "proof", node, proof });
  }

  #onProof(node: SimNode, proof: Proof): void {
    if (this.#proofs.get(node) !== proof) return;
    this.#proofs.delete(node);
    node.usage.proofs++;
    node.usage.hashes += proof.hashes;
    node.tick({ kind: "proofFound", link: proof.link, nonce: proof.nonce });
  }

  #pairKey(dialler: number, acceptor: number): number {
    return dialler * this.#world.nodes.length + acceptor;
  }
}
